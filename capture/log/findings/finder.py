"""The thread that asks for findings, and the process it asks.

What belongs here is when to look: at once after a quiet moment, seldom while much is arriving, and never when
nothing is. The looking is `worker.py`.
"""

from __future__ import annotations

import subprocess
import sys
import threading
import time
from collections.abc import Callable, Sequence
from pathlib import Path

import msgspec

from capture.log.findings import Findings
from capture.log.pipe import read_frame

REST_S = 1.0
"""The least time between two looks."""

REST_SHARE = 4.0
"""After a look, rest for so many times as long as it took: at most a fifth of one core."""

_TRIES = 3
_decoder = msgspec.msgpack.Decoder(Findings)


class Finder:
    """Keeps findings up with a log.

    Args:
        folder: The log folder, or one agent's.
        agents: The agents to read; all when empty.
        found: Takes all there is after each look; called from a thread, may take its time.

    Attributes:
        failed: Whether it was given up, because its process kept ending.
        looks: How often it has looked.
    """

    def __init__(self, folder: Path, agents: Sequence[str], found: Callable[[Findings], None]) -> None:
        self.failed = False
        self.looks = 0
        self._argv = [sys.executable, "-P", "-m", "capture.log.findings.worker", str(folder), *agents]
        self._found = found
        self._said: Findings = {}
        self._lock = threading.Lock()
        self._wanted = threading.Event()
        self._closed = threading.Event()
        self._busy = False
        self._thread: threading.Thread | None = None
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def pid(self) -> int | None:
        """The process at work, if there is one."""
        return self._process.pid if self._process else None

    @property
    def busy(self) -> bool:
        """Whether something is wanted that was not looked at yet."""
        with self._lock:
            return not self.failed and (self._busy or self._wanted.is_set())

    def want(self) -> None:
        """Say that the log is different; returns at once."""
        self._wanted.set()
        if self._thread is None and not self._closed.is_set():
            self._thread = threading.Thread(target=self._run, name="log-findings", daemon=True)
            self._thread.start()

    def close(self) -> None:
        """End the process, and wait until it has ended."""
        self._closed.set()
        self._wanted.set()
        with self._lock:
            if self._process is not None:
                self._process.kill()
        if self._thread is not None:
            self._thread.join()

    def _run(self) -> None:
        tries = 0
        while self._begin():
            started = time.monotonic()
            try:
                self._said |= self._ask()
            except (EOFError, OSError, ValueError):
                self._end()
                self._said.clear()  # a new process says everything anew
                tries += 1
                self.failed = tries >= _TRIES
                self._wanted.set()
            else:
                tries = 0
                self.looks += 1
            if self.failed or not tries:
                self._found(dict(self._said))
            if self.failed:
                break
            with self._lock:
                self._busy = False
            self._closed.wait(max(REST_S, REST_SHARE * (time.monotonic() - started)))
        self._end()

    def _begin(self) -> bool:
        """Wait until a look is wanted; False when there will be no more."""
        self._wanted.wait()
        with self._lock:
            self._wanted.clear()
            self._busy = True
        return not self._closed.is_set()

    def _ask(self) -> Findings:
        process = self._process or self._start()
        assert process.stdin is not None
        assert process.stdout is not None
        process.stdin.write(b"?")
        process.stdin.flush()
        return _decoder.decode(read_frame(process.stdout))  # type: ignore[arg-type]

    def _start(self) -> subprocess.Popen[bytes]:
        with self._lock:
            if self._closed.is_set():
                raise EOFError("closed")
            self._process = subprocess.Popen(
                self._argv, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
            )
            return self._process

    def _end(self) -> None:
        with self._lock:
            process, self._process = self._process, None
        if process is not None:
            process.kill()
            process.communicate()
