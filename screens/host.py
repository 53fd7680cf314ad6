"""What the screens ask of the application they run in: a small protocol, so that they need not import it."""

from __future__ import annotations

from collections.abc import Callable, Sequence, Set
from pathlib import Path
from typing import Any, Protocol, cast, runtime_checkable

from textual.screen import Screen

from capture.log.source import AgentSummary, Change, EventSource, RowId
from capture.runs.follower import RunsFollower
from tessen.inflight import InFlight
from widgets.run_compare import Side


class Host(Protocol):
    """The application, as the screens know it."""

    source: EventSource
    """The log that is shown."""
    runs: RunsFollower
    """The runs that are shown."""
    clock: Callable[[], float]
    """The time, in seconds since the epoch. A test can stop it."""
    marked: RowId | None
    """The event that `m` marked, which `=` compares with."""
    marked_run: Side | None
    """The run or session that `m` marked, which `=` compares with."""
    summaries: Sequence[AgentSummary]
    """Every agent as of the last second, most trouble first."""
    in_flight: Sequence[InFlight]
    """Calls that have started and not ended, oldest first."""

    cost_per_hour_limit: float
    """US dollars an hour above which an agent is pointed out."""

    def show_live(self, query: str, came_from: str = "") -> None:
        """Go to Live with this filter; `escape` there comes back to the place it came from."""

    def show_place(self, place: str) -> None:
        """Go to one of the four places."""


@runtime_checkable
class FollowsLog(Protocol):
    """A screen that wants to know when the log changes and when a second has passed."""

    def log_changed(self, change: Change) -> None:
        """Take in a change of the log; called at most some ten times a second."""

    def tick(self, now: float) -> None:
        """Bring ages up to date; called once a second."""


@runtime_checkable
class FollowsRuns(Protocol):
    """A screen that wants to know when runs change."""

    def runs_changed(self, changed: Set[Path]) -> None:
        """Take in that the runs in these folders came, went, or changed in anything."""


def host(screen: Screen[Any]) -> Host:
    """The application that a screen runs in."""
    return cast(Host, screen.app)
