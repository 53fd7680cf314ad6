"""How a team names its branches and brings them together, in one word each.

What belongs here looks at names and ships none.
"""

from __future__ import annotations

from collections.abc import Collection

_LONG_LIVED = frozenset(("main", "master", "develop", "dev", "trunk", "HEAD"))


def names(refs: str) -> set[str]:
    """Return the branches among the lines of full ref names; a remote's and our own of one name are one."""
    found = set()
    for ref in refs.split("\n"):
        if ref.startswith("refs/heads/"):
            found.add(ref.removeprefix("refs/heads/"))
        elif ref.startswith("refs/remotes/"):
            found.add(ref.removeprefix("refs/remotes/").partition("/")[2])
    return found - {"", "HEAD"}


def naming(branches: Collection[str]) -> str:
    """Return `slash_prefix`, `kebab`, `snake`, or `free`, by what at least half of the branches do."""
    own = [each for each in branches if each not in _LONG_LIVED]
    for pattern, mark in (("slash_prefix", "/"), ("kebab", "-"), ("snake", "_")):
        if own and sum(mark in each for each in own) / len(own) >= 0.5:
            return pattern
    return "free"


def merging(commits: int, merges: int) -> str:
    """Return the style of merging, by how many of all commits are merges."""
    if not commits:
        return "unknown"
    if not merges:
        return "squash_or_rebase_only"
    return "merge_commits_common" if merges / commits >= 0.2 else "mostly_squash_some_merge"
