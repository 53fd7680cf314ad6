"""The command line of `tessen-tui`: options in, the app out, one line and an exit code when that cannot be.

`argparse` and late imports keep `--help` and errors instant; the toolkit is imported only to draw.
"""

from __future__ import annotations

import argparse
import os
import shutil
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager, suppress
from difflib import get_close_matches
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn

import tessen
from tessen.paths import default_log_dir, safe_agent

if TYPE_CHECKING:
    from screens.run_place import RunPlace
    from tessen_tui.settings import Settings

USAGE = 2
FAILED = 1

EPILOG = """\
examples:
  tessen-tui                                      every agent under the log folder
  tessen-tui billing support                      two agents, live
  tessen-tui --filter 'status:error since:1h'     start with a filter
  tessen-tui --demo                               a scripted night: no key, no network
  tessen-tui run my-run --session 1 --step 12     a run, at a place in it (tessen-tui run --help)
  tessen-tui statusline                           one line for tmux's status-right

keys inside: ? help · ctrl+p every action · 1-4 places · q quit
"""


def main(argv: Sequence[str] | None = None) -> NoReturn:
    """Run the command; exits with 0, with 1 when it failed, with 2 for wrong usage."""
    words = sys.argv[1:] if argv is None else list(argv)
    if words[:1] == ["statusline"]:
        _statusline(words[1:])
    options = _run_parser().parse_args(words[1:]) if words[:1] == ["run"] else _parser().parse_args(words)
    _check_folders(options)
    settings = _settings(options)
    if not all(stream.isatty() for stream in (sys.stdin, sys.stdout, sys.stderr)):
        _fail("needs a terminal; in a pipe, read the JSON lines of the log folder", FAILED)
    _leave(_run(options, settings))


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="tessen-tui",
        description="See what your AI agents do, live.",
        epilog=EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    add = parser.add_argument
    add("agents", nargs="*", metavar="AGENT", help="show only these agents (default: all)")
    add(
        "--demo",
        action="store_true",
        help="show a scripted night of six agents and a run, in a temporary folder",
    )
    add("--filter", metavar="QUERY", help="start in Live with this filter")
    _add_common(parser)
    add("--version", action="version", version=f"tessen-tui {tessen.__version__}")
    parser.set_defaults(run=None)
    return parser


def _run_parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="tessen-tui run",
        description="Open a run, at a place in it.",
        epilog="example:\n  tessen-tui run runs/my-run --session 2 --replicate 1 --step 12",
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    add = parser.add_argument
    add("run", type=Path, metavar="RUN", help="a run folder, or a run's name")
    add(
        "--session",
        type=int,
        metavar="N",
        help="the session (default: the first; of a living run the newest)",
    )
    add("--replicate", type=int, metavar="R", help="of a session with replicates")
    add("--step", type=int, metavar="N", help="the step")
    _add_common(parser)
    parser.set_defaults(agents=[], demo=False, filter=None)
    return parser


