"""Which sessions of a run come after a replayed one: those that go on from it, and those that do not.

What belongs here is what depends on what. A session depends on the one whose conversation it goes on from,
and one that begins a new conversation on whichever last changed the files it finds.
"""

from __future__ import annotations

from collections.abc import Iterator

from capture.config import Config
from capture.runs.plan import Start, plan


def later_sessions(config: Config, index: int) -> tuple[list[int], list[int]]:
    """Return the sessions after one, in order.

    Args:
        config: Of the run.
        index: The session.

    Returns:
        Those that depend on it, also by way of others, and those that do not.
    """
    depend, others = {index}, []
    for start, before in _with_writers(config):
        number = start.session.session_index
        if number <= index:
            continue
        if (start.resume if start.resume is not None else before) in depend:
            depend.add(number)
        else:
            others.append(number)
    return sorted(depend - {index}), others


def _with_writers(config: Config) -> Iterator[tuple[Start, int | None]]:
    """Yield how each session begins, and the one before it that left the files as it finds them, if any.

    Replicates work in copies and leave nothing behind.
    """
    writer: int | None = None
    for start in plan(config):
        yield start, writer
        if start.session.count == 1:
            writer = start.session.session_index
