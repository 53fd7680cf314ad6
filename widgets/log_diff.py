"""The diff and the changelog of a log's session: what its tool calls wrote, as far as their arguments say it.

What belongs here is saying what that is, and what it is not; how a patch looks is `widgets.patch_lines`.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from capture.runs.patch import patches_of
from capture.shadow import ChangelogRow
from tessen.format import plural
from widgets.lines import Fold, Item, line
from widgets.log_look import LogLook
from widgets.patch_lines import file_fold, patch_items


def diff_items(look: LogLook) -> list[Item]:
    """What the step's calls wrote, or all of the session's, change by change."""
    changes = look.session.changes
    if look.scope != "step":
        rows = [row for step in sorted(changes) for row in changes[step]]
        return [*_patch(rows, "the session, change by change", look), *_how_known(look)]
    if look.step is None:
        return [line(("no step is selected", "dim"))]
    if rows := list(changes.get(look.step, ())):
        return [*_patch(rows, f"step {look.step}", look), *_how_known(look)]
    before = max((step for step in changes if step < look.step), default=None)
    after = min((step for step in changes if step > look.step), default=None)
    near = ", ".join(f"step {step} did" for step in (before, after) if step is not None)
    words = f": {near}" if near else ", and neither did any other of this session"
    return [line((f"step {look.step} wrote no file by a tool call{words}", "dim")), *_how_known(look)]


def changelog_items(look: LogLook) -> list[Item]:
    """Every write, in order, behind its step and its file."""
    changes = look.session.changes
    rows = [(step, row) for step in sorted(changes) for row in changes[step]]
    if not rows:
        return [line(("no tool call of this session wrote a file", "dim")), *_how_known(look)]
    head = line((f"session {look.session_name[:8]}", "strong"), (f"  {plural(len(rows), 'write')}", "dim"))
    return [head, *(_write(step, row) for step, row in rows), *_how_known(look)]


def _patch(rows: Sequence[ChangelogRow], about: str, look: LogLook) -> list[Item]:
    return patch_items(patches_of(rows), about, side_by_side=look.side_by_side)


def _write(step: int, row: ChangelogRow) -> Fold:
    fold = file_fold(patches_of([row])[0], opened=False)
    number = line((f"step {step:<4}", "dim")).spans[0]
    fold.header = fold.header._replace(spans=(number, *fold.header.spans))
    return fold


def _how_known(look: LogLook) -> Iterator[Item]:
    """What a log cannot say, and what was left out."""
    writes = look.log.writes
    if writes.failed:
        yield line((f"{plural(writes.failed, 'write')} of this session failed, and changed nothing", "warn"))
    if writes.unanswered:
        yield line(
            (f"{plural(writes.unanswered, 'write')} of this session left out: no result is on record", "warn")
        )
    yield line(
        ("A log holds no files: this is what tools that write or edit were called with. What a", "faint"),
        (" command wrote is not in it; an agent run by harness has every change.", "faint"),
    )
