"""Silent, called and unmapped calls in words, for a terminal.

What belongs here is what `tessen sites` prints. Everything that a repository or a log says passes `safe`.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from itertools import groupby
from typing import Any

from tessen._command import Paint, safe
from tessen.format import age, count
from tessen.reading.call_place import read_place
from tessen.sites.match import CALLED, SILENT, STATES, UNCLEAR, UNMAPPED, Found

_HEADS = {
    SILENT: ("silent", "no call in the period", "warn"),
    UNCLEAR: ("unclear", "may have been called", "warn"),
    CALLED: ("called", "", "good"),
    UNMAPPED: ("unmapped", "calls from places that are in no map", "accent"),
}


def text(found: Sequence[Found], root: str, period: str, now: float, paint: Paint) -> Iterator[str]:
    """Yield the lines of the report.

    Args:
        found: As `match` gives them.
        root: What was mapped.
        period: In words.
        now: Seconds since the epoch.
        paint: Colours.
    """
    number = Counter(each.state for each in found)
    yield paint(safe(root), "strong")
    yield ", ".join(f"{count(number[state])} {state}" for state in STATES if number[state]) + f" · {period}"
    for state, group in groupby(found, key=lambda each: each.state):
        name, words, style = _HEADS[state]
        yield ""
        yield f"{paint(name, style)}  {paint(words, 'faint')}".rstrip()
        for each in group:
            yield from _lines(each, now, paint)


def _lines(found: Found, now: float, paint: Paint) -> Iterator[str]:
    last = f"{age(now - found.last_ts)} ago" if found.last_ts else "never"
    events = f"≤{count(found.perhaps)}" if found.perhaps and not found.events else count(found.events)
    figures = f"  {events:>6}  {last:>9}"
    if found.site is not None:
        site = found.site
        cell = f"cell {site.cell}:" if site.cell else ""
        where, what = f"{site.file}:{cell}{site.line}", f"{site.function}  {site.rule or 'uncategorized'}"
    else:
        place = read_place(found.places[0])
        where, what = f"{place.file}:{place.line or '?'}", place.func
    note = paint(f"  {safe(found.note)}", "faint") if found.note else ""
    yield f"{figures}  {safe(where)}  {paint(safe(what), 'accent')}{note}"


def as_dict(found: Found) -> dict[str, Any]:
    """One entry as `--json` gives it."""
    site = found.site
    place = None if site else read_place(found.places[0])
    return {
        "state": found.state,
        "file": site.file if site else place.file if place else "",
        "line": site.line if site else place.line if place else None,
        "function": site.function if site else place.func if place else "",
        "vendor": site.vendor if site else None,
        "call": site.call if site else None,
        "rule": (site.rule or None) if site else None,
        "events": found.events,
        "events_perhaps": found.perhaps,
        "last_ts": found.last_ts or None,
        "recorded_at": list(found.places),
        "note": found.note or None,
    }
