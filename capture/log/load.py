"""One event in full, read from its line when it is looked at.

What belongs here checks that the line is still the one that was indexed, and parses whatever can be parsed.
"""

from __future__ import annotations

import os
import re
from typing import Any

import orjson

from capture.log.columns import id_number
from capture.log.files import open_log
from tessen.reading.parse import parse_any

_SURROGATE = re.compile("[\ud800-\udfff]")


def read_line(path: str, offset: int, length: int) -> bytes:
    """Read a line of a file.

    Raises:
        LookupError: the file is gone, or shorter than that.
    """
    try:
        fd = open_log(path)
    except OSError as error:
        raise LookupError(f"{path}: {error.strerror}") from None
    try:
        line = os.pread(fd, length, offset)
        while len(line) < length and (more := os.pread(fd, length - len(line), offset + len(line))):
            line += more
    except OSError as error:
        raise LookupError(f"{path}: {error.strerror}") from None
    finally:
        os.close(fd)
    if len(line) < length:
        raise LookupError(f"{path}: the file was cut off before this event's line")
    return line


def parse_event(line: bytes, event: int, where: str) -> dict[str, Any]:
    """Parse an event's line.

    Args:
        line: The line.
        event: The `id_number` of the event that it should hold.
        where: What to call the place in an error.

    Raises:
        LookupError: it holds another event, or none.
    """
    value = _parse(line)
    if not isinstance(value, dict):
        raise LookupError(f"{where}: the line holds no event any more")
    named = value.get("event_id")
    if (id_number(named) if isinstance(named, str) else 0) != event:
        raise LookupError(f"{where}: the line holds another event now")
    return value


def _parse(line: bytes) -> Any:
    try:
        return orjson.loads(line)
    except ValueError:
        pass
    try:
        return _without_surrogates(parse_any(line))
    except (ValueError, RecursionError):
        return None


def _without_surrogates(value: Any) -> Any:
    """Lone surrogates, which no terminal or file can be given, as the sign for what cannot be shown."""
    if isinstance(value, str):
        return _SURROGATE.sub("\ufffd", value)
    if isinstance(value, list):
        return [_without_surrogates(each) for each in value]
    if isinstance(value, dict):
        return {_without_surrogates(key): _without_surrogates(each) for key, each in value.items()}
    return value
