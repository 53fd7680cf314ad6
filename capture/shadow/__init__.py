"""The shadow git: what an agent did to its work directory, step by step, in a repository it cannot see.

What belongs here is tracking one directory in one bare repository, the patches and trees that come out of it,
and the changelog of a run. Docs: `docs/shadow-git.md`.
"""

from __future__ import annotations

from capture.shadow.change import FileChange, Snapshot
from capture.shadow.changelog import Changelog, ChangelogRow, read_changelog
from capture.shadow.errors import ShadowGitError
from capture.shadow.shadow_git import ShadowGit

__all__ = [
    "Changelog",
    "ChangelogRow",
    "FileChange",
    "ShadowGit",
    "ShadowGitError",
    "Snapshot",
    "read_changelog",
]
