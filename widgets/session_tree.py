"""The sessions of a run as a tree: what goes on from what, replicates beside each other, how each ended."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from rich.segment import Segment
from textual.message import Message

from capture.runs.meta import SessionMeta
from tessen.format import count, money
from tessen.sanitise import one_line
from widgets import glyphs
from widgets.cells import fit, fit_right
from widgets.cursor_lines import CursorLines

WIDTH = 30
"""Cells that the tree takes beside the panes."""

_GOOD = frozenset({"completed", None})


class TreeLine(NamedTuple):
    """One session."""

    session: SessionMeta
    depth: int
    """How many sessions it goes on from, one after the other."""


def tree_of(sessions: Sequence[SessionMeta]) -> list[TreeLine]:
    """The sessions, each after the one that it goes on from.

    What goes on from a session with replicates goes on from its first.
    """
    by_id = {session.session_id: session for session in sessions if session.session_id}
    first: dict[int, SessionMeta] = {}
    for session in sessions:
        first.setdefault(session.session_index, session)
    children: dict[int, list[SessionMeta]] = {}
    top: list[SessionMeta] = []
    for session in sessions:
        parent = first.get(session.fork_from) if session.fork_from else by_id.get(session.resumed_from or "")
        earlier = parent is not None and parent.session_index < session.session_index
        (children.setdefault(id(parent), []) if earlier else top).append(session)
    return list(_walk(top, children, 0))


def _walk(
    sessions: Sequence[SessionMeta], children: dict[int, list[SessionMeta]], depth: int
) -> Iterator[TreeLine]:
    for session in sessions:
        yield TreeLine(session, depth)
        yield from _walk(children.get(id(session), ()), children, depth + 1)


class SessionTree(CursorLines[TreeLine]):
    """One line a session; moving to one chooses it."""

    class Chosen(Message):
        """The cursor came to a session; only the newest matters."""

        def __init__(self, session: SessionMeta) -> None:
            super().__init__()
            self.session = session

        def can_replace(self, message: Message) -> bool:
            """Many moves in a row are one."""
            return isinstance(message, SessionTree.Chosen)

    def show(self, sessions: Sequence[SessionMeta], index: int, replicate: int | None) -> None:
        """Show these sessions, the cursor on one of them; says nothing of it."""
        self._lines = tree_of(sessions)
        wanted = (index, replicate)
        places = (n for n, each in enumerate(self._lines) if self.identity(each) == wanted)
        self._cursor = next(places, 0)
        self.lay_out()

    def identity(self, line: TreeLine) -> object:
        """The session's number, and that of the replicate."""
        return line.session.session_index, line.session.replicate

    def segments(self, line: TreeLine) -> Iterator[Segment]:
        """A session's name at its depth, its numbers, and how it ended."""
        session, width = line.session, self.scrollable_content_region.width
        branch = "  " * (line.depth - 1) + f"{glyphs.BRANCH} " if line.depth else ""
        name = f"{branch}{session.name}"
        yield Segment(fit(name, max(6, min(len(name), width // 3))), self.look("name"))
        numbers = f"{count(session.step_count)} st {money(session.total_cost_usd)}"
        yield Segment(fit_right(numbers, 14) + "  ", self.look("muted"))
        words, tone = _ending(session)
        flag = f"{glyphs.FLAG} " if session.judge_flagged else ""
        yield Segment(flag, self.look("anomaly"))
        yield Segment(one_line(words, 60), self.look(tone))

    def _go(self, position: int) -> None:
        before = self.position
        super()._go(position)
        if self.position != before:
            self.post_message(self.Chosen(self._lines[self.position].session))


def _ending(session: SessionMeta) -> tuple[str, str]:
    """How a session ended, in words and tone."""
    if session.error:
        return session.stop_reason or "error", "error"
    if session.stop_reason is None:
        return ("running", "good") if session.finished_at is None else ("finished", "muted")
    return session.stop_reason, "muted" if session.stop_reason in _GOOD else "anomaly"
