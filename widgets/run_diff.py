"""The diff pane of a run: what a step, a session or the whole run did to the files.

What belongs here is where each of the three is found on disk. How a patch looks is `widgets.patch_lines`.
"""

from __future__ import annotations

from pathlib import Path

from capture.runs.patch import FilePatch, patches_of, split_patch
from capture.shadow import read_changelog
from widgets.lines import Item, line
from widgets.patch_lines import patch_items
from widgets.run_look import Look


def diff_items(look: Look) -> list[Item]:
    """The diff that is looked at; reads files, so it is called in a thread."""
    match look.scope:
        case "step":
            return _step(look)
        case "session":
            return _whole(look, look.session.folder.diff, f"session {look.session_name}")
        case "run":
            return _whole(look, look.run.diff, "the whole run")


def _step(look: Look) -> list[Item]:
    if look.step is None:
        return [line(("no step is selected", "dim"))]
    rows = look.session.changes.get(look.step, ())
    about = f"step {look.step}"
    if rows:
        return patch_items(patches_of(rows), about, side_by_side=look.side_by_side)
    near = min((step for step in look.session.changes if step > look.step), default=None)
    last = max((step for step in look.session.changes if step < look.step), default=None)
    hints = [f"step {step} did" for step in (last, near) if step is not None]
    more = f": {', '.join(hints)}" if hints else ", and neither did any other of this session"
    return [
        line((f"{about} changed no file{more}", "dim")),
        line(("d shows the session's, the run's", "faint")),
    ]


def _whole(look: Look, path: Path, about: str) -> list[Item]:
    """A patch that was written at the end; until then, what the changelog holds so far."""
    try:
        text = path.read_bytes().decode("utf-8", "replace")
    except FileNotFoundError:
        return _so_far(look, about)
    except OSError as error:
        return [line((f"{path.name} cannot be read: {error.strerror}", "warn"))]
    return patch_items(split_patch(text), about, side_by_side=look.side_by_side)


def _so_far(look: Look, about: str) -> list[Item]:
    folder = look.session.folder
    try:
        rows = read_changelog(look.run.changelog).rows
    except OSError as error:
        return [line((f"state_changelog.jsonl cannot be read: {error.strerror}", "warn"))]
    if look.scope == "session":
        rows = tuple(
            row for row in rows if (row.session_index, row.replicate) == (folder.index, folder.replicate)
        )
    files: list[FilePatch] = patches_of(rows)
    return patch_items(files, f"{about} so far, change by change", side_by_side=look.side_by_side)
