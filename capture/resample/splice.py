"""Changing a request without touching the rest of it: only the bytes of the changed values differ.

What a model says depends on every byte of what it is asked, and so does what is in a prompt cache; a request
that is parsed and written anew is another request.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

_SPACE = re.compile(r"[ \t\r\n]*")
_DECODER = json.JSONDecoder(strict=False)


def spliced(body: bytes, changes: Mapping[str, Any], without: Sequence[str] = ()) -> bytes:
    """Return a request with members of its object set to other values, or taken out.

    Args:
        body: A JSON object.
        changes: New values by member. A dot leads into a member's own object: `generationConfig.temperature`.
            A member that is not there is added at the end.
        without: Members to take out.

    Raises:
        ValueError: it is not a JSON object.
    """
    text = body.decode()
    for name in without:
        text = _taken_out(text, name)
    for path, value in changes.items():
        text = _changed(text, path.split("."), value)
    return text.encode()


def _changed(text: str, path: Sequence[str], value: Any) -> str:
    name, *inner = path
    found = [(start, end) for member, start, end in _members(text) if member == name]
    if not found:
        return _added(text, name, _nested(inner, value))
    for start, end in reversed(found):  # of members with one name, readers differ in which counts
        old = text[start:end]
        new = _changed(old, inner, value) if inner and old.startswith("{") else _dump(_nested(inner, value))
        text = text[:start] + new + text[end:]
    return text


def _added(text: str, name: str, value: Any) -> str:
    ends = [end for _, _, end in _members(text)]
    at = ends[-1] if ends else text.index("{") + 1
    return f"{text[:at]}{',' if ends else ''}{_dump(name)}:{_dump(value)}{text[at:]}"


def _taken_out(text: str, name: str) -> str:
    """Return an object's text without a member, and without the comma that goes with it."""
    while True:
        members = list(_members(text))
        at = next((n for n, (member, _, _) in enumerate(members) if member == name), None)
        if at is None:
            return text
        if at > 0:
            start, end = members[at - 1][2], members[at][2]
        else:
            start = text.index("{") + 1
            end = _skip(text, members[at][2])
            end += text[end : end + 1] == ","
        text = text[:start] + text[end:]


def _nested(path: Sequence[str], value: Any) -> Any:
    for name in reversed(path):
        value = {name: value}
    return value


def _dump(value: Any) -> str:
    """Return a value as the vendors' SDKs write it: without spaces, and characters as themselves."""
    written = json.dumps(value, ensure_ascii=False, separators=(",", ":"))
    try:
        written.encode()
    except UnicodeEncodeError:  # half a surrogate pair, which only an escape can say
        return json.dumps(value, separators=(",", ":"))
    return written


def _members(text: str) -> Iterator[tuple[str, int, int]]:
    """Yield an object's members: name, and where the value starts and ends."""
    at = _skip(text, 0)
    if text[at : at + 1] != "{":
        raise ValueError("it is not a JSON object")
    at = _skip(text, at + 1)
    while text[at : at + 1] not in ("}", ""):
        name, at = _DECODER.raw_decode(text, at)
        at = _skip(text, _skip(text, at) + 1)
        start = at
        _, at = _DECODER.raw_decode(text, start)
        yield str(name), start, at
        at = _skip(text, at)
        if text[at : at + 1] == ",":
            at = _skip(text, at + 1)


def _skip(text: str, at: int) -> int:
    found = _SPACE.match(text, at)
    return found.end() if found else at
