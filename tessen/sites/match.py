"""Which calls of a map were made, going by the places that a log recorded.

What belongs here is telling that a place is a mapped call although its line is another: code moves, and what
runs is seldom the very code that is mapped. A line alone decides nothing against the function's name, and
where several calls could be meant that is said rather than guessed.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field

from tessen.reading.call_place import Place, read_place
from tessen.sites.called import Calls
from tessen.sites.files import Files, Owner
from tessen.sites.mapped import OUTSIDE, Mapped

SILENT, UNCLEAR, CALLED, UNMAPPED = STATES = ("silent", "unclear", "called", "unmapped")
"""In the order of concern: no call in the period; calls of its function that may or may not be this one;
calls; and calls that no map knows."""

_FRAMEWORK = "framework_wrapped:"


@dataclass(frozen=True, slots=True)
class Found:
    """What a log says of one mapped call, or of one place that is in no map. Text is raw."""

    state: str
    site: Mapped | None
    """None for a place that is in no map."""
    events: int
    """Within the period."""
    last_ts: float
    """When the last call started, in the period or before it; 0.0 for never."""
    places: tuple[str, ...] = ()
    """Where calls were recorded, `file:line:function`, the newest last; several where code has moved, or runs
    elsewhere."""
    note: str = ""
    """What is to be known of the match: that the line is another, or why there is none."""
    perhaps: int = 0
    """Further events within the period that may be of this call, or of another one of its function."""


@dataclass(slots=True)
class _Hits:
    """What was recorded of one mapped call."""

    calls: list[tuple[Calls, str]] = field(default_factory=list)
    """Each with what is to be said of it."""
    perhaps: list[Calls] = field(default_factory=list)
    """What may be of this one, or of another call of its function."""


_Recorded = tuple[Calls, Place]


def match(
    sites: Sequence[Mapped], calls: Iterable[Calls], is_here: Callable[[str], bool] | None = None
) -> list[Found]:
    """Match mapped calls with what was recorded.

    Args:
        sites: The calls of one map, or of several.
        calls: What was recorded.
        is_here: Whether a path is a file of this machine; by default by looking.

    Returns:
        One entry a mapped call, and one a place with calls in the period that is none of them; those of most
        concern first, by file.
    """
    files, unmapped = Files(sites, is_here), list[tuple[Calls, str]]()
    by_file: defaultdict[Owner, list[_Recorded]] = defaultdict(list)
    for each in calls:
        place = read_place(each.place)
        owner = files.find(place)
        if isinstance(owner, str):
            unmapped.append((each, owner))
        else:
            by_file[owner].append((each, place))
    found: list[Found] = []
    for owner, own in files.sites.items():
        hits = [_Hits() for _ in own]
        unmapped += _in_file(own, by_file.get(owner, []), hits)
        found += [_found(site, hit) for site, hit in zip(own, hits, strict=True)]
    found += [
        Found(UNMAPPED, None, each.events, each.last_ts, (each.place,), why)
        for each, why in unmapped
        if each.events
    ]
    return sorted(found, key=_order)


def _order(found: Found) -> tuple[int, str, str, int, int, tuple[str, ...]]:
    site = found.site
    where = (site.root, site.file, site.cell, site.line) if site else ("", "", 0, 0)
    return (STATES.index(found.state), *where, found.places)


def _in_file(sites: list[Mapped], recorded: list[_Recorded], hits: list[_Hits]) -> list[tuple[Calls, str]]:
    """Match within one file; return what is none of its mapped calls, and why."""
    functions = {site.func for site in sites}
    elsewhere: defaultdict[str, list[_Recorded]] = defaultdict(list)
    missed: list[tuple[Calls, str]] = []
    for calls, place in recorded:
        there = [n for n, site in enumerate(sites) if site.line == place.line and not site.cell]
        own = [n for n in there if sites[n].func == place.func]
        if own or (there and place.func not in functions):
            renamed = not own and not _is_nameless(place.func)
            for n in own or there:
                hits[n].calls.append((calls, f"recorded in {place.func}" if renamed else ""))
        else:
            elsewhere[place.func].append((calls, place))
    for func, group in elsewhere.items():
        for some in ([each] for each in group) if _is_nameless(func) else (group,):
            own = _of_function(sites, some[0][1])
            if own:
                _spread([(n, sites[n].line) for n in own], some, hits)
            else:
                missed += [(calls, "no call is mapped in this function") for calls, _ in some]
    return missed


def _of_function(sites: list[Mapped], place: Place) -> list[int]:
    """The mapped calls of a place's function; of a lambda or a comprehension, those of the one around it."""
    if not _is_nameless(place.func):
        return [n for n, site in enumerate(sites) if site.func == place.func]
    line = place.line or 0
    inside = [n for n, site in enumerate(sites) if site.lines and site.lines[0] <= line <= site.lines[1]]
    return inside or [n for n, site in enumerate(sites) if site.func == OUTSIDE and not site.cell]


def _is_nameless(func: str) -> bool:
    """Whether a function is a lambda, or what a comprehension is to an interpreter."""
    return func.startswith("<") and func != OUTSIDE


def _spread(own: list[tuple[int, int]], group: list[_Recorded], hits: list[_Hits]) -> None:
    """Give calls at other lines to the mapped ones of their function, each with its line.

    By their order where there are as many lines as mapped ones that have no calls yet. Else nobody can tell,
    and each of those may have made each of these calls.
    """
    lines = sorted({line for _, line in own})
    free = sorted({line for n, line in own} - {line for n, line in own if hits[n].calls}) or lines
    recorded = sorted({place.line or 0 for _, place in group})
    by_order = dict(zip(recorded, free, strict=False)) if len(free) == len(recorded) else {}
    for calls, place in group:
        line = by_order.get(place.line or 0, lines[0] if len(lines) == 1 else None)
        for n, its_line in own:
            if its_line == line:
                hits[n].calls.append((calls, f"moved: recorded at line {place.line or '?'}"))
            elif line is None and its_line in free:
                hits[n].perhaps.append(calls)


def _found(site: Mapped, hit: _Hits) -> Found:
    events, perhaps = (sum(each.events for each in some) for some in ([c for c, _ in hit.calls], hit.perhaps))
    state = CALLED if events else UNCLEAR if perhaps or site.cell else SILENT
    every = [*hit.calls, *((each, "") for each in hit.perhaps)]
    newest, note = max(every, key=lambda each: each[0].last_ts, default=(None, ""))
    if perhaps:
        note = "its function has changed: which of its calls was made is unknown"
    elif site.cell:
        note = "a notebook: its cells run under names of their own"
    elif state == SILENT and not note and site.rule.startswith(_FRAMEWORK):
        note = "through a framework: what that calls back is recorded at its own line"
    last = newest.last_ts if newest else 0.0
    places = tuple(calls.place for calls, _ in sorted(every, key=lambda each: each[0].last_ts))
    return Found(state, site, events, last, places, note, perhaps)
