"""The fingerprint: one pass over a history, and what comes out of it.

What belongs here is the documented format. It holds no name of a person, no address, message, difference or
absolute path; it holds paths of files inside the repository, and names of libraries.
"""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from tessen import __version__
from tessen._git import GitError, Places, PrivateGit, ask, find, head, private
from tessen.learning import branches, dependencies, salt
from tessen.learning.files import Files
from tessen.learning.history import Commit, commits, tokens
from tessen.learning.subjects import Subjects

MOST_AUTHORS = 100_000
"""Authors that are told apart; no more than that are counted."""


class Counts:
    """What one pass over the history adds up to."""

    def __init__(self) -> None:
        self.commits = self.merges = 0
        self.first: int | None = None
        self.last = 0
        self.subjects, self.files = Subjects(), Files()
        self.authors: dict[bytes, int] = {}

    def add(self, commit: Commit) -> None:
        """Take one commit into account."""
        self.commits += 1
        self.merges += commit.parents > 1
        self.first = commit.at if self.first is None else min(self.first, commit.at)
        self.last = max(self.last, commit.at)
        author = self._author(commit.author.strip().lower())
        if commit.parents <= 1:
            self.subjects.add(commit.subject)
            self.files.add(commit, author)

    def _author(self, address: bytes) -> int | None:
        """An author's number; None for one beyond those that are told apart."""
        if len(self.authors) < MOST_AUTHORS:
            return self.authors.setdefault(address, len(self.authors))
        return self.authors.get(address)


def fingerprint(folder: Path, most: int | None = None) -> dict[str, Any]:
    """Return the fingerprint of the repository that a folder is in.

    Args:
        folder: Any folder of it.
        most: Commits to look at, newest first; all of them by default.

    Raises:
        GitError: there is no repository, or no commit, or its history is damaged.
    """
    places = find(folder)
    start, _ = head(places)
    if start is None:
        raise GitError(f"{folder}: has no commit yet; there is nothing to learn from")
    counts = Counts()
    with private(places) as git:
        for commit in commits(git, start, most):
            counts.add(commit)
        there = _still_there(git, start, counts.files.candidates())
        new = dependencies.new_names(git, start, counts.last)
    refs = ask(places, "for-each-ref", "--format=%(refname)", "refs/heads", "refs/remotes")
    known = branches.names(refs.decode("utf-8", "replace"))
    return _written(places, counts, there, new, known)


def _written(
    places: Places, counts: Counts, there: set[str], new: list[str], known: set[str]
) -> dict[str, Any]:
    subjects, files = counts.subjects, counts.files
    return {
        "tessen_version": __version__,
        "scanned_at": datetime.now(UTC).isoformat(),
        "repo_path": (places.top or places.git_dir).name,
        "commits_analyzed": counts.commits,
        "history_span_days": (counts.last - (counts.first or 0)) // 86_400,
        "commit_message_style": subjects.style,
        "commit_subject_avg_len": round(subjects.average_length, 1),
        "commit_subject_median_len": subjects.median_length,
        "conventional_commits_ratio": _ratio(subjects.conventional, subjects.count),
        "test_with_fix_ratio": _ratio(files.fixes_with_tests, files.fixes),
        "test_addition_rate": _ratio(files.with_tests, files.commits),
        "revert_count": subjects.reverts,
        "refactor_commit_ratio": _ratio(subjects.refactors, subjects.count),
        "co_change_pairs": files.pairs(there),
        "per_file_primary_author": _primary(places, counts, there),
        "author_count": len(counts.authors),
        "new_deps_recent": new,
        "branch_count": len(known),
        "branch_naming_pattern": branches.naming(known),
        "merge_style": branches.merging(counts.commits, counts.merges),
    }


def _primary(places: Places, counts: Counts, there: set[str]) -> dict[str, dict[str, Any]]:
    secret = salt.of_repository(places.common_dir)
    addresses = list(counts.authors)
    return {
        path: {"primary": salt.author_id(addresses[author], secret), "share": share, "commits": total}
        for path, (author, share, total) in counts.files.primary(there).items()
    }


def _still_there(git: PrivateGit, commit: str, paths: set[str]) -> set[str]:
    """Which of the paths are files of a commit: what was deleted is nobody's business any more."""
    with git.stream("ls-tree", "-r", "-z", "--name-only", commit) as out:
        return {path for each in tokens(out) if (path := each.decode("utf-8", "replace")) in paths}


def _ratio(part: int, whole: int) -> float:
    return round(part / whole, 3) if whole else 0.0
