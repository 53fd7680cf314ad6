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

REST_SHARE, MOST_REST_S = 4.0, 10.0
"""After a look, rest for so many times as long as it took, which makes a fifth of one core at most."""

_TRIES = 3
_decoder = msgspec.msgpack.Decoder(Findings)


class Finder:
    """Keeps findings up with a log.

    Args:
        folder: The log folder, or one agent's.
        agents: The agents to read; all when empty.
        found: Takes all there is after each look; called from a thread, may take its time.

    Attributes:
        argv: The command of its process.
        failed: Whether it was given up, because its process kept ending.
        looks: How often it has looked.
    """

    def __init__(self, folder: Path, agents: Sequence[str], found: Callable[[Findings], None]) -> None:
        self.failed = False
        self.looks = 0
        self.argv = [sys.executable, "-P", "-m", "capture.log.findings.worker", str(folder), *agents]
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
        failures = 0
        while failures < _TRIES and self._begin():
            started, is_new = time.monotonic(), self._process is None
            failures = 0 if self._look() else failures + 1
            with self._lock:
                self._busy = False
            took = 0.0 if is_new else time.monotonic() - started  # to start it takes longer than to look
            self._closed.wait(min(MOST_REST_S, max(REST_S, REST_SHARE * took)))
        self._end()
        if failures >= _TRIES and not self._closed.is_set():
            self.failed = True
            self._found({})

    def _look(self) -> bool:
        """Look once; False when the process has ended over it, after which another one begins anew."""
        try:
            self._said |= self._ask()
        except (EOFError, OSError, ValueError):
            self._end()
            self._said.clear()  # a new process says everything
            self._wanted.set()
            return False
        self.looks += 1
        self._found(dict(self._said))
        return True

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
                self.argv, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
            )
            return self._process

    def _end(self) -> None:
        with self._lock:
            process, self._process = self._process, None
        if process is not None:
            process.kill()
            process.communicate()
