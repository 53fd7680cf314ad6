"""Ends of lines that are alike but for their words and numbers.

What belongs here is the pattern that a draft becomes. It consumes whole tokens up to the line's last brace,
so what fits is JSON of the same shape: the same members in the same order, the same kinds of blocks.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from operator import itemgetter

from tessen.reading.draft import Draft, Part
from tessen.reading.tools import Asked, Call, kept

Groups = tuple[bytes, ...]
Taking = Callable[[Groups], Groups]


@dataclass(frozen=True, slots=True, eq=False)
class Mold:
    """The shape of lines' ends."""

    pattern: re.Pattern[bytes]
    needed: tuple[int, ...]
    """Which of all counts are taken out."""
    numbers: Callable[[Groups], Groups | None]
    """Takes the counts out of the groups, as digits; None where there are none."""
    telling: Taking
    """Takes out what is not in the shape, but decides what a line means."""
    asked: Callable[[Groups], tuple[Call | Asked, ...]]
    """Takes out the tools that the answer asks for; raises ValueError or RecursionError as `kept` does."""
    duration: int | None
    """Which group it is; None where it does not stand in a line's end."""
    ttft: int | None


def _taking(groups: list[int]) -> Taking:
    if len(groups) > 1:
        return itemgetter(*groups)
    return (lambda found: (found[groups[0]],)) if groups else (lambda _: ())


def _asking(names: list[int], arguments: list[int]) -> Callable[[Groups], tuple[Call | Asked, ...]]:
    if not names:
        return lambda _: ()
    if len(names) == 1:
        name, of = names[0], arguments[0]
        return lambda found: (kept(found[name], found[of]),)
    pairs = tuple(zip(names, arguments, strict=True))
    return lambda found: tuple([kept(found[name], found[of]) for name, of in pairs])


def mold_of(before: bytes, made: Draft, needed: frozenset[int]) -> Mold | None:
    """Make the mold.

    Args:
        before: What has to stand before a line's end.
        made: Of a line's end.
        needed: Those of its counts that are to be taken out.

    Returns:
        None where tools' names and arguments do not stand in pairs.
    """
    groups: dict[str, list[int]] = {kind: [] for kind in ("count", "telling", "name", "asked")}
    groups |= {"duration_ms": [], "ttft_ms": []}
    pattern = b"".join(_numbered(made.parts, needed, groups))
    if len(groups["name"]) != len(groups["asked"]):
        return None
    return Mold(
        re.compile(rb"(?<=%b)%b" % (re.escape(before), pattern), re.DOTALL),
        tuple(sorted(needed)),
        _taking(groups["count"]) if needed else lambda _: None,
        _taking(groups["telling"]),
        _asking(groups["name"], groups["asked"]),
        *(next(iter(groups[name]), None) for name in ("duration_ms", "ttft_ms")),
    )


def _numbered(parts: list[Part], needed: frozenset[int], groups: dict[str, list[int]]) -> Iterator[bytes]:
    """The pieces; and into `groups`, which of what they take out is what, counted from 0."""
    group = count = first = 0
    for kind, pattern in parts:
        wanted = kind not in ("", "open", "close", "again")
        if kind == "count":
            wanted = count in needed
            count += 1
        group += wanted or kind == "open"
        if wanted:
            groups[kind].append(group - 1)
        first = group if kind == "open" else first
        if kind == "again":
            yield rb"(?:\%d)" % first
        elif wanted and kind in ("count", "duration_ms", "ttft_ms"):
            yield rb"(%b)" % pattern
        else:
            yield pattern
