"""Patterns that no single event shows: each one judged, with its evidence and what to do about it.

What belongs here is one function a pattern, over what `Rollup` gathered in its one pass. Thresholds are said
in words beside their numbers. A pattern is a guess with evidence; it never hides a figure.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

from tessen.format import duration, money, plural
from tessen.reading.sessions import Session

if TYPE_CHECKING:
    from tessen.reading.rollup import Rollup

Kind = Literal[
    "tool_loop",
    "failing_tool",
    "error_storm",
    "retry_storm",
    "error_rate",
    "latency",
    "spend",
    "cache_collapse",
    "context_growth",
    "stall",
    "no_answer",
]

LOOP = 3
"""The same tool called with the same arguments more often than this in one session goes round in circles."""

FAILING = 3
STORM = 5
"""So many failed calls, or retries, of an agent within one minute are a storm."""

SHIFT_EVENTS = 20
"""Periods with fewer calls than that say nothing about a rate."""

STALL_S = 900.0
"""A session that owes a tool's result this long, while the log goes on, has stalled."""

SPEND_FACTOR, SPEND_USD = 3.0, 0.10
"""An hour that costs three times the agent's median hour, and ten cents more."""

CONTEXT_SHARE, CONTEXT_GROWTH = 0.8, 3.0
_MOST_EACH = 10
_LIMITS = {
    **{"claude": 200_000, "gpt-5": 400_000, "gpt-4o": 128_000, "gpt-4.1": 1_047_576, "o3": 200_000},
    **{"o4": 200_000, "gemini": 1_048_576, "command": 256_000, "mistral": 128_000},
}
"""Beginnings of models' names, and the tokens their context holds, as the vendors document them."""


@dataclass(frozen=True, slots=True)
class Finding:
    """One pattern. Text is raw: it names what a log names."""

    kind: Kind
    agent: str
    says: str
    """What happened, in one sentence without its full stop."""
    advice: str
    """What to do, in one sentence."""
    events: tuple[str, ...]
    """Ids of events that show it; some of them where there are many."""
    session_id: str | None = None
    subject: str = ""
    """The tool that it is about, where it is about one."""
    times: int = 0
    """How often that was called so."""

    def as_dict(self) -> dict[str, Any]:
        """The finding as reports give it."""
        return {
            "kind": self.kind,
            "agent": self.agent,
            "says": self.says,
            "advice": self.advice,
            "events": list(self.events),
            "session_id": self.session_id,
        }


def findings(rollup: Rollup) -> list[Finding]:
    """Return what one pass found, the most pressing kinds first; at most ten of each."""
    found: list[Finding] = []
    for judge in _JUDGES:
        for finding, _ in zip(judge(rollup), range(_MOST_EACH), strict=False):
            found.append(finding)
    return found


def _error_storms(rollup: Rollup) -> Iterator[Finding]:
    """Many failures of an agent within a minute; its worst minute stands for all."""
    storms: dict[str, list[tuple[float, int, tuple[str, ...], str]]] = {}
    for key, trace in rollup.suspects.failures.items():
        agent, minute = _pair(key)
        if trace.amount >= STORM:
            storms.setdefault(agent, []).append((trace.amount, minute, _ids(trace.events), trace.words))
    for agent, minutes in sorted(storms.items(), key=lambda item: -max(item[1])[0]):
        minutes.sort(reverse=True)
        amount, _, _, words = minutes[0]
        also = f", and {plural(len(minutes) - 1, 'more such minute')}" if len(minutes) > 1 else ""
        yield Finding(
            "error_storm",
            agent,
            f"{amount:.0f} calls failed within one minute ({words}){also}",
            "Stop the loop that makes them, and let retries wait longer each time.",
            tuple(event for minute in minutes for event in minute[2])[: rollup.evidence],
        )


def _retry_storms(rollup: Rollup) -> Iterator[Finding]:
    for key, trace in sorted(rollup.suspects.retries.items(), key=lambda item: -item[1].amount):
        if trace.amount >= STORM:
            yield Finding(
                "retry_storm",
                _pair(key)[0],
                f"the SDK sent {trace.amount:.0f} retries within one minute",
                "Send fewer calls at once; every retry counts against the same limit.",
                _ids(trace.events),
            )


def _tool_loops(rollup: Rollup) -> Iterator[Finding]:
    """The same tool with the same arguments, over and over in one session."""
    for name, session in rollup.sessions.items():
        for call, times in session.repeats.most_common(1):
            if times > LOOP:
                yield Finding(
                    "tool_loop",
                    session.agent,
                    f"{call.name} was called {times} times with the same arguments in one session",
                    "Look at what the tool answered: the model sees nothing new; bound the loop's turns.",
                    _ids(session.calls[call]),
                    _id(name),
                    call.name,
                    times,
                )


def _failing_tools(rollup: Rollup) -> Iterator[Finding]:
    for key, trace in sorted(rollup.suspects.failed_tools.items(), key=lambda item: -item[1].amount):
        if trace.amount >= FAILING:
            agent, tool = _pair(key)
            yield Finding(
                "failing_tool",
                agent,
                f"the tool {tool} gave an error {trace.amount:.0f} times",
                "Run the tool by hand with these arguments, and mend it or its description.",
                _ids(trace.events),
            )


