"""The panes beside a run's trajectory: their names, their keys, and when each is made anew.

What belongs here is the table. What a pane shows is a function in `widgets` from a `Look` to the items of a
document; it may read files, and is called in a thread.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from widgets.lines import Item
from widgets.run_api import api_items
from widgets.run_diff import diff_items
from widgets.run_look import Look
from widgets.run_record import analysis_items, changelog_items, config_items, judge_items, memory_items
from widgets.run_resamples import resamples_items
from widgets.run_subagents import subagents_items

Follows = Literal["step", "turn", "session", "run"]


@dataclass(frozen=True, slots=True)
class Pane:
    """One pane."""

    name: str
    """As it stands in the bar of panes, and in the id of its key: `run.pane-<name>`."""
    key: str
    """Opens it; empty for one that is reached by going from pane to pane."""
    follows: Follows
    """What part of the place in the run it depends on: it is made anew when that changes."""
    items: Callable[[Look], list[Item]]

    def shows(self, look: Look) -> object:
        """What of the run it shows: another value is another document, read from its beginning."""
        match self.follows:
            case "step":
                here: object = look.step
            case "turn":
                here = look.turn
            case _:
                here = None
        session = None if self.follows == "run" else look.session_name
        return self.name, look.scope, look.side_by_side, session, here

    def state(self, look: Look) -> object:
        """Differs when what it shows may have changed on disk."""
        return look.meta if self.follows == "run" else id(look.session)


PANES: tuple[Pane, ...] = (
    Pane("diff", "5", "step", diff_items),
    Pane("API", "6", "turn", api_items),
    Pane("subagents", "7", "session", subagents_items),
    Pane("resamples", "8", "turn", resamples_items),
    Pane("judge", "9", "session", judge_items),
    Pane("changelog", "0", "session", changelog_items),
    Pane("memory", "", "session", memory_items),
    Pane("config", "", "run", config_items),
    Pane("analysis", "", "run", analysis_items),
)
"""All panes, in the order of the bar."""

PANE_BY_NAME = {pane.name: pane for pane in PANES}
