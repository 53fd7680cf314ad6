"""`tessen exec`: run a command with every Python in it recorded, and not a line of it changed.

What belongs here is what the command is given on its way: a folder at the head of `PYTHONPATH`, whose
`sitecustomize` starts the recorder, and the agent's name. The command then takes this process's place.
"""

from __future__ import annotations

import argparse
import os
import shutil
import signal
import sys
from collections.abc import Sequence
from pathlib import Path

from tessen._command_line import agent_of, ignores_pythonpath, python_arguments

SUMMARY = "run a command with its Python programs recorded"
AGENT_VARIABLE = "TESSEN_EXEC_AGENT"
"""Carries the inferred name to all processes, so that workers are their program's; where the command is no
Python, the first Python below it sets it. `TESSEN_AGENT_NAME` counts for more."""

BOOTSTRAP = Path(__file__).parent / "_bootstrap"

_EXAMPLE = """\
example:
  $ tessen exec -- python agent.py
  $ tessen exec --agent-name night-shift -- ./run-agents.sh --all
"""
_NOT_FOUND, _NOT_EXECUTABLE = 127, 126
"""The exit codes that shells have for these."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the command's arguments."""
    parser.description = (
        "Run a command; every Python it starts is recorded, as if it had called tessen.init()."
    )
    parser.epilog = _EXAMPLE
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.usage = "tessen exec [-h] [--agent-name NAME] [--log-dir FOLDER] -- COMMAND ..."
    parser.add_argument("--agent-name", metavar="NAME", help="whose calls these are (default: by the script)")
    parser.add_argument("--log-dir", metavar="FOLDER", help="where the log goes (default: $TESSEN_LOG_DIR)")
    parser.add_argument("command_line", metavar="COMMAND", nargs=argparse.REMAINDER, help="what to run")


def run(options: argparse.Namespace) -> int:
    """Become the command; return an exit code only if that is not possible."""
    command = options.command_line[1:] if options.command_line[:1] == ["--"] else options.command_line
    if not command:
        return _failed("no command; put it behind --, as in: tessen exec -- python agent.py", 2)
    program = shutil.which(command[0])
    if program is None and not Path(command[0]).exists():
        return _failed(f"{command[0]}: no such command", _NOT_FOUND)
    if program is None:
        return _failed(f"{command[0]}: may not be executed; try: python {command[0]}", _NOT_EXECUTABLE)
    python = python_arguments(program, command)
    deaf = None if python is None else ignores_pythonpath(python)
    if deaf:
        _say(f"{deaf} makes Python ignore PYTHONPATH; it runs unrecorded")
    os.environ.pop(AGENT_VARIABLE, None)
    os.environ.update(environment(python, options.agent_name, options.log_dir))
    _take_signals_back()
    try:
        os.execv(program, command)
    except OSError as problem:
        return _failed(f"{program}: {problem.strerror}", _NOT_EXECUTABLE)


def _take_signals_back() -> None:
    """Undo what Python ignores from its start, or the command would: `yes | head` is to end quietly."""
    for each in (signal.SIGPIPE, signal.SIGXFSZ):
        signal.signal(each, signal.SIG_DFL)


def _failed(why: str, exit_code: int) -> int:
    _say(why)
    return exit_code


def _say(message: str) -> None:
    print(f"tessen exec: {message}", file=sys.stderr)


def environment(python: Sequence[str] | None, agent_name: str | None, log_dir: str | None) -> dict[str, str]:
    """Return the variables with which a command's Python programs are recorded.

    Args:
        python: What Python is given; None where the command is none.
        agent_name: Whose calls these are; None to infer it.
        log_dir: Where the log goes; None for where it goes anyway.
    """
    path = os.environ.get("PYTHONPATH", "")
    found = {"PYTHONPATH": f"{BOOTSTRAP}{os.pathsep}{path}" if path else str(BOOTSTRAP)}
    if python is not None:
        found[AGENT_VARIABLE] = agent_of(python)
    if agent_name:
        found["TESSEN_AGENT_NAME"] = agent_name
    if log_dir:
        found["TESSEN_LOG_DIR"] = str(Path(log_dir).expanduser().absolute())
    return found


if __name__ == "__main__":
    from tessen.cli import main

    sys.exit(main(["exec", *sys.argv[1:]]))
