"""Which request each answer of a session came back to, where the record is AgentLens's.

Its `uuid_map.json` counts requests that were not the agent's, such as the one for the session's title, and is
off by as many; and its rows take them for the main agent's. The answers' own ids are in the dumps.
"""

from __future__ import annotations

import re
from typing import Any

import orjson

from capture.replay.context_check import first_request
from capture.runs.files import read_lines
from capture.runs.folder import SessionFolder

_ID = re.compile(rb'"id": ?"((?:msg|resp|chatcmpl)[^"]*)"')
_BEGINNING = 4096
"""Bytes of an answer that its id is among."""


def requests_by_answer(session: SessionFolder) -> dict[str, int]:
    """Return the number of the request for each answer's id; nothing for a session that we recorded."""
    rows, _ = read_lines(session.captures)
    if any("status" in row for row in rows):
        return {}
    found: dict[str, int] = {}
    for path in sorted(session.dumps.glob("response_*.txt")):
        with path.open("rb") as file:
            match = _ID.search(file.read(_BEGINNING))
        digits = path.stem.removeprefix("response_")
        if match and digits.isascii() and digits.isdigit():
            found.setdefault(match[1].decode(errors="replace"), int(digits))
    return found


def first_asked(session: SessionFolder) -> int | None:
    """Return the number of the first request of a session's main agent; None where that is not on record."""
    answers = requests_by_answer(session)
    if not answers:
        return first_request(session)
    try:
        turns: Any = orjson.loads(session.uuid_map.read_bytes())["turns"]
        return answers.get(turns[0]["message_id"])
    except (OSError, orjson.JSONDecodeError, LookupError, TypeError):
        return None
