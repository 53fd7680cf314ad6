"""Events of a log file that are looked for by an id: in the bytes, so that only what is found is parsed."""

from __future__ import annotations

import json
import mmap
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import msgspec
import orjson

Json = dict[str, Any]


class Ids(msgspec.Struct):
    """By what an event is named, and when it was."""

    event_id: str = ""
    session_id: str = ""
    ts: Any = None


@dataclass(frozen=True, slots=True)
class Line:
    """Where an event's line is."""

    ids: Ids
    path: Path
    start: int
    """Bytes from the beginning of the file."""
    length: int

    def read(self) -> bytes:
        """Return the line, read now, without its end.

        Raises:
            OSError: the file cannot be read.
        """
        with self.path.open("rb") as file:
            file.seek(self.start)
            return file.read(self.length)

    def event(self) -> Json:
        """Return the event, read now; empty where there is none any more.

        Raises:
            OSError: the file cannot be read.
        """
        try:
            found = orjson.loads(self.read())
        except orjson.JSONDecodeError:
            return {}
        return found if isinstance(found, dict) else {}


_decoder = msgspec.json.Decoder(Ids)


def lines_holding(path: Path, beginning: str) -> Iterator[Line]:
    """Yield where a file's events are in whose line some string begins so, in order; a torn line is none.

    Raises:
        OSError: the file cannot be read.
    """
    needle = json.dumps(beginning)[:-1].encode()  # as recorders write it: in ASCII
    with path.open("rb") as file:
        try:
            data = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
        except ValueError:  # an empty file
            return
        with data:
            at = data.find(needle)
            while at >= 0:
                start, end = data.rfind(b"\n", 0, at) + 1, data.find(b"\n", at)
                end = len(data) if end < 0 else end
                ids = _ids(data[start:end])
                if ids is not None:
                    yield Line(ids, path, start, end - start)
                at = data.find(needle, end)


def _ids(line: bytes) -> Ids | None:
    try:
        return _decoder.decode(line)
    except msgspec.MsgspecError:
        return None
