"""Whether an agent asked what it had asked before, apart from what is never twice the same.

What belongs here is the comparison of two requests, text by text, and what a text may differ in: names of the
conversation, dates, where files lie, what an engine says of itself, and what the user wants ignored. A text
is only looked at closely where it differs.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any

ABSENT = object()
"""What stands where one of two values has nothing."""

_HOME = re.compile(r"[^\s\"'<>`]*?/(?:\.engine|homes)/session_\d+(?:_r\d+)?")
"""The folder of an engine's own state, in a run and in a replay."""

Change = Callable[[str], str]


@dataclass(frozen=True, slots=True)
class Difference:
    """One place at which two requests differ."""

    path: str
    """Such as `messages[2].content[0].content`."""
    recorded: Any
    """`ABSENT` where there was nothing."""
    now: Any
    compared: tuple[str, str] | None = None
    """The two texts without what they may differ in; None where they are not both texts."""


@dataclass(frozen=True, slots=True)
class Allowance:
    """Something that texts may differ in."""

    name: str
    recorded: Change
    """Takes it out of a recorded text."""
    now: Change
    """Takes it out of one of now."""


@dataclass(slots=True)
class Likeness:
    """What requests may differ in, and what of that they did differ in."""

    allowances: Sequence[Allowance]
    ignored_paths: Sequence[re.Pattern[str]] = ()
    left_out: set[str] = field(default_factory=set)
    """The names of the allowances that were needed."""

    def differences(self, recorded: Any, now: Any) -> list[Difference]:
        """Return where two bodies differ, in the order of the recorded one."""
        return [each for each in self._walk(recorded, now, "") if not self._is_ignored(each.path)]

    def _is_ignored(self, path: str) -> bool:
        ignored = any(each.search(path) for each in self.ignored_paths)
        if ignored:
            self.left_out.add("ignored")
        return ignored

    def _walk(self, recorded: Any, now: Any, path: str) -> Iterator[Difference]:
        if isinstance(recorded, dict) and isinstance(now, dict):
            for name in (*recorded, *(each for each in now if each not in recorded)):
                inner = f"{path}.{name}" if path else str(name)
                yield from self._walk(recorded.get(name, ABSENT), now.get(name, ABSENT), inner)
        elif isinstance(recorded, list) and isinstance(now, list):
            for place in range(max(len(recorded), len(now))):
                yield from self._walk(_at(recorded, place), _at(now, place), f"{path}[{place}]")
        elif type(recorded) is not type(now) or recorded != now:
            texts = isinstance(recorded, str) and isinstance(now, str)
            compared = self._compared(recorded, now) if texts else None
            if compared is None or compared[0] != compared[1]:
                yield Difference(path, recorded, now, compared)

    def _compared(self, recorded: str, now: str) -> tuple[str, str]:
        """Return two texts without what they may differ in."""
        needed: set[str] = set()
        for allowance in self.allowances:
            before, after = allowance.recorded(recorded), allowance.now(now)
            if (before, after) != (recorded, now):
                needed.add(allowance.name)
            recorded, now = before, after
        if recorded == now:
            self.left_out |= needed
        return recorded, now


def names(now_to_recorded: Mapping[str, str]) -> Allowance:
    """Allow for names that are others now. The mapping may grow."""

    def renamed(text: str) -> str:
        for now, recorded in now_to_recorded.items():
            text = text.replace(now, recorded)
        return text

    return Allowance("ids", _as_it_is, renamed)


def dates(recorded: Sequence[date], now: Sequence[date]) -> Allowance:
    """Allow for the days of then and now, or of the days beside them: zones of time differ."""
    return Allowance("dates", _without_days(recorded), _without_days(now))


def places(now_to_recorded: Mapping[str, str]) -> Allowance:
    """Allow for where the files lie, and the engine's own."""

    def back(text: str) -> str:
        for now, recorded in now_to_recorded.items():
            text = text.replace(now, recorded)
        return _HOME.sub("(home)", text)

    return Allowance("paths", lambda text: _HOME.sub("(home)", text), back)


def patterns(name: str, expressions: Sequence[re.Pattern[str]]) -> Allowance:
    """Allow for whatever some expressions match."""

    def without(text: str) -> str:
        for each in expressions:
            text = each.sub("", text)
        return text

    return Allowance(name, without, without)


def _at(values: list[Any], place: int) -> Any:
    return values[place] if place < len(values) else ABSENT


def _as_it_is(text: str) -> str:
    return text


def _without_days(days: Sequence[date]) -> Change:
    beside = {day + timedelta(days=by) for day in days for by in (-1, 0, 1)}
    found = re.compile("|".join(sorted(day.isoformat() for day in beside)) or r"(?!)")
    return lambda text: found.sub("(date)", text)
