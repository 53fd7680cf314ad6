"""What a dialect is: the one record that a vendor's protocol fills in, and the framing they share.

A protocol is one file that ends in a `DIALECT`. Its paths, fields and events stand there and nowhere else;
`dialects.py` lists them.
"""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

from capture.scripted.answer import ErrorAnswer
from capture.scripted.prompt import Body, Prompt
from capture.scripted.reply import Reply

Json = dict[str, Any]

PIECE_CHARS = 16
"""Characters of a streamed piece where a script does not say: a few tokens, as vendors send them."""

MAX_PIECES = 400
"""Pieces at most where a script does not say, so that a huge text makes no flood of tiny events."""

_COMPACT = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"))
_ESCAPED = json.JSONEncoder(ensure_ascii=True, separators=(",", ":"))


class Frame(NamedTuple):
    """One server-sent event, on its way out."""

    data: bytes
    piece: bool
    """Whether it carries a piece of content, before which a stream may wait or break."""


@dataclass(frozen=True, slots=True)
class Dialect:
    """How one API speaks."""

    name: str
    """As in a script's `protocol`."""
    paths: tuple[str, ...]
    """What the path of a request ends in: one of these."""
    read: Callable[[Body, str], Prompt]
    """Understand a request, given its path. Raises BadRequestError for one that the API would refuse."""
    plain: Callable[[Reply, Body], Json]
    """Render an answer that is not streamed."""
    stream: Callable[[Reply, Body], Iterator[Frame]]
    """Render the same answer as events. The pieces of a block add up to the plain block exactly."""
    error: Callable[[ErrorAnswer, str], Json]
    """Render an error's body, given the request id."""
    stream_error: Callable[[ErrorAnswer, Reply, Body, int], bytes]
    """Render an error that ends a stream, given how many events went before."""
    headers: Callable[[str, int], dict[str, str]]
    """The headers the API sends, given the request id and the HTTP status."""
    client: str | None = None
    """What its clients have in their user agent, where another API has the same paths."""
    version: str = "/v1"
    """What stands before those paths in the vendor's own addresses."""
    broken_event: bytes = b'event: broken\ndata: {"type":\n\n'
    """An event whose data is not JSON."""


def dump(value: object) -> bytes:
    """Return compact JSON in UTF-8; text that UTF-8 cannot hold (a lone surrogate) is escaped."""
    try:
        return _COMPACT.encode(value).encode()
    except UnicodeEncodeError:
        return _ESCAPED.encode(value).encode()


def event(name: str, data: Mapping[str, Any]) -> bytes:
    """Return one named server-sent event."""
    return b"event: " + name.encode() + b"\ndata: " + dump(data) + b"\n\n"


def pieces(text: str, count: int | None) -> list[str]:
    """Cut a text into pieces of about equal length that add up to it.

    Args:
        text: What to cut.
        count: How many pieces; fewer where the text has fewer characters. None for the usual size.

    Returns:
        At least one piece unless the text is empty.
    """
    wanted = count or min(MAX_PIECES, math.ceil(len(text) / PIECE_CHARS))
    size = max(1, math.ceil(len(text) / max(1, wanted)))
    return [text[start : start + size] for start in range(0, len(text), size)]
