"""Offline replay: every answer comes from the record, tools are live, and what they change is found.

What belongs here is what such a replay is told, who answers it, and what it comes to.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any

from capture.engines import engine_named
from capture.engines.routes import Route
from capture.replay.divergence import Where, described, never_asked
from capture.replay.likeness import Likeness, dates, names, patterns, places
from capture.replay.record import read_record
from capture.replay.recorded import FromRecord, Handover
from capture.replay.source import ReplayError, Source
from capture.replay.turns import Turn, steps_of
from capture.runs.meta import SessionMeta

Json = dict[str, Any]

NOWHERE = Route("http://127.0.0.1:9", "offline")
"""The way to a model that is never asked: no connection is made, and no key is needed."""
SIGNED = ("bedrock", "vertex")
"""Providers whose requests an engine signs with credentials, before anybody can answer them."""
STOPPED = ("budget_exhausted", "max_turns", "judge_early_exit", "interrupted")
"""How sessions end that are ended in the middle, by a limit or by somebody."""


@dataclass(frozen=True, slots=True)
class Offline:
    """How a replay is answered from the record."""

    keep_going: bool = False
    """Whether it goes on after the first divergence."""
    ignore: Sequence[re.Pattern[str]] = ()
    """What texts may differ in."""
    ignore_paths: Sequence[re.Pattern[str]] = ()
    """Paths at which requests may differ, such as `^tools`."""
    until: Turn | None = None
    """The turn from which on a model is asked; None for never."""
    model: str | None = None
    """That model."""


def check_offline(source: Source, turn: Turn, offline: Offline) -> None:
    """Say whether a replay can be answered from the record.

    Raises:
        ReplayError: it cannot.
    """
    if source.config.provider in SIGNED and offline.until is None:
        raise ReplayError(
            f"{source.run.path}: its requests go to {source.config.provider}, and are signed with credentials"
        )
    for each in filter(None, (turn, offline.until)):
        if each.request is None:
            raise ReplayError(f"turn {each.number}: its request is not on record; nothing can be answered")
    if offline.until is not None and offline.until.number < turn.number:
        raise ReplayError(
            f"turn {offline.until.number} is before turn {turn.number}, where the replay begins"
        )


def from_record(
    source: Source, turn: Turn, offline: Offline, new_id: str, moved: dict[str, str]
) -> FromRecord:
    """Return who answers a replay.

    Args:
        source: What is replayed.
        turn: Where it begins.
        offline: How.
        new_id: What the conversation is called now.
        moved: Where files are now → where they were then, where that is not the same.
    """
    meta = source.session_meta
    ids = {new_id: meta.session_id} if meta.session_id else {}
    likeness = Likeness(
        [
            names(ids),
            places(moved),
            dates(_days(meta), [datetime.now(UTC).date()]),
            patterns("the program's own words", engine_named(source.config.engine).varies),
            patterns("ignored", offline.ignore),
        ],
        offline.ignore_paths,
    )
    handover = None
    if offline.until is not None and offline.until.request is not None:
        model = source.config.model
        handover = Handover(offline.until.request, offline.model or model, model)
    begin = turn.request or 1
    return FromRecord(
        [each for each in read_record(source.session) if each.number >= begin],
        likeness,
        ids,
        moved,
        offline.keep_going,
        handover,
        meta.stop_reason if meta.stop_reason in STOPPED else None,
    )


def outcome(found: FromRecord, source: Source, turns: Sequence[Turn], meta: SessionMeta) -> Json:
    """Return what an offline replay came to.

    Args:
        found: Who answered it, when it is over.
        source: What was replayed.
        turns: The source's.
        meta: The replay's session.

    Returns:
        `result`: equal, diverged, or failed with an `error`; `divergences` in order; `answered`, the requests
        that were answered from the record; `left_out`, what had to differ and did; `handover`, where another
        model was to take over, and `handed_over`, whether it did.
    """
    calls = {call.tool_call_id: step.step_id for step in steps_of(source) for call in step.tool_calls}
    where = Where(turns, calls)
    divergences = [described(each, where) for each in found.findings]
    if meta.stop_reason != "diverged":
        missing = found.never_asked()
        divergences += [never_asked(each.number, each.caller, where) for each in missing[:1]]
    unlike = meta.error is not None and source.session_meta.error is None and not found.handed_over
    told: Json = {
        "result": "diverged" if divergences else "failed" if unlike else "equal",
        "answered": found.answered,
        "handed_over": found.handed_over,
        "handover": _handover(found, turns),
        "divergences": divergences,
        "left_out": sorted(found.likeness.left_out),
    }
    return told | ({"error": meta.error} if unlike else {})


def _handover(found: FromRecord, turns: Sequence[Turn]) -> Json | None:
    if found.handover is None:
        return None
    turn = next(each.number for each in turns if each.request == found.handover.request)
    return {"turn": turn, "model": found.handover.model}


def _days(meta: SessionMeta) -> list[date]:
    found: list[date] = []
    for moment in (meta.started_at, meta.finished_at):
        try:
            found.append(datetime.fromisoformat(moment or "").date())
        except ValueError:
            continue
    return found
