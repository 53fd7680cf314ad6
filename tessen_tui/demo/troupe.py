"""The process in which agents run: imports their SDK once, and forks each agent from there.

`python -m tessen_tui.demo.troupe SDK PROGRAMS`. It ends when its standard input ends or its parent is gone,
and its agents with it.
"""

from __future__ import annotations

import importlib
import os
import runpy
import select
import signal
import sys
import threading
from pathlib import Path

from tessen_tui.demo.cast import AGENTS

WATCH_S = 1.0
"""Seconds between two looks whether the parent is still there. The end of the pipe is seen at once."""


def main(sdk: str, programs: Path) -> None:
    """Run the agents of one SDK until the night is over."""
    parent = os.getppid()
    for name in ("capture.scripted", "tessen_tui.demo.stage", "tessen", sdk):
        importlib.import_module(name)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit())
    agents: list[int] = []
    try:
        agents += (_fork(agent.name, programs) for agent in AGENTS if agent.sdk == sdk)
        _wait_for_the_end(parent)
    finally:
        for agent in agents:
            os.kill(agent, signal.SIGKILL)


def _fork(name: str, programs: Path) -> int:
    """Start one agent's program; returns its process id. Nothing here has started a thread yet."""
    parent = os.getpid()
    if child := os.fork():
        return child
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    threading.Thread(target=_end_with, args=(parent,), daemon=True).start()
    os.environ["TESSEN_AGENT_NAME"] = name
    program = str(programs / f"{name}.py")
    sys.argv = [program]
    try:
        runpy.run_path(program, run_name="__main__")
    except BaseException:  # whatever it was, this process must not go on as its parent
        sys.excepthook(*sys.exc_info())
    finally:
        os._exit(1)


def _end_with(parent: int) -> None:
    _wait_for_the_end(parent)
    os._exit(0)


def _wait_for_the_end(parent: int) -> None:
    """Return when standard input has ended or the parent has gone."""
    while os.getppid() == parent:
        readable, _, _ = select.select([sys.stdin.fileno()], [], [], WATCH_S)
        if readable and not os.read(sys.stdin.fileno(), 4096):
            return


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]))
