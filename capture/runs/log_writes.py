"""What a session's tool calls wrote to files, as far as the calls say it: a log holds no files.

What belongs here is what became of a file, call by call. A change counts once its call has a result that is
no error. Where a file was written whole before, a change stands at its line; else only the text is known.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from capture.atif.trajectory import Step
from capture.runs.tool_edits import Edit, edits_of
from capture.shadow import ChangelogRow
from capture.shadow.change import CONTENT_LIMIT, DIFF_LIMIT, FileChange
from capture.shadow.unified import unified

_NO_FILE = "what was there before is not on record"
_NO_PLACE = "where in the file is not on record"


@dataclass(frozen=True, slots=True)
class LogWrites:
    """What the tool calls of a session wrote."""

    changes: Mapping[int, Sequence[ChangelogRow]] = field(default_factory=dict)
    """Step id → the files its calls changed, in order."""
    unanswered: int = 0
    """Calls that would write, and have no result on record."""
    failed: int = 0
    """Calls that would have written, and failed."""


def writes_of(steps: Sequence[Step]) -> LogWrites:
    """Return what the tool calls of a session's steps wrote."""
    known: dict[str, str] = {}
    changes: dict[int, list[ChangelogRow]] = {}
    unanswered = failed = 0
    for step in steps:
        results = {result.source_call_id: result for result in step.results}
        for call in step.tool_calls:
            if not (edits := edits_of(call)):
                continue
            result = results.get(call.tool_call_id)
            if result is None:
                unanswered += 1
            elif result.extra.get("is_error") is True:
                failed += 1
            else:
                rows = [
                    ChangelogRow(step.timestamp or "", 1, None, step.step_id, _change(each, known))
                    for each in edits
                ]
                changes.setdefault(step.step_id, []).extend(rows)
    return LogWrites(changes, unanswered, failed)


def _change(edit: Edit, known: dict[str, str]) -> FileChange:
    """What an edit does; `known` holds files as they are by then, as far as that is known."""
    before = known.pop(edit.path, None)
    if edit.what == "delete":
        return FileChange(edit.path, "delete", None, None, "", 0, 0, None, None)
    after = edit.new if edit.what == "write" else _applied(edit, before) if before is not None else None
    if after is None:
        note = f"after line {edit.line}" if edit.what == "insert" else _NO_PLACE
        return _compared(edit.path, _line_end(edit.old), _line_end(edit.new), note, kept=False)
    known[edit.path] = after
    return _compared(edit.path, before, after, "" if before is not None else _NO_FILE, kept=True)


def _applied(edit: Edit, before: str) -> str | None:
    """A file after an edit; None where the edit does not fit what is known of it."""
    if edit.what == "insert":
        lines = before.split("\n")
        return "\n".join([*lines[: edit.line], _line_end(edit.new)[:-1], *lines[edit.line :]])
    return before.replace(edit.old, edit.new, -1 if edit.everywhere else 1) if edit.old in before else None


def _compared(path: str, before: str | None, after: str, note: str, *, kept: bool) -> FileChange:
    """A change with its diff; with the contents, where they are all of the file."""
    old, new = ((text or "").encode("utf-8", "replace") for text in (before, after))
    diff, added, removed = "", 0, 0
    if len(old) + len(new) <= DIFF_LIMIT:
        diff, added, removed = unified(path.lstrip("/"), old, new, lambda: _all_replaced(old, new))
        diff = diff.replace(" @@\n", f" @@ {note}\n", 1) if note else diff
    contents = [
        text if kept and text is not None and len(text) <= CONTENT_LIMIT else None for text in (before, after)
    ]
    return FileChange(path, "modify", None, None, diff, added, removed, *contents)


def _all_replaced(old: bytes, new: bytes) -> bytes:
    """A diff of texts that are too long to be aligned: all of one for all of the other."""
    sides = [(sign, text.removesuffix(b"\n").split(b"\n")) for sign, text in ((b"-", old), (b"+", new))]
    ranges = b"\n@@ -1,%d +1,%d @@\n" % tuple(len(lines) for _, lines in sides)
    return ranges + b"".join(sign + line + b"\n" for sign, lines in sides for line in lines)


def _line_end(text: str) -> str:
    return text if not text or text.endswith("\n") else f"{text}\n"
