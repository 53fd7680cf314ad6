"""How a team words the subjects of its commits, as figures.

What belongs here looks at subjects and keeps none. Merges do not count: git words those.
"""

from __future__ import annotations

import re
from collections import Counter

_CONVENTIONAL = re.compile(
    r"(?:feat|fix|docs|style|refactor|perf|test|build|ci|chore|revert)(?:\([^)]+\))?!?: +\S"
)
_REVERT = re.compile(r'revert(?:\([^)]+\))?!?: |revert "', re.IGNORECASE)
_REFACTOR = re.compile(r"\brefactor(?:s|ed|ing)?\b", re.IGNORECASE)
_FIX = re.compile(r"\b(?:fix(?:es|ed|ing)?|bug(?:fix)?|hotfix|patch(?:es|ed)?)\b", re.IGNORECASE)
_IMPERATIVES = frozenset(
    re.findall(
        r"\w+",
        """
        add adapt adjust align allow apply ask assert avoid block bring build bump call change check clarify
        clean close collect combine compute convert copy correct count cover create cut declare decode
        define delete deprecate describe detect disable do document drop embed enable encode end enforce
        ensure exclude expand explain export expose extend extract find fix follow format generate get give
        handle have hide hold implement import improve include increase init initialize inline insert
        install introduce join keep leave let limit link lint list load log look lower make mark match
        measure mention merge migrate mock move name normalize open optimize order pass patch pin point
        polish port prefer prepare prevent print protect provide prune publish pull push put raise read
        record redo reduce refactor refuse reject release remove rename reorder replace report require reset
        resolve restore restrict return reuse revert rewrite run save say send separate set ship show
        simplify skip sort split start stop store strip support swap switch sync take teach tell test throw
        tidy track treat trim try turn tweak undo unify update upgrade use validate verify wait warn wire
        work wrap write
        """,
    )
)


class Subjects:
    """Adds subjects up."""

    def __init__(self) -> None:
        self.count = 0
        self.conventional = 0
        self.imperative = 0
        self.reverts = 0
        self.refactors = 0
        self._lengths: Counter[int] = Counter()

    def add(self, subject: str) -> None:
        """Take one subject into account."""
        self.count += 1
        self._lengths[len(subject)] += 1
        self.conventional += is_conventional(subject)
        self.reverts += bool(_REVERT.match(subject))
        self.refactors += bool(_REFACTOR.search(subject))
        first = re.match(r"\w+", subject)
        self.imperative += bool(first and first[0].lower() in _IMPERATIVES)

    @property
    def average_length(self) -> float:
        """Characters, on average."""
        return sum(length * count for length, count in self._lengths.items()) / max(self.count, 1)

    @property
    def median_length(self) -> int:
        """Characters of the one in the middle; of two, the longer."""
        middle = self.count // 2
        for length, count in sorted(self._lengths.items()):
            middle -= count
            if middle < 0:
                return length
        return 0

    @property
    def style(self) -> str:
        """`conventional_commits`, `imperative`, or `loose`."""
        if self.count and self.conventional / self.count >= 0.6:
            return "conventional_commits"
        return "imperative" if self.count and self.imperative / self.count >= 0.5 else "loose"


def is_conventional(subject: str) -> bool:
    """Whether a subject follows Conventional Commits."""
    return bool(_CONVENTIONAL.match(subject))


def is_fix(subject: str) -> bool:
    """Whether a subject says that something was broken."""
    return bool(_FIX.search(subject))
