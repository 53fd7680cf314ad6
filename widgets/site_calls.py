"""The calls of one call site, as a section of a document.

What belongs here is how they read; which they are is `tessen.sites`.
"""

from __future__ import annotations

from tessen import format as show
from tessen.sites.match import Found
from widgets.event_talk import BODY, section
from widgets.lines import Fold, Item, line

_LABEL = 12


def calls_section(found: Found, now: float) -> Fold:
    """How many calls there were, when the last one was, and where they were recorded.

    Args:
        found: the call site.
        now: seconds since the epoch, that ages count back from.
    """
    last = f"{show.age(now - found.last_ts)} ago" if found.last_ts else "never"
    facts = [("state", found.state), ("events", f"{found.events:,} in the period"), ("last", last)]
    facts += [("perhaps", f"{found.perhaps:,} more")] if found.perhaps else []
    facts += [("note", found.note)] if found.note else []
    facts += [("recorded at" if not n else "", place) for n, place in enumerate(found.places)]
    body: list[Item] = [line((f"{label:<{_LABEL}}", "dim"), value, indent=BODY) for label, value in facts]
    return section("Calls", body, "what the log says of it")
