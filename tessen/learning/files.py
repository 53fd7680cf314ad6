"""Which files change together, who mostly changes them, and whether tests come with fixes.

What belongs here counts, in bounded memory: files are numbers, authors are numbers, and what is rare is
forgotten when there is no room.
"""

from __future__ import annotations

import re
from itertools import combinations
from typing import Any

from tessen.learning.bounded import BoundedCounter
from tessen.learning.history import Commit
from tessen.learning.subjects import is_fix

MOST_TOGETHER = 40
"""Files of a commit that says what belongs together: a bigger one is a move, or a reformatting."""

MOST_PAIRS = 50
MOST_FILES = 5_000
_ROOM = 100_000
"""Keys of each count: some 20 MB when all are used."""

_LEAST = 3
"""Commits in which two files must have changed together."""

_TEST = re.compile(
    r"(?:^|/)(?:tests?|specs?|__tests__)/|(?:^|/)test_[^/]*$|[_.-](?:test|spec)s?\.\w+$|Tests?\.\w+$"
)


class Files:
    """Adds the files of commits up."""

    def __init__(self) -> None:
        self.commits = self.with_tests = self.fixes = self.fixes_with_tests = 0
        self._together: BoundedCounter[tuple[str, str]] = BoundedCounter(_ROOM)
        self._small: BoundedCounter[str] = BoundedCounter(_ROOM)
        self._touched: BoundedCounter[str] = BoundedCounter(_ROOM)
        self._by: BoundedCounter[tuple[str, int]] = BoundedCounter(_ROOM)

    def add(self, commit: Commit, author: int | None) -> None:
        """Take one commit into account, by an author's number or by one who is not told apart."""
        tested = any(status != b"D" and _TEST.search(path) for status, path in commit.files)
        fix = is_fix(commit.subject)
        self.commits += 1
        self.with_tests += tested
        self.fixes += fix
        self.fixes_with_tests += fix and tested
        for _, path in commit.files:
            self._touched.add(path)
            if author is not None:
                self._by.add((path, author))
        if len(commit.files) <= MOST_TOGETHER:
            for _, path in commit.files:
                self._small.add(path)
            for pair in combinations(sorted({path for _, path in commit.files}), 2):
                self._together.add(pair)

    def candidates(self) -> set[str]:
        """The files that may be named: it is for the caller to say which are still there."""
        return {path for path, count in self._touched.counts.items() if count > 1}

    def pairs(self, there: set[str]) -> list[list[Any]]:
        """The files that change together, as [a, b, share of the rarer one's commits], strongest first."""
        found = []
        for (one, other), count in self._together.counts.items():
            if count >= _LEAST and one in there and other in there:
                rarer = min(self._small.counts[one], self._small.counts[other])
                found.append((-round(min(count / max(rarer, 1), 1.0), 3), -count, one, other))
        return [[one, other, -score] for score, _, one, other in sorted(found)[:MOST_PAIRS]]

    def primary(self, there: set[str]) -> dict[str, tuple[int, float, int]]:
        """For the most changed files: author's number, their share, and commits; sorted by path."""
        best: dict[str, tuple[int, int]] = {}
        for (path, author), count in self._by.counts.items():
            if path in there:
                best[path] = max(best.get(path, (0, 0)), (count, -author))
        most = sorted(best, key=lambda path: (-self._touched.counts[path], path))[:MOST_FILES]
        found = {}
        for path in sorted(most):
            count, author = best[path]
            total = max(self._touched.counts[path], count)
            found[path] = (-author, round(count / total, 3), total)
        return found
