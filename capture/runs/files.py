"""Writing files for their owner alone: whole ones atomically, growing ones line by line."""

from __future__ import annotations

import contextlib
import fcntl
import os
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import orjson

FILE_MODE = 0o600
FOLDER_MODE = 0o700


def reason_of(error: Exception) -> str:
    """Return in one line why something failed: of a system call, which file, and what the system says."""
    if isinstance(error, OSError) and error.strerror:
        return f"{error.filename}: {error.strerror}" if error.filename else error.strerror
    return " ".join(str(error).split()) or type(error).__name__


def make_folder(path: Path) -> Path:
    """Make a folder and those above it.

    Raises:
        OSError: it cannot be made.
    """
    for folder in (*reversed(path.parents), path):
        if not folder.exists():
            folder.mkdir(mode=FOLDER_MODE, exist_ok=True)
    return path


@contextlib.contextmanager
def locked(folder: Path) -> Iterator[None]:
    """Keep a folder to this process among those that ask, for as long as the block lasts.

    Raises:
        OSError: it is not there.
    """
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield
    finally:
        os.close(handle)


def write_file(path: Path, data: bytes) -> None:
    """Write a whole file, so that a reader sees the old one or the new one.

    Raises:
        OSError: it cannot be written.
    """
    handle, name = tempfile.mkstemp(prefix=f".{path.name}.", dir=path.parent)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(data)
        Path(name).replace(path)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise


def write_json(path: Path, value: Any) -> None:
    """Write a file of JSON for people, as `write_file` does."""
    write_file(path, orjson.dumps(value, option=orjson.OPT_INDENT_2) + b"\n")


def append_line(path: Path, value: Any) -> None:
    """Append one line of JSON, in one write.

    Raises:
        OSError: it cannot be written.
    """
    handle = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, FILE_MODE)
    try:
        os.write(handle, orjson.dumps(value) + b"\n")
    finally:
        os.close(handle)


def read_lines(path: Path) -> tuple[list[dict[str, Any]], int]:
    """Read a file of JSON lines.

    Returns:
        The objects in it, and how many lines could not be read. A file that is not there has none.
    """
    try:
        data = path.read_bytes()
    except FileNotFoundError:
        return [], 0
    rows: list[dict[str, Any]] = []
    bad = 0
    for line in data.split(b"\n"):
        if not line.strip():
            continue
        try:
            row = orjson.loads(line)
        except orjson.JSONDecodeError:
            row = None
        if isinstance(row, dict):
            rows.append(row)
        else:
            bad += 1
    return rows, bad
