"""Unified diffs of two texts, for reading.

What belongs here is the diff itself, in git's form of it. Equal lines at both ends are put aside first, which
leaves next to nothing of most edits; a middle that is still long is git's work.
"""

from __future__ import annotations

from collections.abc import Callable
from difflib import SequenceMatcher

CONTEXT = 3
MIDDLE_AT_MOST = 400
"""Lines on both sides together that are compared here; the time grows with their square."""

Elsewhere = Callable[[], bytes]
"""Makes the whole diff by other means."""


def unified(
    path: str, before: bytes | None, after: bytes | None, elsewhere: Elsewhere
) -> tuple[str, int, int]:
    """Compare two contents.

    Args:
        path: For the head.
        before: None where there was no such file.
        after: None where there is none any more.
        elsewhere: For what would take long here.

    Returns:
        The diff, lines added, lines removed.
    """
    old, new = _lines(before), _lines(after)
    if before is None or after is None:
        return _whole(path, before, after, old, new)
    start = _common(old, new)
    stop = _common(old[start:][::-1], new[start:][::-1])
    middle = len(old) + len(new) - 2 * (start + stop)
    if middle > MIDDLE_AT_MOST:
        body = elsewhere().partition(b"\n@@")
        hunks = (body[1] + body[2])[1:].decode("utf-8", "replace")
    else:
        hunks = _hunks(old, new, start, stop)
    added, removed = _count(hunks)
    return _head(path, before, after) + hunks if hunks else "", added, removed


def _whole(
    path: str, before: bytes | None, after: bytes | None, old: list[str], new: list[str]
) -> tuple[str, int, int]:
    """The diff where one side is not there at all."""
    if not old and not new:
        return "", 0, 0
    lines = [_line("-", line) for line in old] + [_line("+", line) for line in new]
    ranges = f"@@ -{_range(0, 0, len(old))} +{_range(0, 0, len(new))} @@\n"
    return _head(path, before, after) + ranges + "".join(lines), len(new), len(old)


def quoted(path: str) -> str:
    """A path as git writes it in a patch: in quotes where it holds more than plain characters."""
    raw = path.encode("utf-8", "surrogateescape")
    if all(0x20 <= byte < 0x7F and byte not in b'"\\' for byte in raw):
        return path
    special = {0x22: '\\"', 0x5C: "\\\\", 0x0A: "\\n", 0x09: "\\t", 0x0D: "\\r"}
    shown = (special.get(b, chr(b) if 0x20 <= b < 0x7F else f"\\{b:03o}") for b in raw)
    return '"' + "".join(shown) + '"'


def _head(path: str, before: bytes | None, after: bytes | None) -> str:
    return f"--- {_name('a/', path, before)}\n+++ {_name('b/', path, after)}\n"


def _name(prefix: str, path: str, content: bytes | None) -> str:
    return "/dev/null" if content is None else quoted(prefix + path)


def _lines(content: bytes | None) -> list[str]:
    """Lines with their ends; only a newline ends one."""
    if not content:
        return []
    lines = content.decode("utf-8", "replace").split("\n")
    last = lines.pop()
    return [line + "\n" for line in lines] + ([last] if last else [])


def _common(one: list[str], other: list[str]) -> int:
    count = 0
    for here, there in zip(one, other, strict=False):
        if here != there:
            break
        count += 1
    return count


def _hunks(old: list[str], new: list[str], start: int, stop: int) -> str:
    first = max(0, start - CONTEXT)
    old_part = old[first : len(old) - stop + CONTEXT if stop > CONTEXT else None]
    new_part = new[first : len(new) - stop + CONTEXT if stop > CONTEXT else None]
    out: list[str] = []
    matcher = SequenceMatcher(None, old_part, new_part, autojunk=False)
    for group in matcher.get_grouped_opcodes(CONTEXT):
        old_from, old_to, new_from, new_to = group[0][1], group[-1][2], group[0][3], group[-1][4]
        out.append(f"@@ -{_range(first, old_from, old_to)} +{_range(first, new_from, new_to)} @@\n")
        for kind, i, j, k, m in group:
            if kind == "equal":
                out += [_line(" ", line) for line in old_part[i:j]]
            else:
                out += [_line("-", line) for line in old_part[i:j]]
                out += [_line("+", line) for line in new_part[k:m]]
    return "".join(out)


def _range(first: int, start: int, stop: int) -> str:
    length = stop - start
    begin = first + start + (1 if length else 0)
    return f"{begin}" if length == 1 else f"{begin},{length}"


def _line(mark: str, line: str) -> str:
    return mark + line if line.endswith("\n") else f"{mark}{line}\n\\ No newline at end of file\n"


def _count(hunks: str) -> tuple[int, int]:
    lines = hunks.split("\n")
    return sum(line.startswith("+") for line in lines), sum(line.startswith("-") for line in lines)
