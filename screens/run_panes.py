"""The panes beside a run's trajectory.

What belongs here is the table. What a pane shows is a function in `widgets` from a `Look` to the items of a
document.
"""

from __future__ import annotations

from screens.pane import Pane
from widgets.run_api import api_items
from widgets.run_diff import diff_items
from widgets.run_look import Look
from widgets.run_record import analysis_items, changelog_items, config_items, judge_items, memory_items
from widgets.run_resamples import resamples_items
from widgets.run_subagents import subagents_items

PANES: tuple[Pane[Look], ...] = (
    Pane("diff", "5", "step", diff_items, "hunk", "file"),
    Pane("API", "6", "turn", api_items, "part", "request"),
    Pane("subagents", "7", "session", subagents_items, "step", "subagent"),
    Pane("resamples", "8", "turn", resamples_items, "sample", "variant"),
    Pane("judge", "9", "session", judge_items, whole="verdict"),
    Pane("changelog", "0", "session", changelog_items, "hunk", "file"),
    Pane("memory", "", "session", memory_items),
    Pane("config", "", "run", config_items),
    Pane("analysis", "", "run", analysis_items),
)
"""All panes, in the order of the bar."""