def _error_rates(rollup: Rollup) -> Iterator[Finding]:
    """Against the agent's own past: twice the share of failures, and five points more."""
    for agent, recent in rollup.recent.items():
        before = rollup.previous.get(agent)
        if before is None or min(recent.events, before.events) < SHIFT_EVENTS:
            continue
        if recent.error_share > max(2 * before.error_share, before.error_share + 0.05):
            yield Finding(
                "error_rate",
                agent,
                f"{recent.error_share:.0%} of the calls fail; before, {before.error_share:.0%} did",
                "Look at the errors by type, and at what was deployed in between.",
                (),
            )


def _latencies(rollup: Rollup) -> Iterator[Finding]:
    """Half as slow again in the middle, and half a second more."""
    for agent, recent in rollup.recent.items():
        before = rollup.previous.get(agent)
        if before is None or min(len(recent.durations), len(before.durations)) < SHIFT_EVENTS:
            continue
        now, then = recent.durations.percentile(0.5) or 0.0, before.durations.percentile(0.5) or 0.0
        if now > max(1.5 * then, then + 500):
            yield Finding(
                "latency",
                agent,
                f"half of the calls take {duration(now)} or longer, {duration(then)} in the period before",
                "Compare the tokens in and out of both periods; if they match, the vendor is slower.",
                (),
            )


def _spends(rollup: Rollup) -> Iterator[Finding]:
    """The dearest hour of an agent against its median hour."""
    hours: dict[str, list[tuple[float, tuple[str, ...]]]] = {}
    for key, trace in rollup.suspects.spend.items():
        hours.setdefault(_pair(key)[0], []).append((trace.amount, _ids(trace.events)))
    for agent, spent in hours.items():
        spent.sort()
        usual, (most, events) = spent[(len(spent) - 1) // 2][0], spent[-1]
        if len(spent) >= 3 and most > max(SPEND_FACTOR * usual, usual + SPEND_USD):
            yield Finding(
                "spend",
                agent,
                f"one hour cost {money(most)}, the usual hour costs {money(usual)}",
                "Look at the sessions of that hour by cost, and set a budget a session.",
                events,
            )


def _cache_collapses(rollup: Rollup) -> Iterator[Finding]:
    """The share of input that comes from the cache fell below half of what it was."""
    for agent, recent in rollup.recent.items():
        before = rollup.previous.get(agent)
        if before is None or min(recent.events, before.events) < SHIFT_EVENTS:
            continue
        if before.cache_share >= 0.2 and recent.cache_share < before.cache_share / 2:
            yield Finding(
                "cache_collapse",
                agent,
                f"{recent.cache_share:.0%} of the input is from the cache; before, {before.cache_share:.0%}",
                "See what changed at the prompt's beginning: one differing byte there voids the cache.",
                (),
            )


def _growing_contexts(rollup: Rollup) -> Iterator[Finding]:
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
                (_id(session.peak_event),),
                _id(name),
            )


def _stalls(rollup: Rollup) -> Iterator[Finding]:
    """The last answer asked for a tool, and nothing came, while the log went on for a quarter of an hour."""
    newest = _newest(rollup)
    for name, session in rollup.sessions.items():
        last = session.last
        if last is not None and last.calls and newest - session.end > STALL_S:
            yield Finding(
                "stall",
                session.agent,
                f"a session stopped in the middle of a tool call ({last.calls[0].name})",
                "See whether the tool hangs, or the program died: its result was never sent.",
                (_id(last.event_id),),
                _id(name),
            )


def _no_answers(rollup: Rollup) -> Iterator[Finding]:
    """The session's last call failed or was cut off, and no other followed."""
    newest = _newest(rollup)
    for name, session in rollup.sessions.items():
        if newest - session.end > STALL_S and (why := _unanswered(session)):
            yield Finding(
                "no_answer",
                session.agent,
                f"a session of {session.events} calls ended without an answer: {why}",
                "See what its user was told; retry the last call or hand the case on.",
                (_id(session.last.event_id),) if session.last else (),
                _id(name),
            )


def _unanswered(session: Session) -> str:
    last = session.last
    if last is None or last.calls:
        return ""
    if last.error:
        return last.error
    if last.outcome not in ("complete", "?"):
        return f"the last one was {last.outcome}"
    return next((signal for signal in last.signals if signal in _NO_ANSWER), "")


_NO_ANSWER = frozenset(
    ["empty_content_on_end_turn", "empty_content_on_stop", "thinking_only_no_output", "truncated_response"]
)


def _newest(rollup: Rollup) -> float:
    return max((session.end for session in rollup.sessions.values()), default=0.0)


def _id(raw: bytes) -> str:
    return raw.decode("utf-8", "replace")


def _ids(raw: list[bytes]) -> tuple[str, ...]:
    return tuple(map(_id, raw))


def _pair(key: Any) -> tuple[str, Any]:
    agent, other = key
    return agent, other


_JUDGES: tuple[Callable[[Rollup], Iterator[Finding]], ...] = (
    _error_storms,
    _tool_loops,
    _retry_storms,
    _spends,
    _failing_tools,
    _error_rates,
    _latencies,
    _cache_collapses,
    _stalls,
    _no_answers,
    _growing_contexts,
)
