"""The command palette's contents: what keys do here, filters to start from, and the themes."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterator
from functools import partial
from typing import Any, NamedTuple, cast

from textual.app import App
from textual.binding import ActiveBinding
from textual.command import DiscoveryHit, Hit, Hits, Provider
from textual.content import Content

from screens.help import OWN, group_of
from screens.host import Host
from screens.panes import TrajectoryPanes, pane_title

TITLE_WIDTH = 34

FILTERS = (
    ("Show errors", "status:error"),
    ("Show anomalies", "signal:any"),
    ("Show findings", "finding:any"),
    ("Show rate limits", "signal:rate_limited"),
    ("Show truncated answers", "signal:truncated_response"),
    ("Show refusals", "signal:refusal"),
    ("Show slow calls", "dur>10s"),
    ("Show expensive calls", "cost>0.10"),
    ("Show the last 15 minutes", "since:15m"),
    ("Show everything", ""),
)
"""Questions asked at three in the morning, and their filters."""


class Command(NamedTuple):
    """One line of the palette."""

    title: str
    note: str
    """The key that does the same, or the filter."""
    run: Callable[[], Awaitable[None] | None]


class Actions(Provider):
    """Everything there is to do on the screen that the palette was opened on."""

    async def discover(self) -> Hits:
        """All of it, for an empty search."""
        for command in self._commands():
            yield DiscoveryHit(_line(Content(command.title), command.note), command.run, text=command.title)

    async def search(self, query: str) -> Hits:
        """What resembles the query."""
        matcher = self.matcher(query)
        for command in self._commands():
            if (score := matcher.match(command.title)) > 0:
                shown = _line(matcher.highlight(command.title), command.note)
                yield Hit(score, shown, command.run, text=command.title)

    def _commands(self) -> Iterator[Command]:
        """The screen's own actions, questions to start from, moving and the rest, themes."""
        actions = list(self._actions())
        yield from (command for group, command in actions if group == OWN)
        yield from self._panes()
        for title, query in FILTERS:
            yield Command(title, query or "no filter", partial(self._filter, query))
        yield from (command for group, command in actions if group != OWN)
        for name in sorted(self.app.available_themes):
            yield Command(f"Theme {name}", "", partial(_set_theme, self.app, name))

    def _actions(self) -> Iterator[tuple[str, Command]]:
        seen: set[tuple[str, str]] = set()
        for active in self.screen.active_bindings.values():
            binding = active.binding
            key = (binding.action, binding.description)
            if binding.id and binding.description and key not in seen and binding.id != "app.palette":
                seen.add(key)
                shown = self.app.get_key_display(binding)
                title = binding.tooltip or binding.description
                yield group_of(active), Command(title, shown, partial(_run, self.app, active))

    def _panes(self) -> Iterator[Command]:
        """The panes that have no key of their own."""
        screen = self.screen
        if isinstance(screen, TrajectoryPanes):
            for pane in screen.PANES:
                if not pane.key:
                    yield Command(pane_title(pane), "", partial(screen.action_pane, pane.name))

    def _filter(self, query: str) -> None:
        cast(Host, self.app).show_live(query)


def _line(title: Content, note: str) -> Content:
    """Title and note in two columns."""
    gap = " " * max(2, TITLE_WIDTH - title.cell_length)
    return Content.assemble(title, gap, (note, "dim not bold"))


async def _run(app: App[Any], active: ActiveBinding) -> None:
    await app.run_action(active.binding.action, active.node)


def _set_theme(app: App[Any], name: str) -> None:
    app.theme = name
