"""Jobs: every resample, replay and judge job, once they can be started. Until then it says so."""

from __future__ import annotations

from textual.app import ComposeResult

from screens.place import Place
from widgets.empty import EmptyState


class JobsScreen(Place):
    """The list of jobs: empty so far."""

    PLACE = "jobs"

    def compose_body(self) -> ComposeResult:
        """The honest empty state."""
        yield EmptyState()

    def on_mount(self) -> None:
        """Say what will be here."""
        self.query_one(EmptyState).say(
            "No jobs",
            (
                "Resample, replay and judge jobs will be listed here, with their progress and cost.",
                "This version cannot start any. To compare two recorded calls today: in Live,",
                "m marks one, = compares another with it.",
            ),
            (),
        )
