"""The process that parses big backlogs, so that the interface never waits for the interpreter.

Run as `python -m capture.log.worker`. Reads tasks from its standard input and writes one packed batch for
each to its standard output, until the input ends. It opens the log read-only and writes nothing else
anywhere.
"""

from __future__ import annotations

import gc
import os
import signal
import sys

import msgspec

from capture.log.batch import Batcher
from capture.log.columns import Batch
from capture.log.frames import pack
from capture.log.pipe import read_frame, write_frame
from tessen.reading.stretch import next_line, whole_lines


class Task(msgspec.Struct, array_like=True):
    """A stretch of a file to parse: the lines that start in it."""

    path: str
    device: int
    inode: int
    start: int
    """Bytes; need not be where a line starts."""
    stop: int
    file: int = 0
    """The number of the file, for whoever asked."""


def parse(task: Task) -> Batch:
    """Parse a stretch.

    Raises:
        OSError: the file cannot be read, or is another one by now.
    """
    batcher = Batcher()
    fd = os.open(task.path, os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK)
    try:
        status = os.fstat(fd)
        if (status.st_dev, status.st_ino) != (task.device, task.inode):
            raise FileNotFoundError(f"{task.path} was replaced")
        start = next_line(fd, task.start)
        for lines in whole_lines(fd, task.stop if start is None else start, task.stop):
            batcher.take_in(lines)
    finally:
        os.close(fd)
    return batcher.take()


def main() -> None:
    """Serve tasks until the input ends."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # ctrl+c is for the program that started this one
    gc.disable()  # nothing here makes cycles, and a scan of a million small objects costs a tenth of the time
    decoder = msgspec.msgpack.Decoder(Task)
    while True:
        try:
            task = decoder.decode(read_frame(sys.stdin.buffer))
        except EOFError:
            return
        try:
            answer = b"\x00" + pack(parse(task))
        except OSError as error:
            answer = b"\x01" + (error.strerror or str(error)).encode()
        write_frame(sys.stdout.buffer, answer)


if __name__ == "__main__":
    main()
