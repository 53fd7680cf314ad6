"""A coding agent at work in the night: `harness` on a small project, one command after the other.

`python -m tessen_tui.demo.workshop FOLDER`, in a folder with the project, its configuration and the script of
the models. It ends when its standard input ends or its parent is gone, and what it has started with it.
"""

from __future__ import annotations

import os
import select
import signal
import sys
import time
from collections.abc import Sequence
from pathlib import Path

RUN = "mend-letters"
"""The first run: it does what was asked."""

OTHER_RUN = "mend-letters-haiku"
"""The second, with a smaller model: it changes the test, and the judge says so."""

COMMANDS: Sequence[Sequence[str]] = (
    ("run", "run.yaml", "--run-name", RUN),
    ("resample", RUN, "--session", "1", "--request", "5", "--count", "6", "--script", "script.yaml"),
    ("run", "run.yaml", "--run-name", OTHER_RUN, "--model", "claude-haiku-4-5"),
)
"""What is done, as one would type it; the folder of runs is added."""

PAUSE_S = 2.0
"""Rest between two commands."""

WATCH_S = 1.0
"""Seconds between two looks whether the parent is still there. The end of the pipe is seen at once."""

PATIENCE_S = 0.5
"""What a command gets to end by itself, seconds: what it would still write down is thrown away."""


def main(folder: Path) -> None:
    """Run the commands, then wait for the end of the night."""
    os.chdir(folder)
    parent, at_work = os.getppid(), 0
    signal.signal(signal.SIGTERM, lambda *_: sys.exit())
    try:
        for command in COMMANDS:
            at_work = _start([*command, "--runs-dir", "runs"])
            if _over(parent, at_work):
                return
            os.waitpid(at_work, 0)
            at_work = 0
            if _over(parent, seconds=PAUSE_S):
                return
        while not _over(parent, seconds=WATCH_S):
            pass
    finally:
        if at_work:
            _end(at_work)


def _start(words: list[str]) -> int:
    """Run a command of `harness` in a child, which need not import again what all of them use."""
    from capture.cli import main as harness

    if child := os.fork():
        return child
    os.setpgid(0, 0)
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
    try:
        harness(words)
    finally:
        os._exit(0)


def _over(parent: int, child: int = 0, seconds: float = float("inf")) -> bool:
    """Wait until a child has ended, or for some time; whether the night was over before."""
    handles = [sys.stdin.fileno(), *([os.pidfd_open(child)] if child else [])]
    until = time.monotonic() + seconds
    try:
        while os.getppid() == parent:
            left = until - time.monotonic()
            if left <= 0:
                return False
            readable, _, _ = select.select(handles, [], [], min(left, WATCH_S))
            if handles[0] in readable and not os.read(handles[0], 4096):
                return True
            if handles[-1] in readable and child:
                return False
        return True
    finally:
        for handle in handles[1:]:
            os.close(handle)


def _end(child: int) -> None:
    """End a command: in order, or by force if that takes long. Its agent has a keeper, which ends it then."""
    os.kill(child, signal.SIGINT)
    handle = os.pidfd_open(child)
    if not select.select([handle], [], [], PATIENCE_S)[0]:
        os.killpg(child, signal.SIGKILL)
    os.waitpid(child, 0)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
