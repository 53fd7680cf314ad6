"""What a tool call would do to files, read out of its arguments.

What belongs here is knowing the shapes of arguments: a whole file, a text for another (one or several), an
insertion, and the patches of `apply_patch`. Names are those that the coding agents and the vendors' own tools
use. A shell's command may write anything, and is none of these.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from capture.atif.trajectory import ToolCall

Json = dict[str, Any]

PATHS = ("file_path", "path", "filename", "file_name", "filepath", "target_file")
CONTENTS = ("content", "contents", "file_text", "new_content")
PAIRS = (("old_string", "new_string"), ("old_str", "new_str"), ("old_text", "new_text"))
WRITING = re.compile("write|create|save|edit|replace|update|insert|put_file", re.IGNORECASE)
"""Tools that write are called so; of others, a path and a text may mean anything."""

_PATCH = re.compile(r"^\*\*\* (Add|Update|Delete) File: (.+)$", re.MULTILINE)
_PATCH_ENDS = ("*** End Patch", "*** End of File", "*** Move to: ")


@dataclass(frozen=True, slots=True)
class Edit:
    """One thing that a call does to a file. All of it is raw."""

    path: str
    what: Literal["write", "replace", "insert", "delete"]
    old: str = ""
    """What is replaced."""
    new: str = ""
    """What stands there then; for `write`, all of the file."""
    everywhere: bool = False
    """Whether every place of `old` is replaced, not only one."""
    line: int = 0
    """The line after which `insert` puts its text."""


def edits_of(call: ToolCall) -> list[Edit]:
    """Return what a call would do to files, in order; nothing where it is no tool that writes any."""
    arguments = call.arguments
    patch = next((each for each in _texts(arguments) if each.lstrip().startswith("*** Begin Patch")), None)
    if patch is not None:
        return list(_of_patch(patch))
    path = _first(arguments, PATHS)
    if path is None or not WRITING.search(call.function_name) or arguments.get("command") == "view":
        return []
    several = arguments.get("edits")
    pairs = [_pair(path, each) for each in (several if isinstance(several, list) else [arguments])]
    found = [each for each in pairs if each is not None]
    if found:
        return found
    line, inserted = arguments.get("insert_line"), _first(arguments, ("insert_text", "new_str"))
    if isinstance(line, int) and inserted is not None:
        return [Edit(path, "insert", new=inserted, line=line)]
    content = _first(arguments, CONTENTS)
    return [Edit(path, "write", new=content)] if content is not None else []


def _pair(path: str, arguments: object) -> Edit | None:
    if not isinstance(arguments, dict):
        return None
    for names in PAIRS:
        old, new = (arguments.get(name) for name in names)
        if isinstance(old, str) and isinstance(new, str | None):
            if not old:
                return Edit(path, "write", new=new or "")
            return Edit(path, "replace", old, new or "", arguments.get("replace_all") is True)
    return None


def _of_patch(patch: str) -> Iterator[Edit]:
    """The files of a patch as `apply_patch` takes it: without line numbers, so each hunk is a replacement."""
    heads = list(_PATCH.finditer(patch))
    for head, end in zip(heads, [*(each.start() for each in heads[1:]), len(patch)], strict=True):
        path = head[2].strip()
        lines = [each for each in patch[head.end() : end].split("\n") if not each.startswith(_PATCH_ENDS)]
        match head[1]:
            case "Add":
                yield Edit(path, "write", new="".join(f"{each[1:]}\n" for each in lines if each[:1] == "+"))
            case "Delete":
                yield Edit(path, "delete")
            case _:
                yield from _hunks(path, lines)


def _hunks(path: str, lines: Sequence[str]) -> Iterator[Edit]:
    old: list[str] = []
    new: list[str] = []
    for each in [*lines, "@@"]:
        if not each.startswith("@@"):
            if each[:1] in ("-", " "):
                old.append(f"{each[1:]}\n")
            if each[:1] in ("+", " "):
                new.append(f"{each[1:]}\n")
        elif old != new:
            yield Edit(path, "replace", "".join(old), "".join(new))
            old, new = [], []
        else:
            old, new = [], []


def _texts(arguments: Json) -> Iterator[str]:
    """Every text among the arguments, lists included."""
    for value in arguments.values():
        yield from (each for each in (value if isinstance(value, list) else [value]) if isinstance(each, str))


def _first(arguments: Json, names: Sequence[str]) -> str | None:
    return next((arguments[name] for name in names if isinstance(arguments.get(name), str)), None)
