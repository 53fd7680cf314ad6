"""Bytes in a pipe between two processes, with their length before them."""

from __future__ import annotations

from typing import BinaryIO

_LENGTH = 8


def write_frame(pipe: BinaryIO, data: bytes) -> None:
    """Write bytes with their length before them."""
    pipe.write(len(data).to_bytes(_LENGTH, "little") + data)
    pipe.flush()


def read_frame(pipe: BinaryIO) -> bytes:
    """Read the bytes that the other side wrote.

    Raises:
        EOFError: the other side is gone.
    """
    head = pipe.read(_LENGTH)
    length = int.from_bytes(head, "little")
    data = pipe.read(length) if len(head) == _LENGTH else b""
    if len(head) < _LENGTH or len(data) < length:
        raise EOFError("the other side is gone")
    return data
