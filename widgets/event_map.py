"""The map entry of the call that an event is of, as a section of a document.

What belongs here is how an entry reads; what it says is `capture.callsites`.
"""

from __future__ import annotations

from capture.callsites import MapEntry
from widgets.event_talk import BODY, section
from widgets.lines import Fold, Item, line
from widgets.text_lines import text_items

_LABEL = 12


def map_section(entry: MapEntry | None, recorded: int | None) -> Fold | None:
    """The function's rule, its callers and its docstring; None where no entry was asked for.

    Args:
        entry: the entry.
        recorded: the line that the event names.
    """
    if entry is None:
        return None
    moved = f" (recorded at line {recorded})" if recorded not in (None, entry.line) else ""
    facts = (
        ("rule", ", ".join(entry.rules) or "none: the call stands outside of functions"),
        ("calls", f"{entry.call} ({entry.vendor})"),
        ("at", f"{entry.file}:{entry.line}{moved}"),
        ("in", entry.function),
        ("called by", ", ".join(entry.callers) or "nothing in this file"),
        ("map of", entry.root),
    )
    body: list[Item] = [
        line((f"{label:<{_LABEL}}", "dim"), value, indent=BODY) for label, value in facts if value
    ]
    body += text_items(entry.docstring, indent=BODY) if entry.docstring else []
    body += [line((comment, "faint"), indent=BODY) for comment in entry.comments]
    return section("Map", body, "what tessen crawl says of the function that made this call")