def _statusline(words: Sequence[str]) -> NoReturn:
    """Print one line on how things are, and exit."""
    parser = argparse.ArgumentParser(
        prog="tessen-tui statusline",
        description="Print how things are in one line: agents in trouble and at work, living runs, cost.",
        epilog="example, in tmux.conf:\n  set -g status-right '#(tessen-tui statusline) %H:%M'",
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    add = parser.add_argument
    add("agents", nargs="*", metavar="AGENT", help="only these agents (default: all)")
    add(
        "--log-dir",
        type=Path,
        metavar="DIR",
        help="the log folder (default: TESSEN_LOG_DIR, or ~/.tessen/logs)",
    )
    add(
        "--runs-dir",
        type=Path,
        metavar="DIR",
        default=Path("runs"),
        help="the folder of runs (default: runs)",
    )
    add("--ascii", action="store_true", help="ASCII symbols only")
    options = parser.parse_args(words)
    from tessen_tui.statusline import print_statusline

    log_dir = options.log_dir or default_log_dir()
    print_statusline(log_dir, options.agents, options.runs_dir, ascii_only=options.ascii)
    _leave(0)


def _add_common(parser: argparse.ArgumentParser) -> None:
    """The options of every form of the command."""
    add = parser.add_argument
    add(
        "--log-dir",
        type=Path,
        metavar="DIR",
        help="the log folder (default: TESSEN_LOG_DIR, or ~/.tessen/logs)",
    )
    add("--runs-dir", type=Path, metavar="DIR", help="the folder of runs (default: runs)")
    add("--theme", metavar="NAME", help="such as tessen-dark, tessen-light, ansi-dark (ctrl+p lists all)")
    add("--ascii", action="store_true", help="draw with ASCII symbols only")
    add(
        "--config",
        type=Path,
        metavar="FILE",
        help="another settings file than config.toml in the config folder",
    )


def _check_folders(options: argparse.Namespace) -> None:
    """End with one line where a named folder or agent cannot be what was meant."""
    for name, folder in (("--log-dir", options.log_dir), ("--runs-dir", options.runs_dir)):
        if folder is not None and folder.exists() and not folder.is_dir():
            _fail(f"{name}: {folder} is a file; give the folder that holds the agents' folders", USAGE)
    if options.demo and (options.agents or options.log_dir):
        _fail("--demo shows a folder of its own; leave out AGENT and --log-dir", USAGE)
    if options.run is not None:
        options.run = _run_folder(options)
        options.runs_dir = options.run.parent
    if not options.demo:
        _check_agents(options.agents, options.log_dir or default_log_dir())


def _run_folder(options: argparse.Namespace) -> Path:
    """The folder of the run that is to be opened."""
    from capture.commands.errors import UsageError
    from capture.commands.pointing import run_path

    try:
        return run_path(options.run, options.runs_dir or Path("runs")).resolve()
    except UsageError as error:
        _fail(str(error), USAGE)


def _check_agents(agents: Sequence[str], log_dir: Path) -> None:
    """An agent that is not among a log's agents is a slip of the keyboard; an empty log may wait for it."""
    try:
        known = sorted(
            path.name for path in log_dir.iterdir() if path.is_dir() and not path.name.startswith(".")
        )
    except OSError:
        return
    for agent in agents:
        if known and safe_agent(agent) not in known:
            near = get_close_matches(agent, known, n=1)
            hint = f"did you mean {near[0]}?" if near else f"there are: {', '.join(known[:8])}"
            _fail(f"no agent {agent!r} in {log_dir}; {hint}", USAGE)


def _settings(options: argparse.Namespace) -> Settings:
    """The settings file, with the options laid over it."""
    from tessen_tui.actions import action_ids
    from tessen_tui.settings import SettingsError, load_settings, settings_path

    if options.config is not None and not options.config.is_file():
        _fail(f"--config: {options.config} is not a file", USAGE)
    try:
        settings = load_settings(options.config or settings_path(), action_ids)
    except SettingsError as error:
        _fail(str(error), FAILED)
    start_live = bool(options.filter is not None or options.agents or options.demo)
    _check_theme(options.theme or settings.theme)
    _check_filter(options.filter or "")
    changes = {
        "theme": options.theme or settings.theme,
        "ascii": options.ascii or settings.ascii,
        "start": "live" if start_live else settings.start,
        "live": settings.live.model_copy(
            update={"filter": options.filter} if options.filter is not None else {}
        ),
    }
    return settings.model_copy(update=changes)


def _check_theme(name: str) -> None:
    from tessen_tui.themes import theme_names

    names = theme_names()
    if name and name not in names:
        near = get_close_matches(name, names, n=1, cutoff=0.4)
        _fail(
            f"unknown theme {name!r}; " + (f"did you mean {near[0]}?" if near else "try tessen-dark"), USAGE
        )


def _check_filter(text: str) -> None:
    from tessen.query import parse_query

    if errors := parse_query(text).errors:
        hint = f"; {errors[0].hint}" if errors[0].hint else ""
        _fail(f"--filter: {errors[0].message}{hint}", USAGE)


def _run(options: argparse.Namespace, settings: Settings) -> int:
    """Run the app until it ends; returns the exit code."""
    from tessen_tui.collecting import rare_collections
    from tessen_tui.guard import guarded_terminal

    for name in ("COLUMNS", "LINES"):  # exported ones would stand in for the terminal's own size for ever
        os.environ.pop(name, None)
    with ExitStack() as stack:
        stack.enter_context(rare_collections())
        folder = stack.enter_context(_temporary_folder()) if options.demo else None
        stack.enter_context(guarded_terminal(folder))
        if folder is not None:
            from tessen_tui.demo import Night

            night = stack.enter_context(Night(folder))
            log_dir, options.runs_dir = night.log_dir, options.runs_dir or night.runs_dir
            os.environ["HARNESS_JOBS_DIR"] = str(night.jobs_dir)  # the night's jobs, and no others
        else:
            log_dir = options.log_dir or default_log_dir()
        from capture.log import LocalLog
        from tessen_tui.app import TessenApp

        log = LocalLog(log_dir, tuple(options.agents))
        app = TessenApp(log, settings, runs_dir=options.runs_dir or Path("runs"), run=_place(options))
        app.run(mouse=settings.mouse)
        return app.return_code or 0


def _place(options: argparse.Namespace) -> tuple[Path, RunPlace] | None:
    """The run to open, and where in it."""
    from screens.run_place import RunPlace

    if options.run is None:
        return None
    return options.run, RunPlace(options.session, options.replicate, options.step)


def _leave(code: int) -> NoReturn:
    """Exit without waiting for threads.

    The toolkit's input thread is not a daemon: where the terminal is lost while the app is ending, it reads
    from nothing for ever, and the interpreter would wait for it.
    """
    with suppress(OSError):
        sys.stdout.flush()
        sys.stderr.flush()
    os._exit(code)


@contextmanager
def _temporary_folder() -> Iterator[Path]:
    folder = Path(tempfile.mkdtemp(prefix="tessen-demo-"))
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _fail(message: str, code: int) -> NoReturn:
    print(f"tessen-tui: {message}", file=sys.stderr)
    sys.exit(code)
