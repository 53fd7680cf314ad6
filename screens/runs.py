"""Runs: every run folder, once runs can be recorded. Until then it says so, and what works today."""

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
            "No runs",
            (
                "Runs of coding agents will be listed here: engine, model, steps, cost, files written.",
                "This version records and shows live calls only. Press 2 for those.",
                "A scripted model server for dry runs works today:",
            ),
            ("harness serve-script SCRIPT.yaml",),
        )
