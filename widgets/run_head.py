"""The head of a run: what it is in one line, what it is about in another; always in view."""

from __future__ import annotations

from typing import ClassVar

from textual.content import Content
from textual.widget import Widget

from capture.runs.catalogue import RunRow
from tessen.format import age, duration, money, plural
from tessen.sanitise import one_line
from widgets.event_line import short_model
from widgets.run_table import STATE_GLYPHS

_STATES = {"running": "good", "finished": "dim", "interrupted": "warn", "failed": "bad", "broken": "bad"}


class RunHead(Widget):
    """Two lines; the second is left out where the terminal is short."""

    DEFAULT_CSS = """
    RunHead {
        height: 2;
        background: $panel;
        padding: 0 1;
        & > .run-head--strong { text-style: bold; }
        & > .run-head--good { color: $text-success; text-style: bold; }
        & > .run-head--warn { color: $text-warning; text-style: bold; }
        & > .run-head--bad { color: $text-error; text-style: bold; }
        & > .run-head--dim { color: $text-muted; }
    }
    """
    COMPONENT_CLASSES: ClassVar[set[str]] = {
        f"run-head--{name}" for name in ("strong", "good", "warn", "bad", "dim")
    }

    def __init__(self) -> None:
        super().__init__(classes="head")
        self._row: RunRow | None = None
        self._now = 0.0

    def show(self, row: RunRow, now: float) -> None:
        """Show a run as of a moment, in seconds since the epoch."""
        if row != self._row or int(now) != int(self._now):
            self._row, self._now = row, now
            self.refresh()

    def render(self) -> Content:
        """The lines, each cut at the edge."""
        row = self._row
        if row is None:
            return Content("")
        width = max(1, self.size.width)
        first = Content("  ").join(part for part in self._first(row) if part)
        second = Content("  ").join(part for part in self._second(row) if part)
        return Content("\n").join(line.truncate(width, ellipsis=True) for line in (first, second))

    def _first(self, row: RunRow) -> list[Content]:
        meta = row.meta
        return [
            self._part(f"{STATE_GLYPHS[row.state]} {row.state}", _STATES[row.state]),
            self._part(one_line(row.name, 200), "strong"),
            self._part(f"{row.flags} flagged" if row.flags else "", "warn"),
            self._part(plural(row.errors, "error") if row.errors else "", "bad"),
            self._part(money(meta.total_cost_usd)),
            self._part(f"{plural(meta.total_steps, 'step')}, {plural(meta.total_tool_calls, 'tool call')}"),
            self._part(plural(meta.total_file_writes, "write") if meta.total_file_writes else "", "dim"),
            self._part(self._when(row), "dim"),
        ]

    def _second(self, row: RunRow) -> list[Content]:
        meta = row.meta
        model = short_model(meta.model) if meta.model else ""
        known = (row.engine, model, meta.provider or "", meta.session_mode or "", *meta.tags)
        source = f"replay of {meta.replay_source}, turn {meta.replay_turn}" if meta.replay_source else ""
        return [
            self._part(one_line(" · ".join(filter(None, known)), 200), "dim"),
            self._part(one_line(source, 200)),
            self._part(one_line(meta.hypothesis or "", 400)),
        ]

    def _when(self, row: RunRow) -> str:
        if not row.started:
            return ""
        end = self._now if row.state == "running" else row.ended
        took = f"{duration((end - row.started) * 1000)}, " if end is not None else ""
        return f"{took}{age(self._now - row.started)} ago".replace("now ago", "just now")

    def _part(self, text: str, style: str = "") -> Content:
        if not text:
            return Content("")
        return Content.styled(text, self.get_visual_style(f"run-head--{style}")) if style else Content(text)
