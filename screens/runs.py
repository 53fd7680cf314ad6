"""Runs: every run folder, once the app can read them. Until then it says so, and which commands can."""

from __future__ import annotations

from textual.app import ComposeResult

from screens.place import Place
from widgets.empty import EmptyState


class RunsScreen(Place):
    """The list of runs: empty so far."""

    PLACE = "runs"

    def compose_body(self) -> ComposeResult:
        """The honest empty state."""
        yield EmptyState()

    def on_mount(self) -> None:
        """Say what will be here."""
        self.query_one(EmptyState).say(
            "No runs here yet",
            (
                "Runs of coding agents will be listed here: engine, model, steps, cost, files written.",
                "This version shows their calls in Live (press 2), as they happen.",
                "The runs themselves are made and read on the command line:",
            ),
            ("harness run CONFIG.yaml", "harness list", "harness inspect RUN"),
        )
