"""A run's session as a record: the rows of `api_captures.jsonl` and the bodies in `raw_dumps`.

Both may be AgentLens's. Where a row is missing, the files alone say what there is.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import orjson

from capture.cursor.cursor import Cursor, CursorError, Recorded, count_or_none, text_or_none
from capture.proxy.dumps import DumpError, read_request, request_numbers
from capture.runs.files import read_lines
from capture.runs.folder import RunFolder, SessionFolder
from tessen.usage import Usage

Json = dict[str, Any]

RESULTS = "resamples"
_PATHS = {
    "anthropic_messages": "/v1/messages",
    "openai_responses": "/responses",
    "openai_chat": "/chat/completions",
}


def session_of(folder: RunFolder, index: int, replicate: int | None) -> SessionFolder:
    """Return one of a run's sessions; without a replicate, the one that has no number.

    Raises:
        CursorError: there is none of this number, or there are several.
    """
    there = list(folder.sessions())
    found = [each for each in there if each.index == index and replicate in (None, each.replicate)]
    exact = [each for each in found if each.replicate == replicate]
    if len(exact or found) == 1:
        return (exact or found)[0]
    if found:
        raise CursorError(f"session {index} has {len(found)} replicates; choose one with --replicate")
    known = ", ".join(each.label for each in there) or "none"
    wanted = f"{index}" if replicate is None else f"{index}_r{replicate:02d}"
    raise CursorError(f"{folder.path}: there is no session {wanted}; there are: {known}")


def requests_of(session: SessionFolder) -> list[Recorded]:
    """Return a session's requests whose bodies are on record, in order."""
    rows: dict[int, Json] = {}
    for row in read_lines(session.captures)[0]:
        number = count_or_none(row.get("request_index"))
        if number is not None:
            rows[number] = row
    return [_recorded(session, number, rows.get(number, {})) for number in request_numbers(session.path)]


def stand_at(session: SessionFolder, exchanges: Sequence[Recorded], number: int) -> Cursor:
    """Return the cursor at one of a session's requests.

    Raises:
        CursorError: there is none of this number, or it cannot be read.
    """
    place = next((n for n, each in enumerate(exchanges) if each.number == number), None)
    if place is None:
        why = "use --list-requests" if exchanges else "the run was recorded without requests"
        raise CursorError(f"{session.path.name}: there is no request {number}; {why}")
    try:
        body = read_request(session.path, number)
    except DumpError as error:
        raise CursorError(str(error)) from None
    results = session.path / RESULTS / f"request_{number:03d}"
    return Cursor(exchanges, place, body, results, f"request {number}")


def _recorded(session: SessionFolder, number: int, row: Json) -> Recorded:
    head = _head(session.dumps / f"request_{number:03d}_headers.json")
    url = text_or_none(head.get("target"))
    path = text_or_none(head.get("path")) or text_or_none(row.get("path"))
    if path is None:
        path = urlsplit(url).path if url else _PATHS.get(str(row.get("api_format")), "/v1/messages")
    headers = head.get("headers")
    return Recorded(
        number=number,
        url=url,
        path=path,
        headers={str(k): v for k, v in headers.items() if isinstance(v, str)}
        if isinstance(headers, dict)
        else {},
        model=text_or_none(row.get("model")),
        agent_context=text_or_none(row.get("agent_context")),
        message_count=count_or_none(row.get("message_count")),
        status=count_or_none(row.get("status")),
        stop_reason=text_or_none(row.get("stop_reason")),
        usage=_usage(row.get("usage")),
    )


def _head(path: Path) -> Json:
    try:
        found = orjson.loads(path.read_bytes())
    except (OSError, orjson.JSONDecodeError):
        return {}
    return found if isinstance(found, dict) else {}


def _usage(row: object) -> Usage | None:
    """Return a row's tokens, whose input leaves out the cache, with all input under `input_tokens`."""
    if not isinstance(row, dict):
        return None
    plain, output, written, read, thought = (
        count_or_none(row.get(name)) or 0
        for name in (
            "input_tokens",
            "output_tokens",
            "cache_creation_input_tokens",
            "cache_read_input_tokens",
            "reasoning_output_tokens",
        )
    )
    return Usage(plain + read + written, output, read, written, thought)
