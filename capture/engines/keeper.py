"""The process between the harness and an agent: when either ends, nothing the agent started stays behind.

Run as a program: `python -I -S keeper.py LIFELINE COMMAND…`. LIFELINE is the reading end of a pipe whose
other end only the harness holds: end of file there means that the harness is gone, however it died.
Standard input, output and error are the agent's. The exit code is the agent's, or 128 and the signal's
number.

Stopping goes in steps, since a KILL alone would leave an agent's own tools running, which live in sessions
of their own: INT to the agent's group, so that it ends its tools and writes down what it has; then TERM and
KILL to every descendant. Standard library only, and imported as little as possible: it starts with every
session.
"""

from __future__ import annotations

import contextlib
import ctypes
import os
import select
import signal
import sys
import time
from pathlib import Path

PR_SET_CHILD_SUBREAPER = 36
INT_GRACE_S = 5.0
TERM_GRACE_S = 2.0
KILL_GRACE_S = 2.0


def descendants(ancestor: int) -> list[int]:
    """Return the ids of all living descendants of a process, zombies left out."""
    children: dict[int, list[int]] = {}
    for folder in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError, ValueError, IndexError):
            fields = (folder / "stat").read_bytes().rpartition(b")")[2].split()
            if fields[0] not in (b"Z", b"X"):
                children.setdefault(int(fields[1]), []).append(int(folder.name))
    found: list[int] = []
    ahead = [ancestor]
    while ahead:
        below = children.get(ahead.pop(), [])
        found += below
        ahead += below
    return found


class Keeper:
    """One agent, and everything that comes from it."""

    def __init__(self, lifeline: int) -> None:
        self._lifeline = lifeline
        self._told = False
        self._code: int | None = None
        self._agent = 0
        self._woken, wake = os.pipe()
        for end in (self._woken, wake):
            os.set_blocking(end, False)
        signal.set_wakeup_fd(wake, warn_on_full_buffer=False)
        for wanted in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
            signal.signal(wanted, self._tell)
        signal.signal(signal.SIGCHLD, lambda *_: None)

    def run(self, command: list[str]) -> int:
        """Run the agent to its end, or until told to stop; returns the exit code."""
        self._agent = _spawn(command)
        self._wait()
        if self._code is None:
            self._signal_agent(signal.SIGINT)
            self._wait(INT_GRACE_S)
        self._sweep()
        return 1 if self._code is None else self._code

    def _tell(self, *_: object) -> None:
        self._told = True

    def _signal_agent(self, number: signal.Signals) -> None:
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(self._agent, number)

    def _sweep(self) -> None:
        """End what is left: TERM, then KILL until nothing remains."""
        for number, grace in ((signal.SIGTERM, TERM_GRACE_S), (signal.SIGKILL, KILL_GRACE_S)):
            self._signal_agent(number)  # all there is to do where the system does not tell of descendants
            end = time.monotonic() + grace
            while (left := self._left()) and time.monotonic() < end:
                for process in left:
                    with contextlib.suppress(ProcessLookupError, PermissionError):
                        os.kill(process, number)
                self._pause(0.05)
        self._reap()

    def _left(self) -> list[int]:
        self._reap()
        return descendants(os.getpid())

    def _wait(self, seconds: float | None = None) -> None:
        """Wait until the agent has ended; without a limit in seconds, or until we are to stop."""
        end = None if seconds is None else time.monotonic() + seconds
        while self._code is None and not (self._told and end is None):
            left = None if end is None else end - time.monotonic()
            if left is not None and left <= 0:
                return
            self._pause(left)
            self._reap()

    def _pause(self, seconds: float | None) -> None:
        """Wait for a signal, or for the harness's end, which tells us to stop as a signal does."""
        watched = [self._woken] if self._told else [self._woken, self._lifeline]
        ready, _, _ = select.select(watched, [], [], seconds)
        if self._woken in ready:
            with contextlib.suppress(BlockingIOError):
                os.read(self._woken, 4096)
        self._told = self._told or self._lifeline in ready

    def _reap(self) -> None:
        with contextlib.suppress(ChildProcessError):
            while True:
                process, status = os.waitpid(-1, os.WNOHANG)
                if process == 0:
                    return
                if process == self._agent:
                    code = os.waitstatus_to_exitcode(status)
                    self._code = 128 - code if code < 0 else code


def _spawn(command: list[str]) -> int:
    """Start the agent in a session of its own, with the signals as a program expects them."""
    try:
        return os.posix_spawnp(
            command[0],
            command,
            dict(os.environ),
            setsid=True,
            setsigdef=[signal.SIGTERM, signal.SIGINT, signal.SIGHUP, signal.SIGPIPE],
        )
    except OSError as error:
        print(f"{command[0]}: {error.strerror}", file=sys.stderr)
        sys.exit(127)


def _adopt_orphans() -> None:
    """Become the parent of every descendant whose own parent ends.

    Only Linux can; elsewhere groups must do.
    """
    if sys.platform == "linux":
        ctypes.CDLL(None, use_errno=True).prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)


if __name__ == "__main__":
    _adopt_orphans()
    os.set_inheritable(int(sys.argv[1]), False)
    sys.exit(Keeper(int(sys.argv[1])).run(sys.argv[2:]))
