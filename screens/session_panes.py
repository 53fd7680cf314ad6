"""The panes beside the trajectory of a log's session.

What belongs here is the table: the same panes under the same keys as a run's. What a pane shows is a function
in `widgets` from a `LogLook` to the items of a document.
"""

from __future__ import annotations

from screens.pane import Pane
from widgets.log_api import api_items
from widgets.log_config import config_items
from widgets.log_diff import changelog_items, diff_items
from widgets.log_findings import findings_items
from widgets.log_judge import judge_items
from widgets.log_look import LogLook
from widgets.log_resamples import resamples_items
from widgets.log_subagents import subagents_items

PANES: tuple[Pane[LogLook], ...] = (
    Pane("diff", "5", "step", diff_items, "hunk", "file"),
    Pane("API", "6", "step", api_items, "part", "call"),
    Pane("subagents", "7", "session", subagents_items, "step", "conversation"),
    Pane("resamples", "8", "step", resamples_items, "sample", "variant"),
    Pane("judge", "9", "session", judge_items),
    Pane("changelog", "0", "session", changelog_items, "hunk", "file"),
    Pane("config", "", "session", config_items),
    Pane("findings", "", "run", findings_items, whole="finding"),
)
"""All panes, in the order of the bar."""
