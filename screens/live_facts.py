"""The facts under the live list: following or not, how many events, what could not be read, what waits."""

from __future__ import annotations

from capture.log.source import EventSource, Problems, View
from screens.host import Host
from tessen.format import plural
from widgets import glyphs
from widgets.event_list import EventList
from widgets.flights import flight_facts
from widgets.status_line import Fact


def live_facts(host: Host, view: View, events: EventList) -> tuple[list[Fact], list[Fact]]:
    """What the status line says, left and right."""
    source = host.source
    left = [
        Fact(f"{glyphs.RUNNING} following", "good")
        if events.following
        else Fact("paused: G follows", "warning"),
        _counts(source, view),
        *flight_facts(host.in_flight, host.clock()),
        *problem_facts(source.problems),
    ]
    right: list[Fact] = []
    if host.marked is not None:
        right.append(Fact(f"{glyphs.MARK} 1 marked", "plain"))
    if view.searching:
        right.append(Fact("searching bodies …", "plain"))
    if not source.progress.done:
        right.append(Fact(f"indexing {percent(source)}", "plain"))
    if events.unseen:
        right.append(Fact(f"{events.unseen:,} new {glyphs.DOWN}", "warning"))
    return left, right


def problem_facts(problems: Problems) -> list[Fact]:
    """What could not be read, each kind counted; nothing when all is well."""
    counted = (
        (problems.torn, "torn line"),
        (problems.foreign, "foreign line"),
        (problems.odd_fields, "odd field"),
        (len(problems.unreadable_files), "unreadable file"),
    )
    facts = [Fact(plural(number, noun), "warning") for number, noun in counted if number]
    return [*facts, Fact("patterns are not looked for", "warning")] if problems.no_findings else facts


def percent(source: EventSource) -> str:
    """How much of the log is indexed; never 100 % before it is."""
    progress = source.progress
    return f"{min(99, 100 * progress.indexed_bytes // max(1, progress.total_bytes))} %"


def _counts(source: EventSource, view: View) -> Fact:
    if view.query.is_empty:
        return Fact(plural(source.count, "event"))
    return Fact(f"{view.matched:,} of {plural(source.count, 'event')}", "plain")
