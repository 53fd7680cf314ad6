"""Agents: one row an agent, most trouble first, with what needs a person above them."""

from __future__ import annotations

from typing import ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.events import Resize

from screens.attention import MILD, notices
from screens.empty_log import no_events
from screens.filter_values import term
from screens.host import host
from screens.live_facts import percent, problem_facts
from screens.place import Place
from screens.sites import SitesScreen
from screens.totals import totals
from tessen.sanitise import one_line
from widgets.agent_detail import AgentDetail
from widgets.agent_table import AgentTable
from widgets.banner import Banner
from widgets.column_titles import ColumnTitles
from widgets.empty import EmptyState
from widgets.flights import flight_facts
from widgets.status_line import Fact, StatusLine

ROOMY = 20
"""Lines of the terminal from which the selected agent is described below the table."""


DETAIL_LINES = 6
"""The least that the selected agent's description takes, its border included."""

_SHOWN_BY = {"error_rate": "status:error", "cache_collapse": "cached=0"}
"""Filters for findings that name no events, because only sums show them."""


class AgentsScreen(Place):
    """Every agent and how it is doing."""

    PLACE = "agents"
    AUTO_FOCUS = "AgentTable"
    DEFAULT_CSS = """
    AgentsScreen {
        & EmptyState { display: none; }
        &.-empty {
            & EmptyState { display: block; }
            & ColumnTitles, & AgentDetail, & #totals { display: none; }
            & AgentTable { height: 0; }
        }
        &.-zoomed { & TopBar, & KeyBar, & AgentDetail, & #totals { display: none; } }
    }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("enter", "open", "Open live", id="agents.open", tooltip="Open its live tail"),
        Binding(
            "greater_than_sign",
            "sort(1)",
            "Sort",
            id="agents.sort-next",
            key_display=">",
            tooltip="Sort by the next column",
        ),
        Binding(
            "less_than_sign", "sort(-1)", "Sort left", show=False, id="agents.sort-previous", key_display="<"
        ),
        Binding("t", "trouble_first", "Trouble first", id="agents.trouble"),
        Binding("e", "errors", "Its errors", id="agents.errors"),
        Binding("a", "anomalies", "Its anomalies", id="agents.anomalies"),
        Binding("p", "evidence", "Its findings", id="agents.findings", tooltip="Open what its findings name"),
        Binding("M", "sites", "Sites", id="agents.sites", tooltip="Calls in its code that made no event"),
        Binding("z", "zoom", "Zoom", show=False, id="agents.zoom"),
        Binding("escape", "back", "Back", show=False, id="agents.back"),
    ]

    def compose_body(self) -> ComposeResult:
        """Totals, what needs a person, the table, and the selected agent in words."""
        yield StatusLine(id="totals")
        yield Banner()
        yield ColumnTitles()
        yield AgentTable()
        yield EmptyState()
        yield AgentDetail()
        yield StatusLine(id="facts")

    def on_resize(self, event: Resize) -> None:
        """Describe the selected agent where there is room, in more words where there is more."""
        detail = self.query_one(AgentDetail)
        detail.set_class(event.size.height < ROOMY, "-hidden")
        detail.styles.height = max(DETAIL_LINES, event.size.height // 4)

    def tick(self, now: float) -> None:
        """Show every agent as of now."""
        super().tick(now)
        summaries = host(self).summaries
        source = host(self).source
        self.set_class(not summaries, "-empty")
        if not summaries:
            self.query_one(EmptyState).say(*no_events(source))
        self.query_one("#totals", StatusLine).say(totals(summaries))
        self.query_one(AgentTable).show_summaries(summaries, now)
        self._say_notices()
        self._describe()
        progress = [] if source.progress.done else [Fact(f"indexing {percent(source)}", "plain")]
        facts = [*flight_facts(host(self).in_flight, now), *problem_facts(source.problems)]
        self.query_one("#facts", StatusLine).display = bool(progress or facts)
        self.query_one("#facts", StatusLine).say(facts, progress)

    def _say_notices(self) -> None:
        found = notices(host(self).summaries, host(self).cost_per_hour_limit, host(self).clock())
        milder = bool(found) and found[0].kind in MILD
        self.query_one(Banner).say(found[0].text if found else "", len(found) - 1, milder=milder)

    @on(AgentTable.Moved)
    def _describe(self) -> None:
        table = self.query_one(AgentTable)
        self.query_one(ColumnTitles).show(table.header_text())
        selected, now = table.selected, host(self).clock()
        calls = [call for call in host(self).in_flight if selected and call.agent_name == selected.name]
        self.query_one(AgentDetail).show(selected, now, flight_facts(calls, now))

    @on(AgentTable.Opened)
    def _opened(self, event: AgentTable.Opened) -> None:
        self._show_live(event.agent)

    def action_open(self) -> None:
        """Open the selected agent's live tail."""
        if (selected := self.query_one(AgentTable).selected) is not None:
            self._show_live(selected.name)

    def action_errors(self) -> None:
        """Open the selected agent's errors."""
        self._open_with("status:error")

    def action_anomalies(self) -> None:
        """Open the selected agent's anomalies."""
        self._open_with("signal:any")

    def action_evidence(self) -> None:
        """Open the events that the selected agent's findings name."""
        selected = self.query_one(AgentTable).selected
        if selected is None:
            return
        if not selected.findings:
            words = f"no pattern over several events of {one_line(selected.name, 60)}"
            self.query_one("#totals", StatusLine).flash(words)
        elif any(finding.rows for finding in selected.findings):
            self._open_with("finding:any")
        else:
            self._open_with(_SHOWN_BY.get(selected.findings[0].kind, ""))

    def action_sites(self) -> None:
        """Show which calls in the selected agent's code made events, and which did not."""
        selected = self.query_one(AgentTable).selected
        self.app.push_screen(SitesScreen(selected.name if selected else None))

    def action_sort(self, step: int) -> None:
        """Sort by the next column, or the one before."""
        self.query_one(AgentTable).sort_next(step)

    def action_trouble_first(self) -> None:
        """Sort by trouble again."""
        self.query_one(AgentTable).sort_by("state")

    def action_zoom(self) -> None:
        """Give the table the whole terminal, or give it back."""
        self.toggle_class("-zoomed")

    def action_back(self) -> None:
        """Undo the zoom, or go back to the order by trouble."""
        if self.has_class("-zoomed"):
            self.action_zoom()
        else:
            self.action_trouble_first()

    def _open_with(self, more: str) -> None:
        if (selected := self.query_one(AgentTable).selected) is not None:
            self._show_live(selected.name, more)

    def _show_live(self, agent: str, more: str = "") -> None:
        host(self).show_live(f"{term('agent', agent)} {more}".strip(), came_from=self.PLACE)
