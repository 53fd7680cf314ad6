"""The backlog: what was on disk before anyone looked, parsed by other processes, newest first.

What belongs here is the handing out of stretches to workers, and what happens when one dies.
"""

from __future__ import annotations

import os
import subprocess
import sys
import threading
from collections import deque
from collections.abc import Callable

import msgspec

from capture.log.columns import Batch
from capture.log.frames import unpack
from capture.log.pipe import read_frame, write_frame
from capture.log.worker import Task, parse

STRETCH = 8 << 20
"""Bytes a task."""

_TRIES = 3


class Backlog:
    """Parses tasks in the order given, in processes of its own.

    Args:
        done: called for each task with its batch, or with why there is none; from several threads.
        workers: how many processes.
    """

    def __init__(self, done: Callable[[Task, Batch | str], None], workers: int | None = None) -> None:
        self._done = done
        self._tasks: deque[Task] = deque()
        self._workers = workers or max(1, min(4, os.cpu_count() or 1))
        self._closed = False
        self._lock = threading.Lock()
        self._threads: set[threading.Thread] = set()
        self._processes: set[subprocess.Popen[bytes]] = set()

    @property
    def pids(self) -> list[int]:
        """The processes at work."""
        with self._lock:
            return [process.pid for process in self._processes]

    def add(self, task: Task) -> None:
        """Put a task behind the others; processes start when there is work, and end when there is none."""
        with self._lock:
            self._tasks.append(task)
            if len(self._threads) < self._workers and not self._closed:
                thread = threading.Thread(target=self._serve, name="log-backlog", daemon=True)
                self._threads.add(thread)
                thread.start()

    def close(self) -> None:
        """End the processes now, and wait until they have ended."""
        with self._lock:
            self._closed = True
            self._tasks.clear()
            threads = list(self._threads)
            for process in self._processes:
                process.kill()
        for thread in threads:
            thread.join()

    def _serve(self) -> None:
        process: subprocess.Popen[bytes] | None = None
        while (task := self._next()) is not None:
            answer: Batch | str | None = None
            for _ in range(_TRIES):
                try:
                    process = process or self._start()
                    answer = _ask(process, task)
                    break
                except (EOFError, OSError, ValueError):
                    self._end(process)
                    process = None
            if not self._closed:
                self._done(task, answer if answer is not None else _here(task))
        self._end(process)

    def _next(self) -> Task | None:
        with self._lock:
            if self._tasks and not self._closed:
                return self._tasks.popleft()
            self._threads.discard(threading.current_thread())
            return None

    def _start(self) -> subprocess.Popen[bytes]:
        """Start a worker. `-P` keeps the current folder, which may hold anything, off its import path."""
        argv = [sys.executable, "-P", "-m", "capture.log.worker"]
        process = subprocess.Popen(
            argv, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
        )
        with self._lock:
            self._processes.add(process)
        return process

    def _end(self, process: subprocess.Popen[bytes] | None) -> None:
        if process is None:
            return
        with self._lock:
            self._processes.discard(process)
        process.kill()
        process.communicate()


def _ask(process: subprocess.Popen[bytes], task: Task) -> Batch | str:
    assert process.stdin is not None
    assert process.stdout is not None
    write_frame(process.stdin, msgspec.msgpack.encode(task))  # type: ignore[arg-type]
    answer = read_frame(process.stdout)  # type: ignore[arg-type]
    return unpack(answer[1:]) if answer[:1] == b"\x00" else answer[1:].decode()


def _here(task: Task) -> Batch | str:
    """Parse in this process: for where no other can be had."""
    try:
        return parse(task)
    except OSError as error:
        return error.strerror or str(error)
