"""Going on with a conversation right before one of its model calls, as if nothing had come after.

What belongs here is the way the program can be brought to it: it takes up an interrupted turn, and says a
prompt of its own when it does. That prompt is a marker, which is taken out of every request on its way.
"""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from datetime import date
from pathlib import Path
from typing import Any

import orjson

from capture.engines.interface import EngineError
from capture.runs.files import write_file

Json = dict[str, Any]

MARKER = "[harness: the turn is made again]"
KEPT = ("user", "assistant", "attachment")
"""The entries that make up the conversation; others are the program's own bookkeeping."""


def cut_before(transcript: Path, answer: Sequence[str], into: Path) -> str:
    """Write the entries before an answer, as a conversation of its own.

    Args:
        transcript: The session's transcript.
        answer: The uuids of the answer's entries.
        into: The file to write.

    Returns:
        The new conversation's id.

    Raises:
        EngineError: there is no such answer.
        OSError: the file cannot be read, or not be written.
    """
    session_id, wanted = str(uuid.uuid4()), frozenset(answer)
    lines: list[bytes] = []
    for line in transcript.read_bytes().splitlines():
        entry = _object(line)
        if entry.get("uuid") in wanted:
            write_file(into, b"".join(lines))
            return session_id
        if entry.get("type") in KEPT:
            lines.append(orjson.dumps(entry | {"sessionId": session_id}) + b"\n")
    raise EngineError(f"{transcript}: the turn's answer is not in it")


def settle_date(transcript: Path) -> None:
    """Let a conversation take today for its own day: of another one the model would be told.

    What the model was told of its own day stays as it was.

    Raises:
        OSError: the file cannot be read, or not be written.
    """
    today = date.today().isoformat()
    lines = (_dated(line, today) + b"\n" for line in transcript.read_bytes().splitlines())
    write_file(transcript, b"".join(lines))


def _dated(line: bytes, day: str) -> bytes:
    """Return an entry that is of another day, if it says of which it is."""
    entry = _object(line)
    attachment = entry.get("attachment")
    if not isinstance(attachment, dict) or attachment.get("type") != "date":
        return line
    return orjson.dumps(entry | {"attachment": attachment | {"date": day}})


def without_marker(body: bytes) -> bytes | None:
    """Return a request without the marker; None where it holds none.

    What the API is to remember stands at the last block: that passes to the one before.
    """
    if MARKER.encode() not in body:
        return None
    request = _object(body)
    messages = [_without(message) for message in request.get("messages", ())]
    request["messages"] = [message for message in messages if message.get("content")]
    return orjson.dumps(request)


def _without(message: Json) -> Json:
    content = message.get("content")
    if _is_marker(content):
        return message | {"content": ""}
    if not isinstance(content, list):
        return message
    kept: list[Any] = []
    for block in content:
        if not isinstance(block, dict) or not _is_marker(block.get("text")):
            kept.append(block)
        elif kept:
            kept[-1] = _as_last(kept[-1], block)
    return message | {"content": kept}


def _as_last(block: Json, marker: Json) -> Json:
    """Return a block as it is without a marker after it: texts that follow each other get a line break."""
    remembered = {"cache_control": marker["cache_control"]} if "cache_control" in marker else {}
    text = {"text": block["text"].removesuffix("\n")} if block.get("type") == "text" else {}
    return block | text | remembered


def _is_marker(text: object) -> bool:
    return isinstance(text, str) and text.rstrip("\n") == MARKER


def _object(line: bytes) -> Json:
    try:
        value = orjson.loads(line)
    except orjson.JSONDecodeError:
        return {}
    return value if isinstance(value, dict) else {}
