"""A patch as a document: a head, then its files, each with its hunks, unified or side by side.

What belongs here is how a patch looks. Files are parsed and code is coloured when they are first opened or
drawn, so that megabytes open at once.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import partial
from itertools import zip_longest

from capture.runs.patch import FilePatch, Hunk
from tessen.format import plural, size
from widgets.code_ink import CodeInk
from widgets.late_line import LateLine
from widgets.lines import Fold, Item, Line, Pair, Span, line
from widgets.text_lines import byte_count, text_items

OPEN_LINES = 400
"""Changed lines up to which all files of a patch are open at first; a bigger one is a list of files."""

HUGE = 500_000
"""Characters of one file's patch beyond which it is named, and shown as plain text when asked for."""

WORDS = {
    "add": "new",
    "delete": "deleted",
    "modify": "",
    "rename": "renamed",
    "mode": "mode changed",
    "symlink": "link",
    "binary": "binary",
    "large": "too large to compare",
}
_WHAT_STYLES = {"add": "good", "delete": "bad", "binary": "warn", "large": "warn"}


def patch_items(files: Sequence[FilePatch], about: str, *, side_by_side: bool) -> list[Item]:
    """All files of a patch below a line that says how much there is.

    Args:
        files: in order.
        about: what the patch is of, such as "step 12"; raw.
        side_by_side: old lines beside new ones, else above.
    """
    if not files:
        return [line((f"{about} changed no file", "dim"))]
    added, removed = sum(f.added for f in files), sum(f.removed for f in files)
    opened = added + removed <= OPEN_LINES
    head = line((about, "strong"), f"  {plural(len(files), 'file')}  ", *_counts(added, removed))
    return [head, *(file_fold(each, opened=opened, side_by_side=side_by_side) for each in files)]


def file_fold(patch: FilePatch, *, opened: bool, side_by_side: bool = False, indent: int = 0) -> Fold:
    """One file behind its name.

    Args:
        patch: what was done to it.
        opened: whether its hunks are shown at first.
        side_by_side: old lines beside new ones, else above.
        indent: cells before the marker column.
    """
    huge = len(patch.text) > HUGE
    name = f"{patch.old_path} → {patch.path}" if patch.old_path else patch.path
    words = [WORDS[patch.what], patch.note]
    if huge:
        words.append(f"{size(byte_count(patch.text))} of patch, shown as text")
    parts: list[str | tuple[str, str]] = [(name, "strong")]
    if patch.text:
        parts += ["  ", *_counts(patch.added, patch.removed)]
    said = "  ".join(filter(None, words))
    parts.append((f"  {said}" if said else "", _WHAT_STYLES.get(patch.what, "dim")))
    return Fold(
        line(*parts, indent=indent, clipped=True),
        lambda: _body(patch, side_by_side, indent + 2),
        open=opened and bool(patch.text) and not huge,
        copy=patch.text or name,
        noun=f"the patch of {patch.path}",
        haystack=patch.text,
        laborious=huge,
        of=patch.path,
        marks=frozenset({"file"}),
        holds=frozenset({"hunk"}) if patch.text and not huge else frozenset(),
    )


def _counts(added: int, removed: int) -> list[tuple[str, str]]:
    return [(f"+{added:,}", "added"), (" ", ""), (f"-{removed:,}", "removed")]


def _body(patch: FilePatch, side_by_side: bool, indent: int) -> list[Item]:
    if not patch.text:
        return [line((_why_empty(patch), "dim"), indent=indent)]
    if len(patch.text) > HUGE:
        return text_items(patch.text, indent=indent)
    try:
        hunks = patch.hunks()
    except ValueError as problem:
        said = line((f"this is no patch that can be parsed: {problem}", "warn"), indent=indent)
        return [said, *text_items(patch.text, indent=indent)]
    return [_hunk_fold(hunk, patch.path, side_by_side, indent) for hunk in hunks]


def _why_empty(patch: FilePatch) -> str:
    match patch.what:
        case "binary":
            return "a binary file: its states are in .shadow_git"
        case "large":
            return "a large file: its states are in .shadow_git"
        case "mode":
            return "only the file's mode changed"
        case _:
            return "nothing of its content is in the patch"


def _hunk_fold(hunk: Hunk, path: str, side_by_side: bool, indent: int) -> Fold:
    moved = f" → {hunk.new_start}" if hunk.new_start != hunk.old_start and hunk.old_start else ""
    where = f"line {hunk.old_start or 1}{moved}"
    return Fold(
        line((f"{where}  ", "faint"), (hunk.heading, "dim"), indent=indent, clipped=True),
        lambda: list(_pairs(hunk, path, indent) if side_by_side else _unified(hunk, path, indent)),
        open=True,
        copy=lambda: "\n".join(f"{each.sign}{each.text}" for each in hunk.lines),
        noun="hunk",
        marks=frozenset({"hunk"}),
    )


_TINTS = {"+": "added", "-": "removed"}


class _Sides:
    """The two states of a hunk's lines, each to be coloured as a whole."""

    def __init__(self, hunk: Hunk, path: str, indent: int) -> None:
        self._ink = {
            sign: CodeInk(path, [each.text.expandtabs(4) for each in hunk.lines if each.sign in (sign, " ")])
            for sign in "-+"
        }
        self._at = {"-": 0, "+": 0}
        self._indent = indent

    def line(self, sign: str, text: str) -> LateLine | Line:
        """The hunk's next line of a sign; a context line is one of both sides."""
        if sign == "\\":
            return Line((Span(text.strip(), "faint"),), self._indent)
        ink, number = self._ink["-" if sign == "-" else "+"], self._at["-" if sign == "-" else "+"]
        for side in self._at if sign == " " else sign:
            self._at[side] += 1
        tint = _TINTS.get(sign, "")
        lead = Span(f"{sign} ", f"{tint}:{tint}" if tint else "")
        look = partial(ink.spans, number, f"{tint}:" if tint else "")
        return LateLine(text.expandtabs(4), look, self._indent, lead)


def _unified(hunk: Hunk, path: str, indent: int) -> Iterator[Item]:
    """Removed lines, then the added ones in their place."""
    sides = _Sides(hunk, path, indent)
    return (sides.line(each.sign, each.text) for each in hunk.lines)


def _pairs(hunk: Hunk, path: str, indent: int) -> Iterator[Item]:
    """Removed lines beside the added ones in their place."""
    sides = _Sides(hunk, path, indent)
    removed: list[LateLine | Line] = []
    added: list[LateLine | Line] = []
    for each in hunk.lines:
        drawn = sides.line(each.sign, each.text)
        if each.sign in "+-":
            (added if each.sign == "+" else removed).append(drawn)
            continue
        yield from (Pair(left, right) for left, right in zip_longest(removed, added))
        removed, added = [], []
        yield Pair(drawn, drawn)
    yield from (Pair(left, right) for left, right in zip_longest(removed, added))
