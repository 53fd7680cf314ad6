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
from tessen.reading.tools import Asked

Groups = tuple[bytes, ...]
Taking = Callable[[Groups], Groups]


@dataclass(frozen=True, slots=True, eq=False)
class Mold:
    """The shape of lines' ends."""

    pattern: re.Pattern[bytes]
    taken: tuple[int, ...]
    """The groups that are taken out: the whole first, then what follows is told by its place among them."""
    needed: tuple[int, ...]
    """Which of all counts are taken out."""
    numbers: Taking
    """Takes the counts out of the groups, as digits."""
    telling: Taking
    """Takes out what is not in the shape, but decides what a line means."""
    tools: tuple[tuple[int, int], ...]
    """Which groups are names and arguments."""
    duration: int | None
    """Which group it is; None where it does not stand in a line's end."""
    ttft: int | None

    def asked(self, groups: Groups) -> tuple[Asked, ...]:
        """The tools that the answer asks for."""
        return tuple([Asked(groups[name], groups[arguments]) for name, arguments in self.tools])


def _taking(groups: list[int]) -> Taking:
    if len(groups) > 1:
        return itemgetter(*groups)
    return (lambda found: (found[groups[0]],)) if groups else (lambda _: ())


def mold_of(made: Draft, needed: frozenset[int]) -> Mold | None:
    """Make the mold.

    Args:
        made: Of a line's end.
        needed: Those of its counts that are to be taken out.

    Returns:
        None where tools' names and arguments do not stand in pairs.
    """
    groups: dict[str, list[int]] = {kind: [] for kind in ("count", "telling", "name", "asked")}
    groups |= {"duration_ms": [], "ttft_ms": []}
    taken = [0]
    pattern = b"".join(_numbered(made.parts, needed, groups, taken))
    if len(groups["name"]) != len(groups["asked"]):
        return None
    return Mold(
        re.compile(pattern, re.DOTALL),
        tuple(taken),
        tuple(sorted(needed)),
        _taking(groups["count"]),
        _taking(groups["telling"]),
        tuple(zip(groups["name"], groups["asked"], strict=True)),
        *(next(iter(groups[name]), None) for name in ("duration_ms", "ttft_ms")),
    )


def _numbered(
    parts: list[Part], needed: frozenset[int], groups: dict[str, list[int]], taken: list[int]
) -> Iterator[bytes]:
    """The pieces; and into `groups` and `taken`, what is taken out of which."""
    group = count = first = 0
    for kind, pattern in parts:
        wanted = kind not in ("", "open", "close", "again")
        if kind == "count":
            wanted = count in needed
            count += 1
        group += wanted or kind == "open"
        if wanted:
            groups[kind].append(len(taken))
            taken.append(group)
        first = group if kind == "open" else first
        if kind == "again":
            yield rb"(?:\%d)" % first
        elif wanted and kind in ("count", "duration_ms", "ttft_ms"):
            yield rb"(%b)" % pattern
        else:
            yield pattern
