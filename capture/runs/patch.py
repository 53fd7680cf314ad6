"""A patch as a list of files, each parsed only when it is looked at: a patch of megabytes opens at once.

What belongs here reads patches as git and the changelog write them; how they look is `widgets.patch_lines`.
"""

from __future__ import annotations

import contextlib
import json
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from io import StringIO
from itertools import pairwise
from typing import Literal, NamedTuple

from capture.shadow import ChangelogRow
from capture.shadow.patch import LEFT_OUT

What = Literal["add", "modify", "delete", "rename", "mode", "symlink", "binary", "large"]


class PatchLine(NamedTuple):
    """One line of a hunk."""

    sign: str
    """`+`, `-`, a blank, or a backslash for git's remark on a missing line break."""
    text: str
    """Raw, without sign and line break."""


@dataclass(frozen=True, slots=True)
class Hunk:
    """One stretch of a file that changed."""

    old_start: int
    new_start: int
    heading: str
    """What stands behind the numbers: the function, mostly; raw."""
    lines: Sequence[PatchLine]


@dataclass(frozen=True, slots=True)
class FilePatch:
    """What a patch does to one file."""

    path: str
    """Raw."""
    what: What
    added: int
    removed: int
    text: str
    """The patch of this file alone; empty where the content is not in it."""
    old_path: str = ""
    """The name before, where it is another; raw."""
    note: str = ""
    """What there is to say besides: raw."""

    def hunks(self) -> list[Hunk]:
        """Parse the file's part of the patch.

        Raises:
            ValueError: it is no patch.
        """
        if not self.text:
            return []
        from unidiff import PatchSet, UnidiffParseError

        try:
            files = PatchSet(StringIO(self.text, newline="\n"))
        except UnidiffParseError as error:
            raise ValueError(str(error)) from None
        return [
            Hunk(
                hunk.source_start,
                hunk.target_start,
                hunk.section_header,
                [PatchLine(line.line_type, line.value.removesuffix("\n")) for line in hunk],
            )
            for file in files
            for hunk in file
        ]


_FILE = re.compile(r"^diff --git ", re.MULTILINE)
_HUNK = re.compile(r"^@@ ", re.MULTILINE)
_QUOTED = re.compile(r"\\([abtnvfr\"\\]|[0-7]{3})")
_ESCAPES = {"a": 7, "b": 8, "t": 9, "n": 10, "v": 11, "f": 12, "r": 13, '"': 34, "\\": 92}


def split_patch(text: str) -> list[FilePatch]:
    """Return the files of a patch that git wrote, in its order; none where nothing changed."""
    starts = [match.start() for match in _FILE.finditer(text)]
    files = [_file(text[start:end]) for start, end in pairwise([*starts, len(text)])]
    return [*_left_out(text[: starts[0]] if starts else text), *files]


def patches_of(rows: Sequence[ChangelogRow]) -> list[FilePatch]:
    """Return what rows of the changelog say, one a row."""
    return [
        FilePatch(
            row.change.path,
            row.change.kind,
            row.change.added,
            row.change.removed,
            row.change.diff,
            note=""
            if row.change.diff or row.change.kind in ("binary", "large", "mode")
            else "no content kept",
        )
        for row in rows
    ]


def _left_out(head: str) -> Iterator[FilePatch]:
    """The large files that a patch of ours names, and does not hold."""
    for line in head.split("\n"):
        if line.startswith(LEFT_OUT):
            with contextlib.suppress(ValueError):
                name = str(json.loads(line.removeprefix(LEFT_OUT)))
                yield FilePatch(name, "large", 0, 0, "", note="no content kept")


def _file(text: str) -> FilePatch:
    """One file of git's patch. Its head is the lines before the first hunk."""
    first = _HUNK.search(text)
    head = text[: first.start()] if first else text[:4_000]
    lines = head.split("\n")
    fields = {name: rest for name, rest in map(_field, lines[1:]) if name}
    before, after = _paths(lines[0], fields)
    binary = "Binary files" in fields or "GIT binary patch" in fields
    body = text[first.start() :] if first else ""
    return FilePatch(
        path=after or before,
        what="binary" if binary else _what(fields),
        added=body.count("\n+"),
        removed=body.count("\n-"),
        text=text if first and not binary else "",
        old_path=before if before and after and before != after else "",
        note=_note(fields),
    )


_FIELDS = (
    *("new file mode", "deleted file mode", "old mode", "new mode", "rename from", "rename to", "copy from"),
    *("copy to", "--- ", "+++ ", "Binary files", "GIT binary patch", "similarity index"),
)


def _field(line: str) -> tuple[str, str]:
    for name in _FIELDS:
        if line.startswith(name):
            return name, line[len(name) :].removeprefix(" ")
    return "", ""


def _what(fields: dict[str, str]) -> What:
    mode = fields.get("new file mode") or fields.get("deleted file mode") or ""
    if mode == "120000":
        return "symlink"
    if "new file mode" in fields:
        return "add"
    if "deleted file mode" in fields:
        return "delete"
    if "rename from" in fields:
        return "rename"
    return "mode" if "old mode" in fields and "--- " not in fields else "modify"


def _note(fields: dict[str, str]) -> str:
    if "old mode" in fields and "new mode" in fields:
        return f"mode {fields['old mode']} → {fields['new mode']}"
    return ""


def _paths(first: str, fields: dict[str, str]) -> tuple[str, str]:
    """The names before and after; empty for a side that does not exist."""
    if "rename from" in fields:
        return _unquoted(fields["rename from"]), _unquoted(fields.get("rename to", ""))
    if "--- " in fields:
        before, after = (_side(fields.get(name, "")) for name in ("--- ", "+++ "))
        return before, after
    rest = first.removeprefix("diff --git ")
    if rest.startswith('"'):
        name = rest.rsplit(' "', 1)[-1].strip('"')
        return "", _unquoted(f'"{name}"').removeprefix("b/")
    return "", rest[len(rest) // 2 + 1 :].removeprefix("b/")


def _side(name: str) -> str:
    name = _unquoted(name.split("\t", 1)[0])
    return "" if name == "/dev/null" else name[2:] if name[:2] in ("a/", "b/") else name


def _unquoted(name: str) -> str:
    """A name as it is on disk: git quotes those with bytes that a terminal or a reader could stumble over."""
    if not (len(name) > 1 and name.startswith('"') and name.endswith('"')):
        return name
    raw = bytearray()
    at = 0
    inner = name[1:-1]
    for match in _QUOTED.finditer(inner):
        raw += inner[at : match.start()].encode("utf-8", "surrogateescape")
        code = match[1]
        raw.append(_ESCAPES[code] if code in _ESCAPES else int(code, 8) & 0xFF)
        at = match.end()
    raw += inner[at:].encode("utf-8", "surrogateescape")
    return raw.decode("utf-8", "surrogateescape")
