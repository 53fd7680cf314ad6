"""Looking paths up in a commit.

What belongs here reads trees folder by folder, only those that are asked for: a repository may hold a million
files.
"""

from __future__ import annotations

import os
from typing import NamedTuple

from tessen._git import PrivateGit
from tessen.applying.names import folded

FOLDER, SUBMODULE = "040000", "160000"


class Entry(NamedTuple):
    """What a commit says about one path."""

    mode: str
    oid: str


class Tree:
    """The files of one commit.

    Args:
        git: Where to look it up.
        commit: Its id.
    """

    def __init__(self, git: PrivateGit, commit: str) -> None:
        self._git = git
        self._folders: dict[str, dict[str, Entry]] = {"": self._list(f"{commit}^{{tree}}")}

    def entry(self, path: str) -> Entry | None:
        """Return what there is at a path; None if there is nothing."""
        folder, _, name = path.rpartition("/")
        return self._folder(folder).get(name)

    def twin(self, path: str) -> str | None:
        """Return what differs from a path's name in case only, where there is such a thing beside it."""
        folder, _, name = path.rpartition("/")
        same = (each for each in self._folder(folder) if each != name and folded(each) == folded(name))
        return next((f"{folder}/{each}" if folder else each for each in same), None)

    def body(self, oid: str) -> bytes:
        """Return a blob's content."""
        return self._git.run("cat-file", "blob", oid)

    def _folder(self, path: str) -> dict[str, Entry]:
        if path not in self._folders:
            entry = self.entry(path)
            self._folders[path] = self._list(entry.oid) if entry and entry.mode == FOLDER else {}
        return self._folders[path]

    def _list(self, tree: str) -> dict[str, Entry]:
        found = {}
        for line in self._git.run("ls-tree", "-z", tree).split(b"\0")[:-1]:
            head, _, name = line.partition(b"\t")
            mode, _, oid = head.decode("ascii").split(" ")
            found[os.fsdecode(name)] = Entry(mode, oid)
        return found
