"""A session's calls of its API, read for a person: which there are, and what is known without their bodies.

What belongs here is reading `api_captures.jsonl`, also AgentLens's, whose rows say less; the bodies are
`capture.runs.bodies`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path
from typing import Any

import orjson

from capture import prices
from capture.cursor.cursor import count_or_none, spoken_at
from capture.cursor.session import requests_of
from capture.runs.files import read_lines
from capture.runs.folder import SessionFolder
from capture.runs.spending import SELLERS
from tessen.usage import Usage

Json = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Call:
    """One request and its answer, without their bodies."""

    session: SessionFolder
    number: int
    path: str
    row: Json
    """Of `api_captures.jsonl`; empty where there is none, as of a request that is under way."""
    usage: Usage | None
    cost_usd: float | None
    """None where the model has no known price."""
    model: str | None
    status: int | None
    before: int | None = None
    """The request before it in the same conversation that was answered."""
    system_since: int | None = None
    """The first request of the session with this system prompt."""
    tools_since: int | None = None
    """The first with these tools."""
    newest: bool = True
    """Whether no later request of its conversation repeats what it says."""

    @property
    def context(self) -> str:
        """Who asked: main, subagent or sdk_internal; empty where that is not on record."""
        return text_in(self.row, "agent_context")

    @property
    def attempt(self) -> int:
        """How many times this request had been sent by then."""
        attempt = self.row.get("attempt")
        return attempt if isinstance(attempt, int) else 1

    @property
    def stop_reason(self) -> str:
        """Why the model stopped; empty where that is not on record."""
        return text_in(self.row, "stop_reason")

    @property
    def problem(self) -> str:
        """Why it came to nothing, in one line; empty for a whole answer."""
        outcome = text_in(self.row, "outcome") or "complete"
        error = text_in(self.row, "error")
        refused = f"HTTP {self.status}" if self.status is not None and self.status >= 400 else ""
        return error or refused or ("" if outcome == "complete" else outcome)

    def milliseconds(self, name: str) -> float | None:
        """Return `duration_ms` or `ttfb_ms`."""
        value = self.row.get(name)
        return float(value) if isinstance(value, int | float) else None


def calls_of(session: SessionFolder, provider: str | None = None) -> tuple[Sequence[Call], Sequence[str]]:
    """Return a session's calls in order, and what could not be read.

    What was read last is kept for as long as its files stay as they are: a reader goes from turn to turn.

    Args:
        session: the session.
        provider: as in a configuration: whose prices hold.
    """
    return _calls_of(session, provider, (_stamp(session.captures), _stamp(session.dumps)))


def _stamp(path: Path) -> tuple[int, int]:
    try:
        found = path.stat()
    except OSError:
        return 0, 0
    return found.st_mtime_ns, found.st_size


@lru_cache(maxsize=2)
def _calls_of(
    session: SessionFolder, provider: str | None, _stamps: object
) -> tuple[Sequence[Call], Sequence[str]]:
    problems: list[str] = []
    try:
        listed, bad = read_lines(session.captures)
        recorded = {each.number: each for each in requests_of(session)}
    except OSError as error:
        return [], [f"{session.path.name}: the requests cannot be read: {error.strerror}"]
    if bad:
        problems.append(f"{session.path.name}/api_captures.jsonl: {bad} lines could not be read")
    rows = {row["request_index"]: row for row in listed if isinstance(row.get("request_index"), int)}
    found: list[Call] = []
    newest: dict[tuple[str, str], int] = {}
    first: dict[str, int] = {}
    for number in sorted({*rows, *recorded}):
        row, on_disk = rows.get(number, {}), recorded.get(number)
        who = text_in(row, "agent_context"), text_in(row, "agent_id")
        path = on_disk.path if on_disk else text_in(row, "path") or "/v1/messages"
        usage = on_disk.usage if on_disk else None
        model = text_in(row, "model") or None
        since = [
            first.setdefault(f"{name} {row[name]}", number) if row.get(name) else None
            for name in ("system_prompt_hash", "tools_hash")
        ]
        status = on_disk.status if on_disk else None
        if status is None:  # AgentLens's rows do not say
            status = count_or_none(head_of(session, f"response_{number:03d}_headers.json").get("status"))
        cost = _cost(row, usage, model, path, provider)
        before = newest.get(who)
        call = Call(session, number, path, row, usage, cost, model, status, before, since[0], since[1])
        found.append(call)
        if spoken_at(path) is not None and not call.problem:
            newest[who] = number
    repeated = {call.before for call in found if call.row.get("is_compaction") is not True}
    return [replace(call, newest=call.number not in repeated) for call in found], problems


def call_of_turn(calls: Sequence[Call], turn: int, request: int | None) -> Call | None:
    """Return the call that a turn is.

    Args:
        calls: the session's.
        turn: counted from 1.
        request: its request, where that is on record; it is not before a session has ended.
    """
    if request is not None:
        return next((call for call in calls if call.number == request), None)
    whole = [call for call in calls if call.context == "main" and not call.problem and spoken_at(call.path)]
    return whole[turn - 1] if 0 < turn <= len(whole) else None


def failed_before(calls: Sequence[Call], call: Call) -> list[Call]:
    """Return the attempts of the same agent that failed right before a call, in order."""
    found: list[Call] = []
    for each in reversed([one for one in calls if one.number < call.number and spoken_at(one.path)]):
        if (each.context, each.row.get("agent_id")) != (call.context, call.row.get("agent_id")):
            continue
        if not each.problem:
            break
        found.append(each)
    return found[::-1]


def parsed(data: bytes) -> Any:
    """Return the JSON in some bytes; None where they are none."""
    try:
        return orjson.loads(data)
    except orjson.JSONDecodeError:
        return None


def _cost(row: Json, usage: Usage | None, model: str | None, path: str, provider: str | None) -> float | None:
    if row.get("answered_by") == "record":
        return 0.0
    spoken = spoken_at(path)
    maker = spoken[0].provider if spoken else None
    return prices.cost(usage, model, provider if provider in SELLERS else maker)


def head_of(session: SessionFolder, name: str) -> Json:
    """Return what a file of headers in `raw_dumps` holds; nothing where it cannot be read."""
    try:
        found = parsed((session.dumps / name).read_bytes())
    except OSError:
        return {}
    return found if isinstance(found, dict) else {}


def text_in(row: Json, name: str) -> str:
    """Return a text of a row; an empty one where it is none."""
    value = row.get(name)
    return value if isinstance(value, str) else ""
