"""Patterns that no single event shows: each one judged, with its evidence and what to do about it.

What belongs here is the list of patterns, and their order: the most pressing first. A pattern is a guess with
evidence; it never hides a figure.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from heapq import nsmallest
from typing import TYPE_CHECKING

from tessen.reading import findings_of_agents as agents
from tessen.reading import findings_of_sessions as sessions
from tessen.reading.finding import MOST_EACH, Finding, Kind

if TYPE_CHECKING:
    from tessen.reading.rollup import Rollup

__all__ = ["Finding", "Kind", "findings"]

_JUDGES: tuple[Callable[[Rollup], Iterator[Finding]], ...] = (
    agents.error_storms,
    sessions.tool_loops,
    agents.retry_storms,
    agents.spends,
    agents.failing_tools,
    agents.error_rates,
    agents.latencies,
    agents.cache_collapses,
    sessions.stalls,
    sessions.no_answers,
    sessions.growing_contexts,
)


def findings(rollup: Rollup) -> list[Finding]:
    """Return what one pass found, the most pressing kinds first; at most `MOST_EACH` of each."""
    return [finding for judge in _JUDGES for finding in nsmallest(MOST_EACH, judge(rollup), key=_rank)]


def _rank(finding: Finding) -> tuple[object, ...]:
    weight = tuple([-each for each in finding.weight])
    return weight, finding.agent, finding.session_id or "", finding.says
