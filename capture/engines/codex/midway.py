"""Going on with a thread right before one of its model calls, as if nothing had come after.

What belongs here is the way the program can be brought to it: it is resumed with a prompt that begins with a
marker, which is taken out of every request on its way.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import date
from pathlib import Path
from typing import Any

import orjson

from capture.engines.codex.threads import uuid7
from capture.engines.interface import EngineError
from capture.runs.files import write_file

Json = dict[str, Any]

MARKER = "[harness: the turn is made again]"
SKILLS = "<skills_instructions>"

_WORLD = b'"type":"world_state"'
_DATE = re.compile(rb'("current_date":")\d{4}-\d\d-\d\d')


def cut_before(transcript: Path, answer: Sequence[str], into: Path) -> str:
    """Write the lines before an answer, as a thread of its own.

    Args:
        transcript: The thread's rollout.
        answer: The ordinals of the answer's items.
        into: The file to write.

    Returns:
        The new thread's id.

    Raises:
        EngineError: there is no such answer.
        OSError: the file cannot be read, or not be written.
    """
    thread_id, wanted = str(uuid7()), frozenset(answer)
    lines: list[bytes] = []
    for line in transcript.read_bytes().splitlines(keepends=True):
        entry = _object(line)
        if str(entry.get("ordinal")) in wanted:
            write_file(into, b"".join(lines))
            return thread_id
        lines.append(_named(entry, thread_id) if entry.get("type") == "session_meta" else line)
    raise EngineError(f"{transcript}: the turn's answer is not in it")


def settle_date(rollout: Path) -> None:
    """Let a thread take today for its own day: another one it would tell the model of.

    Raises:
        OSError: the file cannot be read, or not be written.
    """
    today = date.today().isoformat().encode()
    lines = (
        _DATE.sub(rb"\g<1>" + today, line) if _WORLD in line[:200] else line
        for line in rollout.read_bytes().splitlines(keepends=True)
    )
    write_file(rollout, b"".join(lines))


def marked(prompt: str) -> str:
    """Return what to resume with, which can be told from all that was said before; empty for nothing."""
    return f"{MARKER}\n{prompt}"


def without_marker(body: bytes) -> bytes | None:
    """Return a request without the marker, and without what the program says before it on its own.

    It tells of its skills again whenever it is resumed. None where there is no marker.
    """
    if MARKER.encode() not in body:
        return None
    request = _object(body)
    kept: list[Any] = []
    for item in request.get("input", ()):
        said = _text(item)
        if not said.startswith(MARKER):
            kept.append(item)
            continue
        while kept and _text(kept[-1]).startswith(SKILLS) and kept[-1].get("role") == "developer":
            kept.pop()
        prompt = said.removeprefix(MARKER).removeprefix("\n")
        if prompt:
            kept.append(item | {"content": [{"type": "input_text", "text": prompt}]})
    return orjson.dumps(request | {"input": kept})


def _named(entry: Json, thread_id: str) -> bytes:
    payload = entry["payload"]
    old = payload.get("id")
    named = {name: thread_id if value == old else value for name, value in payload.items()}
    return orjson.dumps(entry | {"payload": named}) + b"\n"


def _text(item: Any) -> str:
    """Return the first text of a message; empty for anything else."""
    content = item.get("content") if isinstance(item, dict) else None
    first = content[0] if isinstance(content, list) and content else None
    text = first.get("text") if isinstance(first, dict) else None
    return text if isinstance(text, str) else ""


def _object(line: bytes) -> Json:
    try:
        value = orjson.loads(line)
    except orjson.JSONDecodeError:
        return {}
    return value if isinstance(value, dict) else {}
