"""JSON as the recorder needs it: bytes that may be spliced into a line, and values that never fail to dump.

What belongs here is the border between bodies as they were on the wire and the one line they become. A body
that is JSON goes into the line as its own bytes; everything else is represented as well as JSON allows.
"""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Mapping, Set
from json.encoder import encode_basestring_ascii
from typing import Any

from tessen._cut import beginning
from tessen._search import compiled, finder

_MAX_DEPTH = 60
_MAX_REPR = 1000
_UNREADABLE = (ValueError, RecursionError)


def _refuse(constant: str) -> None:
    raise ValueError(f"{constant} is not JSON")


_strict = json.JSONDecoder(parse_constant=_refuse)
_scan: Callable[[str, int], tuple[Any, int]] = _strict.scan_once  # type: ignore[attr-defined]
_lenient = json.JSONDecoder(parse_constant=str)
_encoder = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"), allow_nan=False)
_plain_encoder = json.JSONEncoder(ensure_ascii=True, separators=(",", ":"), allow_nan=False)

quote = encode_basestring_ascii
"""Encode one string as JSON, in ASCII."""


def parse(text: str) -> Any:
    """Parse JSON as the standard has it.

    Raises:
        ValueError: If it is not JSON; NaN and Infinity are not.
        RecursionError: If it is nested too deeply to be read.
    """
    return _strict.decode(text)


def parse_event(text: str) -> Any:
    """Parse the data of one server-sent event; NaN and Infinity become strings.

    Raises:
        ValueError: If it is not JSON.
        RecursionError: If it is nested too deeply to be read.
    """
    return _lenient.decode(text)


def fragment(body: bytes) -> tuple[bytes, Any]:
    """Return a body as one line of JSON, and its value.

    Args:
        body: The bytes of a request or response.

    Returns:
        The body's own bytes and its parsed value if it is JSON in UTF-8; otherwise its text, as a JSON string
        and as a string, with U+FFFD for what is not UTF-8.
    """
    try:
        value = _value(body.decode())
    except _UNREADABLE:
        text = body.decode("utf-8", "replace")
        return quote(text).encode(), text
    return one_line(body), value


def _value(text: str) -> Any:
    """Parse JSON; nearly all of it is one object without white space around it, which is quicker."""
    if text[:1] == "{":
        try:
            value, end = _scan(text, 0)
        except StopIteration:
            return _strict.decode(text)  # which says what is wrong
        if end == len(text):
            return value
    return _strict.decode(text)


_names_nan, _names_infinity = finder(b"NaN"), finder(b"Infinity")


def _alone(name: bytes) -> bytes:
    """The pattern of a name that is a value: between marks of JSON, or the white space that may be there."""
    return rb"%b(?<=[:,\[\s-]%b)[,\]}\s]" % (name, name)


_NAN, _INFINITY = _alone(b"NaN"), _alone(b"Infinity")


def names_no_number(body: bytes) -> bool:
    """Whether JSON from an encoder that allows it may hold NaN or Infinity, which are not JSON."""
    return (_names_nan(body) and compiled(_NAN).search(body) is not None) or (
        _names_infinity(body) and compiled(_INFINITY).search(body) is not None
    )


def one_line(body: bytes) -> bytes:
    """Return JSON without raw line breaks; in valid JSON they stand only between tokens."""
    if body.find(b"\n") >= 0 or body.find(b"\r") >= 0:  # `in` is slower on bytes; see `_search`
        body = body.replace(b"\n", b" ").replace(b"\r", b" ")
    return body


def dumps(value: object) -> bytes:
    """Encode any value as one line of JSON; what JSON cannot hold is represented, never dropped."""
    try:
        return _encoder.encode(value).encode()
    except (TypeError, *_UNREADABLE):
        return _plain_encoder.encode(represent(value)).encode()


def represent(value: object, _above: tuple[int, ...] = ()) -> Any:
    """Return a value that JSON can hold and that says what it stands for.

    Numbers that are not finite, bytes and unknown objects become strings; an object inside itself becomes
    `<circular>`, and what is nested too deeply `<too deep>`.
    """
    if value is None or isinstance(value, bool | int | str):
        return value
    if isinstance(value, float):
        return value if math.isfinite(value) else str(value)
    if isinstance(value, bytes | bytearray | memoryview):
        return f"<{len(value)} bytes>"
    if id(value) in _above:
        return "<circular>"
    if len(_above) >= _MAX_DEPTH:
        return "<too deep>"
    return _represent_object(value, (*_above, id(value)))


def _represent_object(value: object, above: tuple[int, ...]) -> Any:
    """Return what stands for a container or any other object, whose own code may do anything."""
    try:
        return _represent_container(value, above)
    except Exception:
        return f"<{type(value).__name__} that cannot be read>"


def _represent_container(value: object, above: tuple[int, ...]) -> Any:
    if isinstance(value, Mapping):
        return {str(key): represent(item, above) for key, item in value.items()}
    if isinstance(value, list | tuple | Set):
        return [represent(item, above) for item in value]
    dump = getattr(value, "model_dump", None)
    if callable(dump):
        return represent(dump(mode="json"), above)
    return beginning(repr(value), _MAX_REPR) or f"<{type(value).__name__}>"
