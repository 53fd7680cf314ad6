"""Patterns of an agent: what fails, what is slow and what is dear, against its own past.

What belongs here is one function a pattern, over what `Rollup` gathered in its one pass. Thresholds are
said in words beside their numbers.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from tessen.format import duration, money, plural
from tessen.reading.counting import MORE, usd
from tessen.reading.evidence import Evidence
from tessen.reading.finding import Finding, ids_of, named

if TYPE_CHECKING:
    from tessen.reading.rollup import Rollup
    from tessen.reading.sums import Sums
    from tessen.reading.suspects import Trace

FAILING = 3
STORM = 5
"""So many failed calls, or retries, of an agent within one minute are a storm."""

SHIFT_EVENTS = 20
"""Periods with fewer calls than that say nothing about a rate."""

SPEND_FACTOR, SPEND_USD = 3.0, 0.10
"""An hour that costs three times the agent's median hour, and ten cents more."""


def error_storms(rollup: Rollup) -> Iterator[Finding]:
    """Many failures of an agent within a minute; its worst minute stands for all."""
    storms: dict[str, list[tuple[float, int, Trace]]] = {}
    for key, trace in rollup.suspects.failures.items():
        agent, minute = _pair(key)
        if trace.amount >= STORM:
            storms.setdefault(agent, []).append((trace.amount, minute, trace))
    for agent, minutes in storms.items():
        minutes.sort(key=lambda each: each[:2], reverse=True)
        amount, _, worst = minutes[0]
        also = f", and {plural(len(minutes) - 1, 'more such minute')}" if len(minutes) > 1 else ""
        yield Finding(
            "error_storm",
            agent,
            f"{amount:.0f} calls failed within one minute ({named(worst.newest[1])}){also}",
            "Stop the loop that makes them, and let retries wait longer each time.",
            ids_of(_of_storms([trace for _, _, trace in minutes], rollup.evidence)),
            weight=(amount,),
        )


def _of_storms(minutes: list[Trace], most: int) -> list[bytes]:
    """Events of the worst minute, which is the first one, and the newest of the others."""
    others = Evidence(0, most // 2)
    for trace in minutes[1:]:
        others.merge(trace.evidence)
    shown = others.events
    return [*minutes[0].evidence.events[len(shown) - most :], *shown]


def retry_storms(rollup: Rollup) -> Iterator[Finding]:
    """Many retries of an agent within a minute."""
    for key, trace in rollup.suspects.retries.items():
        agent, minute = _pair(key)
        if trace.amount >= STORM:
            yield Finding(
                "retry_storm",
                agent,
                f"the SDK sent {trace.amount:.0f} retries within one minute",
                "Send fewer calls at once; every retry counts against the same limit.",
                ids_of(trace.evidence.events),
                weight=(trace.amount, minute),
            )


def failing_tools(rollup: Rollup) -> Iterator[Finding]:
    """The same tool of an agent, that gives errors again and again."""
    for key, trace in rollup.suspects.failed_tools.items():
        if trace.amount >= FAILING:
            agent, tool = _pair(key)
            yield Finding(
                "failing_tool",
                agent,
                f"the tool {named(tool)} gave an error {trace.amount:.0f} times",
                "Run the tool by hand with these arguments, and mend it or its description.",
                ids_of(trace.evidence.events),
                weight=(trace.amount,),
            )


def error_rates(rollup: Rollup) -> Iterator[Finding]:
    """Against the agent's own past: twice the share of failures, and five points more."""
    for agent, recent, before in _both_periods(rollup):
        if min(recent.events, before.events) < SHIFT_EVENTS:
            continue
        if recent.error_share > max(2 * before.error_share, before.error_share + 0.05):
            yield Finding(
                "error_rate",
                agent,
                f"{recent.error_share:.0%} of the calls fail; before, {before.error_share:.0%} did",
                "Look at the errors by type, and at what was deployed in between.",
                (),
                weight=(recent.error_share - before.error_share,),
            )


def latencies(rollup: Rollup) -> Iterator[Finding]:
    """Half as slow again in the middle, and half a second more."""
    for agent, recent, before in _both_periods(rollup):
        if min(len(recent.durations), len(before.durations)) < SHIFT_EVENTS:
            continue
        now, then = recent.durations.percentile(0.5) or 0.0, before.durations.percentile(0.5) or 0.0
        if now > max(1.5 * then, then + 500):
            yield Finding(
                "latency",
                agent,
                f"half of the calls take {duration(now)} or longer, {duration(then)} in the period before",
                "Compare the tokens in and out of both periods; if they match, the vendor is slower.",
                (),
                weight=(now - then,),
            )


def spends(rollup: Rollup) -> Iterator[Finding]:
    """The dearest hour of an agent against its median hour."""
    hours: dict[str, list[tuple[float, tuple[str, ...]]]] = {}
    for key, trace in rollup.suspects.spend.items():
        events = ids_of(reversed(trace.evidence.events))
        hours.setdefault(_pair(key)[0], []).append((usd(trace.amount), events))
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
                weight=(most - usual,),
            )


def cache_collapses(rollup: Rollup) -> Iterator[Finding]:
    """The share of input that comes from the cache fell below half of what it was."""
    for agent, recent, before in _both_periods(rollup):
        if min(recent.events, before.events) < SHIFT_EVENTS:
            continue
        if before.cache_share >= 0.2 and recent.cache_share < before.cache_share / 2:
            yield Finding(
                "cache_collapse",
                agent,
                f"{recent.cache_share:.0%} of the input is from the cache; before, {before.cache_share:.0%}",
                "See what changed at the prompt's beginning: one differing byte there voids the cache.",
                (),
                weight=(before.cache_share - recent.cache_share,),
            )


def _both_periods(rollup: Rollup) -> Iterator[tuple[str, Sums, Sums]]:
    """What each agent came to of late, and before; those that were too many to tell apart are left out."""
    for agent, recent in rollup.recent.items():
        if agent in rollup.previous and agent != MORE:
            yield agent, recent, rollup.previous[agent]


def _pair(key: Any) -> tuple[str, Any]:
    agent, other = key
    return agent, other
