"""Events of a log file that hold some text: looked for in the bytes, so that only their lines are parsed."""

from __future__ import annotations

import json
import mmap
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import orjson

Json = dict[str, Any]


def events_holding(path: Path, beginning: str) -> Iterator[Json]:
    """Yield a file's events in whose line some string begins so, in order; a torn line has none.

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
                yield _object(data[start:end])
                at = data.find(needle, end)


def _object(line: bytes) -> Json:
    try:
        found = orjson.loads(line)
    except orjson.JSONDecodeError:
        return {}
    return found if isinstance(found, dict) else {}
