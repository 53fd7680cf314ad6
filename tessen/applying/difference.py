"""A planned change as a person reads it: a unified diff.

What belongs here makes lines of text, still as hostile as the files they come from.
"""

from __future__ import annotations

from difflib import unified_diff

from tessen.applying.plan import FilePlan


def difference(file: FilePlan) -> list[str]:
    """Return a file's change as the lines of a unified diff; line endings, which stay, are left out."""
    before = "/dev/null" if file.committed is None else f"a/{file.path}"
    old, new = _lines(file.committed or b""), _lines(file.committed_after)
    return list(unified_diff(old, new, before, f"b/{file.path}", lineterm=""))


def _lines(body: bytes) -> list[str]:
    """Lines of a file; the last one tells if its newline is missing."""
    lines = body.decode("utf-8", "replace").split("\n")
    last = lines.pop()
    shown = [line.removesuffix("\r") for line in lines]
    return [*shown, f"{last} (no newline at the end of the file)"] if last else shown
