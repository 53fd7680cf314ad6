"""The `harness` command: its list of commands, and how an error is said.

What belongs here is what all commands share. A new command is a file in `capture/commands` and a line below.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence

import typer
from typer.exceptions import TyperException

import tessen
from capture.commands.as_job import arguments as given
from capture.commands.compare import compare
from capture.commands.export import export
from capture.commands.inspect import inspect
from capture.commands.jobs import jobs
from capture.commands.judge import judge
from capture.commands.list import list_command
from capture.commands.replay import replay
from capture.commands.resample import resample
from capture.commands.resample_edit import resample_edit
from capture.commands.resample_session import resample_session
from capture.commands.run import run
from capture.commands.serve_script import serve_script

app = typer.Typer(
    name="harness",
    help="Run coding agents on purpose, and the scripted model that stands in for a real one.",
    epilog="Example:  harness run examples/demo.yaml",
    add_completion=False,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)


@app.callback()
def _root() -> None:
    """Take no options of its own; a callback keeps commands commands while there are few."""


@app.command("version")
def version() -> None:
    """Print the version."""
    typer.echo(f"harness {tessen.__version__}")


app.command(
    "run",
    short_help="Run an agent through the sessions of a configuration.",
    epilog="Example:  harness run examples/demo.yaml --tag first",
)(run)
app.command("list", short_help="List the runs.", epilog="Example:  harness list --runs-dir runs --json")(
    list_command
)
app.command("inspect", short_help="Show one run.", epilog="Example:  harness inspect runs/demo")(inspect)
app.command(
    "resample",
    short_help="Ask a recorded request again.",
    epilog="Example:  harness resample runs/demo --session 1 --request 5 --count 10 --max-cost 0.50",
)(resample)
app.command(
    "resample-edit",
    short_help="Edit a recorded request and ask that.",
    epilog="Example:  harness resample-edit runs/demo --request 5 --input edit.json --label bolder --count 5",
)(resample_edit)
app.command(
    "resample-session",
    short_help="Run a session again from where it began.",
    epilog="Example:  harness resample-session runs/demo --session 2 --count 5",
)(resample_session)
app.command(
    "replay",
    short_help="Replay a session from one of its turns.",
    epilog="Example:  harness replay runs/demo --session 1 --turn 2 --count 3",
)(replay)
app.command(
    "judge",
    short_help="Have what an agent did judged.",
    epilog="Example:  harness judge runs/demo --rubric rubric.txt --model claude-haiku-4-5 --count 3",
)(judge)
app.add_typer(
    jobs,
    name="jobs",
    short_help="List, follow and cancel jobs.",
    epilog="Example:  harness jobs follow 3f9c",
)
app.command(
    "compare",
    short_help="Let models go on from one turn, and judge what each leaves.",
    epilog="Example:  harness compare runs/demo --from-turn 2 --models claude-haiku-4-5,claude-opus-4-5 "
    "--verify 'pytest -q'",
)(compare)
app.command(
    "export",
    short_help="Turn a run's raw dumps into plain files.",
    epilog="Example:  harness export runs/demo --into plain",
)(export)
app.command(
    "serve-script",
    short_help="Serve a scripted model until Ctrl-C.",
    epilog="Example:  harness serve-script examples/hello.yaml --port 8080",
)(serve_script)


def main(argv: Sequence[str] | None = None) -> None:
    """Run `harness` and exit: 0 when all went well, 1 when it failed, 2 when it was asked for wrongly.

    Args:
        argv: The arguments; those of the process when None.
    """
    arguments = list(sys.argv[1:] if argv is None else argv)
    given.set(arguments)
    sys.exit(_run(arguments or ["--help"]))


def _run(argv: list[str]) -> int:
    try:
        return app(args=argv, prog_name="harness", standalone_mode=False) or 0
    except TyperException as error:
        _complain(error.format_message())
        return error.exit_code
    except (KeyboardInterrupt, typer.Abort):
        return 130
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # or Python complains on its way out
        return 1
    except OSError as error:
        where = f"{error.filename}: " if error.filename else ""
        _complain(f"{where}{error.strerror or error}")
        return 1


def _complain(message: str) -> None:
    typer.echo(f"harness: {' '.join(message.split())}", err=True)
