"""What lines mean that have everything in common but words and numbers, read once from one that was parsed.

What belongs here is learning: which mold a line's end fits, and what calls of this agent, from this place
in its program, with this mold have in common. It is `facts.py` that reads the line, mending and all, and
each thing learned has to say the same of the line as it does. What is spent on it is a fraction of what
parsing costs.
"""

from __future__ import annotations

import re
from collections.abc import Callable

from tessen.reading.draft import Draft, draft
from tessen.reading.facts import Facts, facts_of
from tessen.reading.mend import is_old
from tessen.reading.molds import Groups, Mold, mold_of
from tessen.reading.parse import parse
from tessen.reading.rows import Counting, Kin, Row, facts_of_row, kin_of
from tessen.reading.tools import call_of
from tessen.usage import Usage

_MOLD_COSTS, _KIN_COSTS = 100, 10
"""Lines that have to be parsed before one mold is made, or one kin: it takes about as long."""

LOAN = 1_500
"""What is learned ahead of a long log: about a dozen molds and their kin, in a twentieth of a second."""

_MOST_MOLDS, _MOST_PLACES, _MOST_KINS = 64, 1_000, 100
_LONGEST = 512 << 10
"""Bytes of a line that is learned from: it is parsed as it is."""
_TOOL = b'"tool_'
_OBJECT_BEFORE = (b"},", b"}, ")
_SOUND = re.compile(
    rb'(?:"[^"\\]*+": ?(?:null|-?\d++(?:\.\d++)?|"[^"\\]*+"|'
    rb'\{(?:"[^"\\]*+": ?(?:null|-?\d++|"[^"\\]*+")(?:, ?)?)*+\}), ?)++'
).fullmatch
"""Whole members, none of them nested in another."""

Kins = dict[tuple[bytes, Groups], Kin | None]
"""What calls have in common, by agent and what tells: None for what has to be parsed."""

Fit = tuple[Mold, Kins, Groups]
"""The mold that a line's end fits, what is known of calls that fit it, and what it takes out."""

Span = tuple[bytes, int, int, int]
"""Lines; where in them a line starts, where its end begins, behind the request, and where it ends."""

RowOf = Callable[[Kin], Row | None]


class Place:
    """Lines that have their members up to the request in common, but for ids and times."""

    __slots__ = ("_molds", "known", "sound")

    def __init__(self, members: bytes) -> None:
        self.sound = _SOUND(members) is not None
        self._molds: tuple[list[tuple[Mold, Kins]], ...] = [], []
        """The one that fitted last first; of ends that name no tool, and of those that do."""
        self.known = 0
        """How many kinds of calls something was learned of."""

    def fit(self, data: bytes, at: int, end: int) -> Fit | None:
        """The mold that a line's end fits."""
        molds = self._molds[data.find(_TOOL, at, end) >= 0]
        for mold, kins in molds:
            match = mold.pattern.fullmatch(data, at, end)
            if match is not None:
                if molds[0][0] is not mold:
                    molds.remove((mold, kins))
                    molds.insert(0, (mold, kins))
                return mold, kins, match.groups()
        return None

    def know(self, agent: bytes, fit: Fit, kin: Kin | None) -> None:
        """Remember what such calls have in common."""
        mold, kins, groups = fit
        kins[agent, mold.telling(groups)] = kin
        self.known += 1

    def add(self, mold: Mold) -> None:
        """Let lines' ends be tried with a mold."""
        kins: Kins = {}
        for molds in self._molds:
            molds.append((mold, kins))


