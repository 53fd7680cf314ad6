"""The kept index: each log file's columns in the cache folder, so that reopening parses nothing again.

What belongs here is when a kept file may be believed. It is only ever a copy of what the log says: anything
doubtful about it, and it is ignored and written anew.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import tempfile
from pathlib import Path

import msgspec
import numpy as np
import platformdirs

from capture.log.columns import NAMES, PARSED, Array, Batch
from capture.log.files import HEAD_BYTES, LogFile
from capture.log.frames import pack, unpack
from capture.log.table import Table

VERSION = 3
"""Raised whenever columns or their meaning change."""

_MAGIC = b"tessen-index\n"
_TAIL_BYTES = 64
KEEP_AT_LEAST = 64 << 10
"""Smaller files are parsed faster than their kept index is found."""


class _Header(msgspec.Struct):
    version: int
    device: int
    inode: int
    head: bytes
    high: int
    tail: bytes
    """The last bytes before `high`."""


_decoder = msgspec.msgpack.Decoder(_Header)


def default_folder() -> Path:
    """Where indexes are kept when nothing else is said."""
    return Path(platformdirs.user_cache_dir("tessen-tui")) / "index"


def _place(folder: Path, file: LogFile) -> Path:
    name = hashlib.blake2b(f"{file.device}:{file.inode}".encode(), digest_size=16).hexdigest()
    return folder / f"{name}.index"


def load(folder: Path, file: LogFile, fd: int) -> tuple[Batch, int] | None:
    """Load what is kept of a file.

    Args:
        folder: The cache folder.
        file: The log file, its identity and head known.
        fd: It, open.

    Returns:
        Its rows and up to which byte they reach; None when nothing is kept that can be believed.
    """
    try:
        data = _place(folder, file).read_bytes()
        if not data.startswith(_MAGIC):
            return None
        size = int.from_bytes(data[len(_MAGIC) : len(_MAGIC) + 4], "little")
        start = len(_MAGIC) + 4
        header = _decoder.decode(data[start : start + size])
        if not _believable(header, file, fd):
            return None
        digest, body = data[start + size : start + size + 16], memoryview(data)[start + size + 16 :]
        if hashlib.blake2b(body, digest_size=16).digest() != digest:
            return None
        return unpack(bytes(body)), header.high
    except (OSError, ValueError):
        return None


def _believable(header: _Header, file: LogFile, fd: int) -> bool:
    if header.version != VERSION or (header.device, header.inode) != file.identity:
        return False
    if not header.head or file.head[: len(header.head)] != header.head or header.high > file.size:
        return False
    return os.pread(fd, len(header.tail), header.high - len(header.tail)) == header.tail


def save(folder: Path, file: LogFile, batch: Batch, high: int) -> bool:
    """Keep a file's rows, whole or not at all; False when that did not work or the file is too small.

    Args:
        folder: The cache folder; made where it is missing.
        file: The log file.
        batch: All its rows below `high`.
        high: Up to which byte they reach.
    """
    if high < KEEP_AT_LEAST:
        return False
    try:
        fd = os.open(file.path, os.O_RDONLY | os.O_CLOEXEC)
        try:
            tail = os.pread(fd, _TAIL_BYTES, high - _TAIL_BYTES)
            head = os.pread(fd, HEAD_BYTES, 0)
        finally:
            os.close(fd)
        header = msgspec.msgpack.encode(_Header(VERSION, file.device, file.inode, head, high, tail))
        body = pack(batch)
        digest = hashlib.blake2b(body, digest_size=16).digest()
        _write(_place(folder, file), _MAGIC + len(header).to_bytes(4, "little") + header + digest, body)
    except OSError:
        return False
    return True


def _write(place: Path, head: bytes, body: bytes) -> None:
    """Put a file in its place at once, for its owner alone."""
    place.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    fd, name = tempfile.mkstemp(dir=place.parent, prefix=".new-")
    try:
        with os.fdopen(fd, "wb") as out:
            out.write(head)
            out.write(body)
        Path(name).replace(place)
    except OSError:
        with contextlib.suppress(OSError):
            Path(name).unlink()
        raise


def rows_of(table: Table, rows: Array, file: LogFile) -> Batch:
    """A file's rows out of the table, in the file's order."""
    rows = rows[np.argsort(table["offset"][rows], kind="stable")]
    columns = {name: table[name][rows] for name in PARSED}
    strings = {}
    for name in NAMES:
        used, columns[name] = np.unique(columns[name], return_inverse=True)
        texts = table.strings[name].texts
        strings[name] = [texts[number] for number in used]
        columns[name] = columns[name].astype(PARSED[name])
    torn, foreign, odd = file.problems
    return Batch(columns, strings, torn, foreign, odd, 0)
