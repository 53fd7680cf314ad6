"""An event as JSON for scripts, whole, however long it is.

What belongs here is passing on what was too long to be held: members that were cut are written as their bytes
stand in the log, a piece at a time.
"""

from __future__ import annotations

import codecs
import json
import re
from collections.abc import Iterator

from tessen.reading.envelope import dumps
from tessen.reading.found import Found
from tessen.reading.long_lines import Span

_PIECE = 1 << 18
_OTHERS = re.compile(r"[^ -~]+")
_NEVER_AS_THEY_STAND = frozenset({"request_headers"})
"""Members of which an old recorder wrote more than may be shown."""


def as_json(found: Found, indent: int | None = None) -> Iterator[str]:
    """Yield the pieces of an event as JSON, in ASCII, so that no terminal acts on it.

    Args:
        found: The event.
        indent: Spaces a level; None for one line. What was too long to be held is not indented.
    """
    cut, part = found.cut, found.part
    if not cut or part is None:
        yield dumps(found.event, indent=indent)
        return
    between = "{"
    for name, value in found.event.items():
        yield f"{between}{json.dumps(name)}: "
        span = Span(part.path, cut[name].start, cut[name].stop) if name in cut else None
        if span is not None and name not in _NEVER_AS_THEY_STAND and span.abridged(strict=True):
            yield from _as_it_stands(span)
        else:
            yield dumps(value, indent=indent)
        between = ", "
    yield "}"


def _as_it_stands(value: Span) -> Iterator[str]:
    """JSON from a file; what is not ASCII in it stands in strings, and is escaped."""
    decoder = codecs.getincrementaldecoder("utf-8")("replace")
    for piece in value.pieces(_PIECE):
        yield _OTHERS.sub(_escaped, decoder.decode(piece))


def _escaped(characters: re.Match[str]) -> str:
    return json.dumps(characters[0])[1:-1]
