"""Why the list is empty, in words, and what to type next."""

from __future__ import annotations

from capture.log.source import EventSource, View

Words = tuple[str, tuple[str, ...], tuple[str, ...]]
"""A headline, sentences, commands: as `EmptyState.say` takes them."""

RECORD = ("import tessen; tessen.init()",)


def why_empty(source: EventSource, view: View) -> Words:
    """Why this view of this log shows nothing."""
    if source.count == 0:
        return no_events(source)
    if view.searching:
        return "Searching", ("Looking for the text in the events on disk, newest first.",), ()
    text = str(view.query)
    return (
        "Nothing matches",
        (f"None of {source.count:,} events matches the filter", text, "esc clears it, f changes it"),
        (),
    )


def no_events(source: EventSource) -> Words:
    """Why this log has no events, and how to get some."""
    if not source.exists:
        return (
            "No log folder yet",
            (
                f"{source.name} does not exist.",
                "It appears with the first recorded call.",
                "In the agent, before it makes its client:",
            ),
            (*RECORD, "or look around first: tessen-tui --demo"),
        )
    if not source.progress.done:
        return "Reading the log", (source.name,), ()
    if source.problems.unreadable_files:
        return "Nothing could be read", source.problems.unreadable_files[:5], ()
    return (
        "No events yet",
        (
            f"{source.name} is there and empty.",
            "Calls appear here as they land.",
            "In the agent, before it makes its client:",
        ),
        (*RECORD, "or look around first: tessen-tui --demo"),
    )
