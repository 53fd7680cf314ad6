"""A watcher process that leaves the terminal sane, and no temporary folder behind, however the app dies.

A program killed by SIGKILL cannot tidy up. So before it draws anything the app forks a small process in a
session of its own, which waits on a pipe. When the app ends well it says so; when the pipe just closes, the
watcher leaves the alternate screen, shows the cursor, turns mouse and paste reporting off, puts its
modes back as they were, and removes the folder it was told of.

A terminal that is gone (the pane closed, the connection lost) takes the app with it: the hang-up asks it
to end, and the watcher ends it when it does not, since what it still wants to draw goes nowhere.
"""

from __future__ import annotations

import os
import select
import shutil
import signal
import sys
import termios
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

RESTORE = (
    b"\x1b[?2026l"  # end a half-drawn frame
    b"\x1b[?1000l\x1b[?1002l\x1b[?1003l\x1b[?1006l\x1b[?1015l\x1b[?1016l"  # mouse
    b"\x1b[?2004l\x1b[?1004l\x1b[?2048l"  # bracketed paste, focus and resize reports
    b"\x1b[<u\x1b[>4;0m"  # keyboard protocols
    b"\x1b[?1049l\x1b[?25h\x1b[0m\x1b[?7h\r\n"  # the normal screen, a visible cursor, plain text
)
STRAGGLERS_S = 2.0
"""How long the folder has to stay away: processes that write there end within seconds of the app."""

STRAGGLERS_MOST_S = 60.0
"""After this it is left to them."""

HANG_UP_S = 3.0
"""How long the app may take to end by itself once its terminal is gone."""

_ENDED_WELL = b"."


@contextmanager
def guarded_terminal(folder: Path | None = None) -> Iterator[None]:
    """Watch over the terminal while the body runs.

    Args:
        folder: a temporary folder to remove if this process dies; the body removes it otherwise.
    """
    fd = sys.__stdout__.fileno() if sys.__stdout__ else 1
    try:
        modes = termios.tcgetattr(fd)
    except (termios.error, OSError):
        yield
        return
    read_end, write_end = os.pipe()
    app = os.getpid()
    watcher = os.fork()
    if watcher == 0:
        os.close(write_end)
        _watch(app, read_end, fd, modes, folder)
    os.close(read_end)
    try:
        yield
    finally:
        with suppress(OSError):
            os.write(write_end, _ENDED_WELL)
        os.close(write_end)
        with suppress(ChildProcessError):
            os.waitpid(watcher, 0)


def _watch(
    app: int, read_end: int, fd: int, modes: list[int | list[bytes | int]], folder: Path | None
) -> None:
    """The watcher's whole life; does not return."""
    try:
        os.setsid()
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGTTOU, signal.SIGPIPE):
            signal.signal(number, signal.SIG_IGN)
        _wait_for_end(app, read_end, fd)
        if os.read(read_end, 1) != _ENDED_WELL:
            _remove(folder)
            _restore(fd, modes)
            _keep_away(folder)
    finally:
        os._exit(0)


def _wait_for_end(app: int, read_end: int, fd: int) -> None:
    """Wait until the pipe says how the app ended; end it if its terminal hangs up and it stays."""
    ends, poll = select.poll(), select.poll()
    for each in (ends, poll):
        each.register(read_end, select.POLLIN)
    poll.register(fd, 0)  # a hang-up is reported without being asked for
    if any(which == read_end for which, _ in poll.poll()):
        return
    if not ends.poll(HANG_UP_S * 1000):
        os.kill(app, signal.SIGKILL)


def _remove(folder: Path | None) -> None:
    if folder is not None:
        shutil.rmtree(folder, ignore_errors=True)


def _keep_away(folder: Path | None) -> None:
    """Remove a folder again and again, until nobody makes it anew."""
    end = time.monotonic() + STRAGGLERS_MOST_S
    while folder is not None and time.monotonic() < end:
        time.sleep(STRAGGLERS_S)
        if not folder.exists():
            return
        _remove(folder)


def _restore(fd: int, modes: list[int | list[bytes | int]]) -> None:
    with suppress(OSError, termios.error):
        termios.tcsetattr(fd, termios.TCSANOW, modes)
    with suppress(OSError):
        os.write(fd, RESTORE)
