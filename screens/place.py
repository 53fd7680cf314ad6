"""The frame that the four places share: the top bar, the key bar, and keeping up with the log."""

from __future__ import annotations

from collections import Counter
from typing import ClassVar

from textual.app import ComposeResult

from capture.log.source import Change
from screens.host import host
from screens.typing_ahead import TypingAhead
from widgets.key_bar import KeyBar
from widgets.top_bar import TopBar


class Place(TypingAhead):
    """One of the four places; subclasses name it and compose what stands between the bars."""

    BLANK = True
    PLACE: ClassVar[str] = ""
    """The place's name in code: agents, live, runs or jobs."""

    def __init__(self) -> None:
        super().__init__()
        if self.app.screen_stack:  # it is of today's theme: else the app's whole style sheet is parsed again
            self._css_update_count = self.app._css_update_count

    def compose(self) -> ComposeResult:
        """The bars, and between them the body."""
        yield TopBar(self.PLACE, self.subject)
        yield from self.compose_body()
        yield KeyBar()

    @property
    def subject(self) -> str:
        """What is shown here, as the top bar names it: the log, or whatever else a place is about; raw."""
        return host(self).source.name

    def compose_body(self) -> ComposeResult:
        """What this place shows."""
        yield from ()

    def on_mount(self) -> None:
        """Show how things are now."""
        self._catch_up()

    def on_screen_resume(self) -> None:
        """Catch up with what changed behind another screen; the first time this comes before mounting."""
        if self.is_mounted:
            self._catch_up()

    def _catch_up(self) -> None:
        self.log_changed(Change(backlog=True))
        self.tick(host(self).clock())

    def log_changed(self, change: Change) -> None:
        """Take in a change of the log."""

    def tick(self, now: float) -> None:
        """Bring ages and the top bar's clause up to date."""
        summaries = host(self).summaries
        counts = Counter(summary.state for summary in summaries)
        words = [f"{counts[word]} {word}" for word in ("failing", "looping", "stalled") if counts[word]]
        bar = self.query_one(TopBar)
        bar.trouble = bool(counts["failing"] or counts["looping"])
        bar.clause = " · ".join(words)
