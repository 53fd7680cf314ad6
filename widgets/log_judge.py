"""The judge pane of a log's session: every verdict on it, by the judge run that gave it.

What belongs here is the order; how a judge run looks is `widgets.verdicts_document`.
"""

from __future__ import annotations

from capture.judge.kept import Kept, read_verdicts
from widgets.lines import Item, line
from widgets.log_look import LogLook
from widgets.verdicts_document import verdicts_items


def judge_items(look: LogLook) -> list[Item]:
    """All verdicts, the newest judge run first; reads the file, in a thread."""
    file = look.session.folder.judge
    try:
        kept, unreadable = read_verdicts(file)
    except OSError as error:
        return [line((f"{file} cannot be read: {error.strerror}", "warn"))]
    runs: dict[str, list[Kept]] = {}
    for each in kept:
        runs.setdefault(f"job {each.judge_run}" if each.judge_run else "without a job", []).append(each)
    if not runs and not unreadable:
        return [
            line(("no verdict on this session", "dim")),
            line(("J has it judged, up to the call under the cursor", "faint")),
        ]
    return verdicts_items(list(reversed(runs.items())), unreadable)
