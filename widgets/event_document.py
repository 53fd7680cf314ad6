"""One event in full as a document: what is wrong first, then the answer, the request, and the facts.

What belongs here is the order of the sections and the three ways to look at an event. Each way is a function
from an event to items, pure and safe to run in a thread.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from capture.callsites import MapEntry
from tessen.exchange import Exchange
from widgets.event_facts import call_section, raw_items, raw_section, usage_section
from widgets.event_findings import Evidence, findings_section
from widgets.event_map import map_section
from widgets.event_talk import answer_section, conversation, request_section
from widgets.event_trouble import attempts_section, error_section, why_section
from widgets.lines import Item


@dataclass(frozen=True, slots=True)
class Inspected:
    """An event and all that is shown of it."""

    exchange: Exchange
    event: dict[str, Any]
    raw: bytes
    """The line as it stands on disk."""
    place: str
    """Where on disk, in words; raw."""
    cost_usd: float | None
    evidence: Sequence[Evidence] = ()
    """The patterns over several events that it is part of."""
    map_entry: MapEntry | None = None
    """What the map of the repository says of its call site, once that was asked for; it comes first then."""


def event_items(inspected: Inspected) -> list[Item]:
    """Every section that this event has something for."""
    exchange, event = inspected.exchange, inspected.event
    sections = (
        map_section(inspected.map_entry, exchange.call_site.line if exchange.call_site else None),
        why_section(exchange, event),
        findings_section(inspected.evidence),
        error_section(exchange),
        attempts_section(exchange),
        answer_section(exchange),
        request_section(exchange),
        usage_section(exchange, inspected.cost_usd),
        call_section(exchange, inspected.place),
        raw_section(event, inspected.raw),
    )
    return [section for section in sections if section is not None]


def conversation_items(inspected: Inspected) -> list[Item]:
    """The talk from top to bottom."""
    return conversation(inspected.exchange)


def raw_event_items(inspected: Inspected) -> list[Item]:
    """The JSON and the line."""
    return raw_items(inspected.event, inspected.raw)


LOOKS: dict[str, Callable[[Inspected], list[Item]]] = {
    "event": event_items,
    "conversation": conversation_items,
    "raw": raw_event_items,
}
"""The ways to look at an event, by name."""
