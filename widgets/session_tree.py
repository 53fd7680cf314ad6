"""The sessions of a run as a tree: what goes on from what, replicates beside each other, how each ended."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import ClassVar, NamedTuple

from rich.segment import Segment
from rich.style import Style
from textual.binding import Binding, BindingType
from textual.events import Click, Resize
from textual.geometry import Size
from textual.message import Message
from textual.scroll_view import ScrollView
from textual.strip import Strip

from capture.runs.meta import SessionMeta
from tessen.format import count, money
from tessen.sanitise import one_line
from widgets import glyphs
from widgets.cells import fit, fit_right
from widgets.ink import ink
from widgets.moving import MOVING

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


class SessionTree(ScrollView, can_focus=True, inherit_bindings=False):
    """One line a session; moving to one chooses it."""

    DEFAULT_CSS = """
    SessionTree {
        overflow-x: hidden;
        overflow-y: auto;
        scrollbar-size-vertical: 1;
        color: $foreground;
        & > .session-tree--muted { color: $text-muted; }
        & > .session-tree--name { color: $foreground; text-style: bold; }
        & > .session-tree--good { color: $text-success; }
        & > .session-tree--warn { color: $text-warning; }
        & > .session-tree--bad { color: $text-error; }
        & > .session-tree--mark { color: $primary; }
        & > .session-tree--cursor { background: $cursor-row-blurred; }
        &:focus > .session-tree--cursor { background: $cursor-row; }
    }
    """
    COMPONENT_CLASSES: ClassVar[set[str]] = {
        f"session-tree--{name}" for name in ("muted", "name", "good", "warn", "bad", "mark", "cursor")
    }
    BINDINGS: ClassVar[list[BindingType]] = [
        *MOVING,
        Binding("g,home", "move(-100000)", "First", show=False, id="list.first"),
        Binding("G,end", "move(100000)", "Last", show=False, id="list.last", key_display="G"),
    ]

    class Chosen(Message):
        """The cursor came to a session; only the newest matters."""

        def __init__(self, session: SessionMeta) -> None:
            super().__init__()
            self.session = session

        def can_replace(self, message: Message) -> bool:
            """Many moves in a row are one."""
            return isinstance(message, SessionTree.Chosen)

    def __init__(self, id: str | None = None) -> None:
        super().__init__(id=id)
        self._lines: list[TreeLine] = []
        self._cursor = 0
        self._styles: dict[str, Style] = {}

    @property
    def lines(self) -> Sequence[TreeLine]:
        """All lines, top to bottom."""
        return self._lines

    def show(self, sessions: Sequence[SessionMeta], index: int, replicate: int | None) -> None:
        """Show these sessions, the cursor on one of them; says nothing of it."""
        self._lines = tree_of(sessions)
        wanted = (index, replicate)
        places = (n for n, each in enumerate(self._lines) if _key(each.session) == wanted)
        self._cursor = next(places, 0)
        self.virtual_size = Size(self.scrollable_content_region.width, len(self._lines))
        self._into_view()
        self.refresh()

    def action_move(self, step: int) -> None:
        """Go to another session."""
        self._go(self._cursor + step)

    def action_page(self, pages: float) -> None:
        """Go to another session, by pages."""
        self._go(self._cursor + int(pages * max(2, self.size.height - 1)))

    def _go(self, position: int) -> None:
        position = max(0, min(position, len(self._lines) - 1))
        if position != self._cursor and self._lines:
            self._cursor = position
            self.refresh()
            self.post_message(self.Chosen(self._lines[position].session))
        self._into_view()

    def _into_view(self) -> None:
        top, height = self.scroll_offset.y, max(1, self.size.height)
        if not top <= self._cursor < top + height:
            self.scroll_to(y=max(0, self._cursor - height + 1), animate=False, force=True)

    def on_click(self, event: Click) -> None:
        """Choose the session under the mouse."""
        self._go(self.scroll_offset.y + event.y)

    def on_resize(self, _event: Resize) -> None:
        """Keep the cursor in view."""
        self.virtual_size = Size(self.scrollable_content_region.width, len(self._lines))
        self._into_view()

    def notify_style_update(self) -> None:
        """Forget the looks of the theme that was."""
        self._styles.clear()
        super().notify_style_update()

    def render_line(self, y: int) -> Strip:
        """Draw the line at a height within the tree."""
        position = self.scroll_offset.y + y
        width = self.scrollable_content_region.width
        if position >= len(self._lines):
            return Strip.blank(width, self.rich_style)
        here = position == self._cursor
        style = self.get_component_rich_style("session-tree--cursor") if here else self.rich_style
        strip = Strip(list(self._segments(self._lines[position], here, width)))
        if here and self.app.current_theme.ansi:  # sixteen colours on a coloured row: some cannot be read
            strip = Strip([Segment(segment.text) for segment in strip])
        return strip.apply_style(style).adjust_cell_length(width, style)

    def _segments(self, line: TreeLine, here: bool, width: int) -> Iterator[Segment]:
        session = line.session
        yield Segment(glyphs.CURSOR if here else " ", self._style("mark"))
        branch = "  " * (line.depth - 1) + f"{glyphs.BRANCH} " if line.depth else ""
        name = f"{branch}{session.name}"
        yield Segment(fit(name, max(6, min(len(name), width // 3))), self._style("name"))
        numbers = f"{count(session.step_count)} st {money(session.total_cost_usd)}"
        yield Segment(fit_right(numbers, 14) + "  ", self._style("muted"))
        words, tone = _ending(session)
        flag = f"{glyphs.FLAG} " if session.judge_flagged else ""
        yield Segment(flag, self._style("warn"))
        yield Segment(one_line(words, 60), self._style(tone))

    def _style(self, name: str) -> Style:
        if name not in self._styles:
            self._styles[name] = ink(self, f"session-tree--{name}")
        return self._styles[name]


def _key(session: SessionMeta) -> tuple[int, int | None]:
    return session.session_index, session.replicate


def _ending(session: SessionMeta) -> tuple[str, str]:
    """How a session ended, in words and tone."""
    if session.error:
        return session.stop_reason or "error", "bad"
    if session.stop_reason is None:
        return ("running", "good") if session.finished_at is None else ("finished", "muted")
    return session.stop_reason, "muted" if session.stop_reason in _GOOD else "warn"
