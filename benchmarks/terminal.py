"""A pseudo-terminal to run the app in, that notes when each byte came: what a fast terminal would see.

Not tmux, whose own drawing would be measured along. It answers the one question that matters to the figures,
whether synchronized output is supported, so that the app marks the beginning of each frame it draws.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
import pty
import re
import select
import signal
import struct
import termios
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import TracebackType

FRAME = b"\x1b[?2026h"
_ASKS_SYNC = b"\x1b[?2026$p"
_SYNC_SUPPORTED = b"\x1b[?2026;2$y"
_STYLING = re.compile(rb"\x1b(?:\[[0-9;:?<=>]*[ -/]*[@-~]|\][^\x07\x1b]*(?:\x07|\x1b\\)|[()][0-9A-B]|[=>78])")


class Terminal:
    """One program in one pseudo-terminal.

    Args:
        argv: the command.
        size: columns and lines.
        env: variables on top of this process's own.

    Attributes:
        started: `time.perf_counter()` just before the program was started.
        output: everything it wrote.
        arrivals: (time, length of output after it) for each read.
    """

    def __init__(
        self, argv: Sequence[str], size: tuple[int, int] = (120, 40), env: Mapping[str, str] | None = None
    ) -> None:
        self.output = bytearray()
        self.arrivals: list[tuple[float, int]] = []
        environment = {**os.environ, "TERM": "xterm-256color", "COLORTERM": "truecolor", **(env or {})}
        environment.pop("TMUX", None)
        self.started = time.perf_counter()
        self.pid, self._fd = pty.fork()
        if self.pid == 0:
            os.execvpe(argv[0], list(argv), environment)
        columns, lines = size
        fcntl.ioctl(self._fd, termios.TIOCSWINSZ, struct.pack("HHHH", lines, columns, 0, 0))

    def __enter__(self) -> Terminal:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for number in (signal.SIGTERM, signal.SIGKILL):
            os.kill(self.pid, number)
            end = time.monotonic() + 5
            while time.monotonic() < end:
                if os.waitpid(self.pid, os.WNOHANG)[0]:
                    os.close(self._fd)
                    return
                with contextlib.suppress(EOFError):
                    self.read(0.05)

    def read(self, seconds: float) -> None:
        """Take in what arrives for so long."""
        end = time.perf_counter() + seconds
        while (left := end - time.perf_counter()) > 0:
            self._read_once(left)

    def press(self, keys: bytes) -> float:
        """Write keys; returns the moment, by `time.perf_counter()`."""
        os.write(self._fd, keys)
        return time.perf_counter()

    def wait_for(self, text: bytes, since: int = 0, timeout: float = 60.0) -> float:
        """The moment at which a text had been written, styling aside, counted from an output length.

        Raises:
            TimeoutError: it never came; the message holds the end of what did.
        """
        end = time.perf_counter() + timeout
        while True:
            if text in plain(self.output[since:]):
                return self.arrivals[-1][0]
            if time.perf_counter() > end:
                raise TimeoutError(
                    f"{text!r} not written in {timeout} s; last: {plain(self.output)[-400:]!r}"
                )
            self._read_once(0.2)

    def settle(self, quiet_s: float = 0.3, timeout: float = 30.0) -> None:
        """Read until nothing has arrived for a while."""
        end = time.perf_counter() + timeout
        while time.perf_counter() < end:
            before = len(self.output)
            self.read(quiet_s)
            if len(self.output) == before:
                return

    def frames(self, since: int = 0) -> int:
        """Frames drawn since an output length."""
        return self.output.count(FRAME, since)

    def cpu_s(self) -> float:
        """Processor time of the program and its ended children, user and system, in seconds."""
        fields = Path(f"/proc/{self.pid}/stat").read_text().rsplit(")", 1)[1].split()
        return sum(int(value) for value in fields[11:15]) / os.sysconf("SC_CLK_TCK")

    def memory_bytes(self) -> int:
        """Resident memory of the program."""
        return int(Path(f"/proc/{self.pid}/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")

    def _read_once(self, timeout: float) -> None:
        ready, _, _ = select.select([self._fd], [], [], timeout)
        if not ready:
            return
        try:
            chunk = os.read(self._fd, 1 << 16)
        except OSError as error:
            raise EOFError(
                f"the program ended: {plain(self.output)[-800:].decode(errors='replace')}"
            ) from error
        self.output += chunk
        self.arrivals.append((time.perf_counter(), len(self.output)))
        if _ASKS_SYNC in chunk:
            os.write(self._fd, _SYNC_SUPPORTED)


def plain(output: bytes | bytearray) -> bytes:
    """Terminal output without its styling and cursor movement."""
    return _STYLING.sub(b"", bytes(output))
