"""The columns of the list of call sites: what each shows, how wide, and what drops first."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from tessen import format as show
from tessen.sanitise import one_line
from tessen.sites.filtering import file_of, function_of, line_of
from tessen.sites.match import Found
from widgets.cells import clip_front
from widgets.cursor_list import GAP, GUTTER


@dataclass(frozen=True, slots=True)
class SiteColumn:
    """One column."""

    name: str
    title: str
    width: int
    """Cells; the least there must be for one that grows."""
    text: Callable[[Found, float, int], str]
    """An entry, the time now in seconds, the cells there are → what stands there; safe to draw."""
    right: bool = False
    grows_to: int = 0
    """Cells up to which it takes what is left over; 0 for a fixed width."""


def where_text(found: Found) -> str:
    """The file and the line, with the cell of a notebook; safe to draw."""
    line, cell = line_of(found), found.site.cell if found.site else 0
    at = f"{line}" if line is not None else "?"
    file = at_home(file_of(found))
    return one_line(f"{file}:cell {cell}:{at}" if cell else f"{file}:{at}", 400)


def at_home(path: str) -> str:
    """A path with `~` for the home folder; raw."""
    home = f"{Path.home()}/"
    return f"~/{path.removeprefix(home)}" if path.startswith(home) else path


def _last(found: Found, now: float) -> str:
    return show.age(now - found.last_ts) if found.last_ts else "never"


def _events(found: Found) -> str:
    return f"≤{show.count(found.perhaps)}" if found.perhaps and not found.events else show.count(found.events)


def _rule(found: Found) -> str:
    return one_line(found.site.rule or "no rule", 100) if found.site else show.UNKNOWN


def _vendor(found: Found) -> str:
    return one_line(found.site.vendor, 40) if found.site else show.UNKNOWN


COLUMNS = (
    SiteColumn("state", "state", 10, lambda found, now, w: found.state),
    SiteColumn("events", "events", 6, lambda found, now, w: _events(found), right=True),
    SiteColumn("last", "last", 5, lambda found, now, w: _last(found, now), right=True),
    SiteColumn(
        "function",
        "function",
        14,
        lambda found, now, w: clip_front(one_line(function_of(found), 200), w),
        grows_to=26,
    ),
    SiteColumn("where", "file:line", 18, lambda f, now, w: clip_front(where_text(f), w), grows_to=34),
    SiteColumn("rule", "rule", 12, lambda found, now, w: _rule(found), grows_to=24),
    SiteColumn("vendor", "vendor", 10, lambda found, now, w: _vendor(found)),
    SiteColumn("note", "note", 30, lambda found, now, w: one_line(found.note, 200), grows_to=200),
)
_BY_NAME = {column.name: column for column in COLUMNS}
IMPORTANCE = ("state", "where", "events", "last", "function", "rule")
"""What is given room first."""
EXTRA = ("note", "vendor")
"""What is shown only where all the others have the room that they would like."""


@lru_cache(64)
def site_columns_for(width: int) -> tuple[tuple[SiteColumn, int], ...]:
    """The columns that fit, each with its cells, left to right."""
    chosen: dict[str, int] = {}
    room = _add(IMPORTANCE, chosen, width - GUTTER)
    room = _grow(("where", "function", "rule"), chosen, room)
    room = _add(EXTRA, chosen, room)
    _grow(("note",), chosen, room)
    return tuple((column, chosen[column.name]) for column in COLUMNS if column.name in chosen)


def _add(names: tuple[str, ...], chosen: dict[str, int], room: int) -> int:
    """Give columns the least that they need; return what is left."""
    for name in names:
        wanted = _BY_NAME[name].width
        if wanted + GAP > room:
            break
        chosen[name] = wanted
        room -= wanted + GAP
    return room


def _grow(names: tuple[str, ...], chosen: dict[str, int], room: int) -> int:
    """Hand out what is left, one column after the other; return what nobody wants."""
    for name in names:
        if name in chosen:
            more = max(0, min(room, _BY_NAME[name].grows_to - chosen[name]))
            chosen[name] += more
            room -= more
    return room
