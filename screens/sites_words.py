"""What the list of call sites says in words: periods, its filter, why it is empty, what is known of a line.

What belongs here is plain functions over what was matched.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Sequence
from pathlib import Path

from capture.coverage import Coverage
from tessen.format import plural
from tessen.query import Term
from tessen.reading.call_place import read_place
from tessen.sanitise import one_line
from tessen.sites.filtering import SITE_FIELDS
from tessen.sites.match import SILENT, STATES, UNCLEAR, Found
from widgets.filter_bar import Language
from widgets.site_columns import at_home
from widgets.status_line import Fact, Tone

PERIODS = (
    ("the last hour", 3_600.0, "1h"),
    ("the last 24 hours", 86_400.0, "24h"),
    ("the last 7 days", 7 * 86_400.0, "7d"),
    ("the last 30 days", 30 * 86_400.0, "30d"),
    ("ever", math.inf, ""),
)
"""In words, in seconds, and as the filter language says it."""

USUAL = 2
"""The period that one begins with."""

SITES = Language(
    SITE_FIELDS,
    "state:silent file:*billing* …",
    "state:silent,unclear  file:*billing*  func:settle  rule:tool_use*  vendor:openai  events>100",
)

_TONES: dict[str, Tone] = {SILENT: "error", UNCLEAR: "warning"}
_MOST_PLACES = 12
"""So many recorded places are asked for at most: code that moves often has many."""

Said = tuple[str, tuple[str, ...], tuple[str, ...]]
"""A headline, sentences, commands: what an empty state takes."""


def nothing_here(coverage: Coverage | None, found: Sequence[Found], doing: str, query: str) -> Said:
    """Why the list is empty."""
    if coverage is None or doing:
        return doing, (), ()
    if found:
        return "No call site matches the filter", (query, "esc shows all of them"), ()
    if coverage.problems:
        return "The code could not be mapped", coverage.problems, ()
    if coverage.maps:
        roots = ", ".join(at_home(each.root) for each in coverage.maps)
        return "No call of a model in the map", (f"Neither in {roots} nor in this period's events.",), ()
    return (
        "No code to map",
        (
            "None of the files that made these calls is on this machine,",
            "and the current folder is in no repository. On a machine with the code:",
        ),
        ("tessen sites ~/src/agent --since 7d",),
    )


def counted(shown: Sequence[Found], placeless: int) -> list[Fact]:
    """How many there are of each state, and how many calls in the period name no place."""
    numbers = Counter(each.state for each in shown)
    facts = [Fact(f"{numbers[s]:,} {s}", _TONES.get(s, "muted")) for s in STATES if numbers[s]]
    return [*facts, Fact(f"{plural(placeless, 'call')} without a place")] if placeless else facts


def offered(found: Sequence[Found], field: str) -> Iterable[str]:
    """What the filter's completion offers for a field."""
    sites = [each.site for each in found if each.site]
    match field:
        case "file":
            return dict.fromkeys(site.file for site in sites)
        case "func":
            return dict.fromkeys(site.func for site in sites)
        case "rule":
            return dict.fromkeys(site.rule for site in sites if site.rule)
        case "vendor":
            return dict.fromkeys(site.vendor for site in sites)
        case _:
            return SITES.by_name[field].allowed if field in SITES.by_name else ()


def selected_facts(found: Found) -> list[Fact]:
    """What is known of the match of one line: the note, and where its calls were recorded."""
    facts = [Fact(one_line(found.note, 120), "warning")] if found.note else []
    if found.site is not None:
        facts.append(Fact(one_line(f"{found.site.call} ({found.site.vendor})", 100), "plain"))
    elsewhere = [place for place in found.places if not _is_there(found, place)]
    if elsewhere:
        more = f" and {len(elsewhere) - 1} more" if len(elsewhere) > 1 else ""
        facts.append(Fact(one_line(f"recorded at {at_home(elsewhere[-1])}", 200) + more))
    return facts


def _is_there(found: Found, place: str) -> bool:
    """Whether a call was recorded just where it is mapped."""
    site, at = found.site, read_place(place)
    return site is not None and (f"{site.root}/{site.file}", site.line) == (at.file, at.line)


def place_of(found: Found) -> tuple[str, int | None]:
    """The file and the line to open: as mapped, else as recorded."""
    if found.site is None:
        place = read_place(found.places[0])
        return place.file, place.line
    return str(Path(found.site.root, found.site.file)), None if found.site.cell else found.site.line


def live_filter(found: Found, agent: str | None, period: int) -> str:
    """The filter of Live that shows an entry's events in a period."""
    terms = [Term("agent", ":", (agent,))] if agent is not None else []
    terms.append(Term("site", ":", found.places[-_MOST_PLACES:]))
    since = PERIODS[period][2]
    return " ".join([*map(str, terms), *([f"since:{since}"] if since else [])])
