"""Patterns of a session: going round in circles, outgrowing its model, ending without an answer.

What belongs here is one function a pattern, over what `Rollup` gathered in its one pass. Thresholds are
said in words beside their numbers.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

from tessen.format import plural
from tessen.reading.finding import MOST_EACH, Finding, id_of, ids_of, named
from tessen.reading.moments import LATEST
from tessen.reading.sessions import Last, Session
from tessen.reading.tools import read_call

if TYPE_CHECKING:
    from tessen.reading.rollup import Rollup

STALL_S = 900.0
"""A session that owes a tool's result this long, while the log goes on, has stalled."""

_OF_LATE_S = 600.0
"""A session that was there in the log's last ten minutes may be going on."""

CONTEXT_SHARE, CONTEXT_GROWTH = 0.8, 3.0
_LIMITS = {
    **{"claude": 200_000, "gpt-5": 400_000, "gpt-4o": 128_000, "gpt-4.1": 1_047_576, "o3": 200_000},
    **{"o4": 200_000, "gemini": 1_048_576, "command": 256_000, "mistral": 128_000},
}
"""Beginnings of models' names, and the tokens their context holds, as the vendors document them."""

_NO_ANSWER = frozenset(
    ["empty_content_on_end_turn", "empty_content_on_stop", "thinking_only_no_output", "truncated_response"]
)


def tool_loops(rollup: Rollup) -> Iterator[Finding]:
    """The same tool with the same arguments, over and over in one session; those that go on before others."""
    newest = _newest(rollup)
    for name, session in rollup.sessions.items():
        found = session.loop(rollup.evidence)
        if found is not None:
            call, repeats = found
            weight = float(newest - session.end <= _OF_LATE_S), float(repeats.times)
            yield Finding(
                "tool_loop",
                session.agent,
                f"{named(call.name)} was called {repeats.times} times with the same arguments in one session",
                "Look at what the tool answered: the model sees nothing new; bound the loop's turns.",
                ids_of(repeats.events),
                id_of(name),
                call.name,
                repeats.times,
                weight=weight,
            )


def growing_contexts(rollup: Rollup) -> Iterator[Finding]:
    """A session whose context has grown to most of what the model holds."""
    for name, session in rollup.sessions.items():
        model, size = session.peak_model or "", session.peak_input
        limit = next((most for start, most in _LIMITS.items() if model.startswith(start)), None)
        if limit and size > CONTEXT_SHARE * limit and size > CONTEXT_GROWTH * session.first_input:
            yield Finding(
                "context_growth",
                session.agent,
                f"a session's context grew to {size:,} of {limit:,} tokens",
                "Compact the conversation or drop old tool results before the limit cuts it off.",
                (id_of(session.peak_event),),
                id_of(name),
                weight=(session.end,),
            )


def stalls(rollup: Rollup) -> Iterator[Finding]:
    """The last answer asked for a tool, and nothing came, while the log went on for a quarter of an hour."""
    return _latest(rollup, _stall)


def no_answers(rollup: Rollup) -> Iterator[Finding]:
    """The session's last call failed or was cut off, and no other followed."""
    return _latest(rollup, _no_answer)


def _latest(rollup: Rollup, judge: Callable[[bytes, Session], Finding | None]) -> Iterator[Finding]:
    """What is found of the sessions that went silent last: as many as are told, and some of one moment."""
    newest = _newest(rollup)
    silent = [item for item in rollup.sessions.items() if newest - item[1].end > STALL_S]
    silent.sort(key=lambda item: item[1].end, reverse=True)
    told, end = 0, 0.0
    for name, session in silent:
        if told >= MOST_EACH and session.end < end:
            return
        finding = judge(name, session)
        if finding is not None:
            told, end = told + 1, session.end
            yield finding


def _stall(name: bytes, session: Session) -> Finding | None:
    last = session.last
    if last is None or not last.calls:
        return None
    return Finding(
        "stall",
        session.agent,
        f"a session stopped in the middle of a tool call ({named(read_call(last.calls[0]).name)})",
        "See whether the tool hangs, or the program died: its result was never sent.",
        (id_of(last.event_id),),
        id_of(name),
        weight=(session.end,),
    )


def _no_answer(name: bytes, session: Session) -> Finding | None:
    last = session.last
    if last is None or not (why := _unanswered(last)):
        return None
    return Finding(
        "no_answer",
        session.agent,
        f"a session of {plural(session.events, 'call')} ended without an answer: {why}",
        "See what its user was told; retry the last call or hand the case on.",
        (id_of(last.event_id),),
        id_of(name),
        weight=(session.end,),
    )


def _unanswered(last: Last) -> str:
    if last.calls:
        return ""
    if last.error:
        return named(last.error)
    if last.outcome not in ("complete", "?"):
        return f"the last one was {named(last.outcome)}"
    return next((signal for signal in last.signals if signal in _NO_ANSWER), "")


def _newest(rollup: Rollup) -> float:
    ends = (session.end for session in rollup.sessions.values())
    return max((end for end in ends if end < LATEST), default=0.0)
