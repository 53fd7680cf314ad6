"""Every action that a key can be given to, by id: what `[keys]` in the settings file may name."""

from __future__ import annotations

from collections.abc import Iterator

from textual.binding import Binding
from textual.dom import DOMNode


def action_ids() -> dict[str, str]:
    """Action id → what it does."""
    return {binding.id: binding.description for binding in bindings() if binding.id}


def bindings() -> Iterator[Binding]:
    """The bindings that each screen and widget of ours declares or inherits."""
    for node in _nodes():
        for base in node.__mro__:
            for declared in base.__dict__.get("BINDINGS", ()):
                if isinstance(declared, Binding):
                    yield declared


def _nodes() -> list[type[DOMNode]]:
    from screens.agents import AgentsScreen
    from screens.compare import CompareScreen
    from screens.help import HelpScreen
    from screens.inspector import InspectorScreen
    from screens.jobs import JobsScreen
    from screens.launches import EditDialog
    from screens.live import LiveScreen
    from screens.run import RunScreen
    from screens.runs import RunsScreen
    from screens.samples import SamplesScreen
    from screens.session import SessionScreen
    from screens.verdicts import VerdictsScreen
    from tessen_tui.app import TessenApp
    from widgets.agent_table import AgentTable
    from widgets.document import Document
    from widgets.event_list import EventList
    from widgets.filter_bar import FilterInput
    from widgets.job_table import JobTable
    from widgets.run_documents import PaneDocument, TrajectoryDocument
    from widgets.run_table import RunTable
    from widgets.search_bar import SearchInput
    from widgets.session_tree import SessionTree

    return [
        *(TessenApp, AgentsScreen, LiveScreen, InspectorScreen, CompareScreen, HelpScreen),
        *(RunsScreen, RunScreen, JobsScreen, SamplesScreen, VerdictsScreen, EditDialog, SessionScreen),
        *(EventList, AgentTable, Document, FilterInput, SearchInput),
        *(RunTable, SessionTree, TrajectoryDocument, PaneDocument, JobTable),
    ]
