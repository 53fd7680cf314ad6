"""Recorded answers in a copy of the files under another path: what they tell the tools leads to the copy.

What belongs here is that no tool of a replay is sent to the original's directory by an answer that names it.
A stream says a tool's arguments in pieces; they are put together first, or a path could be cut in two.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

import orjson

from capture.proxy import StoredAnswer

Json = dict[str, Any]

_END = b"\n\n"
"""Between two events of a stream."""


def moved(answer: StoredAnswer, now_to_recorded: Mapping[str, str]) -> StoredAnswer:
    """Return an answer in which recorded places are those of now."""
    body = _END.join(_in_one_piece(answer.body)) if b"input_json_delta" in answer.body else answer.body
    for now, recorded in now_to_recorded.items():
        for before, after in _spellings(recorded, now):
            body = body.replace(before, after)
    return replace(answer, body=body)


def _spellings(before: str, after: str) -> list[tuple[bytes, bytes]]:
    """Return two paths as they stand in JSON, and in JSON within JSON, where that is not the same."""
    once = _escaped(before), _escaped(after)
    twice = _escaped(once[0]), _escaped(once[1])
    return [(one.encode(), other.encode()) for one, other in dict.fromkeys((twice, once))]


def _escaped(text: str) -> str:
    return orjson.dumps(text)[1:-1].decode()


def _in_one_piece(stream: bytes) -> Iterator[bytes]:
    """Yield a stream's events, the arguments of each tool call in one."""
    pieces: dict[int, list[Json]] = {}
    for event in stream.split(_END):
        said = _data(event)
        delta = said.get("delta")
        if isinstance(delta, dict) and delta.get("type") == "input_json_delta":
            pieces.setdefault(said.get("index", 0), []).append(said)
            continue
        if said.get("type") == "content_block_stop":
            yield from _joined(pieces.pop(said.get("index", 0), []))
        yield event


def _joined(pieces: list[Json]) -> Iterator[bytes]:
    if pieces:
        text = "".join(str(each["delta"].get("partial_json", "")) for each in pieces)
        whole = pieces[0] | {"delta": {"type": "input_json_delta", "partial_json": text}}
        yield b"event: content_block_delta\ndata: " + orjson.dumps(whole)


def _data(event: bytes) -> Json:
    """Return what an event of a stream says; nothing for what is no object in JSON."""
    _, _, data = event.partition(b"data: ")
    try:
        value = orjson.loads(data)
    except orjson.JSONDecodeError:
        return {}
    return value if isinstance(value, dict) else {}