class Learned:
    """All that was learned.

    Args:
        credit: How much may be learned at once; it grows with each line that has to be parsed.
    """

    def __init__(self, credit: int = 0) -> None:
        self.places: dict[bytes, Place] = {}
        self._molds: list[Mold] = []
        self._credit = credit

    def lend(self) -> None:
        """Learn at once what is seen next: it pays where much is going to be like it."""
        self._credit = max(self._credit, LOAN)

    def place(self, members: bytes) -> Place:
        """Begin to remember a place that has these members."""
        if len(self.places) >= _MOST_PLACES:
            self.places.clear()
        found = self.places[members] = Place(members)
        return found

    def missed(self, place: Place, span: Span) -> None:
        """Take notice of a line whose end fits no mold of its place; it is going to be parsed."""
        data, start, at, end = span
        self._credit += 1
        if self._credit < _KIN_COSTS or not place.sound:
            return
        for mold in self._molds:
            if mold.pattern.fullmatch(data, at, end):
                place.add(mold)
                return
        if self._credit < _MOLD_COSTS or len(self._molds) >= _MOST_MOLDS or end - start > _LONGEST:
            return
        self._credit -= _MOLD_COSTS
        try:
            made = _mold(span)
        except (ValueError, RecursionError, TypeError):
            return
        if made is not None:
            self._molds.append(made)
            place.add(made)

    def kin(self, place: Place, agent: bytes, fit: Fit, span: Span, row_of: RowOf) -> None:
        """Learn what calls have in common with one of them, if enough was parsed meanwhile.

        Args:
            place: Where it comes from.
            agent: As it stands in the line.
            fit: The mold of the line's end.
            span: Where it is.
            row_of: Makes the line's row.
        """
        self._credit += 1
        if self._credit < _KIN_COSTS or place.known >= _MOST_KINS or span[3] - span[1] > _LONGEST:
            return
        self._credit -= _KIN_COSTS
        try:
            certain, kin = _kin(fit, span, row_of)
        except (ValueError, RecursionError, TypeError):
            certain, kin = True, None
        if certain:
            place.know(agent, fit, kin)


def _mold(span: Span) -> Mold | None:
    data, start, at, end = span
    event = parse(data[start:end])
    before = next((each for each in _OBJECT_BEFORE if data.endswith(each, start, at)), b"")
    if not before or not isinstance(event, dict):
        return None
    made = draft(data, at, end, old=is_old(event))
    if made is None:
        return None
    usage = _marked(data[start:at], made).usage
    needed = frozenset(n for n in range(made.counts) if any(count >> n & 1 for count in usage or ()))
    mold = mold_of(before, made, needed)
    match = mold.pattern.fullmatch(data, at, end) if mold is not None else None
    if mold is None or match is None:
        return None
    calls = tuple(map(call_of, mold.asked(match.groups())))
    return mold if calls == facts_of(event).tool_calls else None


def _marked(before: bytes, made: Draft) -> Facts:
    """What a line would say whose counts are marked."""
    return facts_of(parse(before + b"".join(made.marked)))


def _kin(fit: Fit, span: Span, row_of: RowOf) -> tuple[bool, Kin | None]:
    """What calls have in common, and whether that is certain.

    It is not where the counts, which differ, decide what is wrong with the call.
    """
    data, start, at, end = span
    event = parse(data[start:end])
    facts = facts_of(event, end - start)
    made = draft(data, at, end, old=is_old(event))
    if made is None:
        return True, None
    marked = _marked(data[start:at], made)
    if marked.signals != facts.signals:
        return False, None
    kin = kin_of(
        *(facts.agent, facts.provider, facts.surface, facts.call_site, facts.streamed, facts.error),
        *(facts.error_type, facts.http_status, facts.model, facts.signals, facts.outcome, facts.computed),
        *(facts.old, _counting(marked.usage, fit[0].needed)),
    )
    row = row_of(kin)
    return True, kin if row is not None and facts_of_row(kin, row) == facts else None


def _counting(usage: Usage | None, needed: tuple[int, ...]) -> Counting | None:
    """Which of the numbers taken out each count is the sum of, told by their marks."""
    if usage is None:
        return None
    return tuple(tuple(n for n, mark in enumerate(needed) if count >> mark & 1) for count in usage)
