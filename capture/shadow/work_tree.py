"""Looking at the work directory: what changed since the last look, and nothing read that did not.

What belongs here keeps the tree in memory equal to the files. The kernel's events say where to look, and each
look also goes over some of the rest, in turn; where there are no events, or too many, or they were once found
wanting, every file's status is looked at. Nothing is ever written here, links are never followed, and `.git`
is never entered.
"""

from __future__ import annotations

import errno
import os
import stat

from capture.shadow.files import Reading, read_file, read_link, signature
from capture.shadow.tree import File, Folder, Write, mode_of
from capture.shadow.watching import Told, Watching

BODIES_AT_MOST = 16 << 20
"""Bytes of changed files' contents held for their diffs; the files after that get none."""

IN_TURN = 500
"""Files whose status is looked at although no event named them: all of a small directory, every time."""

_FOLDER_FLAGS = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC


class WorkTree:
    """The work directory, and the tree that was last seen in it.

    Args:
        path: The directory, absolute and without links in it; may be missing, which is an empty tree.
        excluded: Relative paths that are no part of it.
        write: Keeps a blob.
        body_limit: Bytes; contents of larger files are not held for diffs.
        watch: Whether to ask the kernel for events.
    """

    def __init__(
        self, path: str, excluded: frozenset[str], write: Write, *, body_limit: int, watch: bool
    ) -> None:
        self.root = Folder("", None)
        self.changes: dict[str, tuple[File | None, File | None]] = {}
        """Path → before and after, since the last `settle`."""
        self.bodies: dict[str, bytes] = {}
        """Path → content after, where it is small enough."""
        self.unreadable: dict[str, str] = {}
        self.skipped: set[str] = set()
        """Paths of sockets, named pipes and devices met in the last look."""
        self._path = path
        self._excluded = excluded
        self._write = write
        self._body_limit = body_limit
        self._held = 0
        self._watching = Watching(watch)
        self._turns: list[Folder] = []
        self._again: set[tuple[Folder, str]] = set()
        """To be looked at every time: hard links, which change without an event here, and torn readings."""

    def settle(self) -> None:
        """Forget what changed: it is recorded."""
        self.changes.clear()
        self.bodies.clear()
        self._held = 0

    def look(self, *, thorough: bool) -> bool:
        """Bring the tree up to date.

        Args:
            thorough: Look at every file, whatever the events say.

        Returns:
            Whether every file was looked at.

        Raises:
            OSError: a changed file cannot be kept.
        """
        self.unreadable.clear()
        self.skipped.clear()
        told = self._watching.told(self.root)
        if told is None:
            self._watching.begin()
            self._again.clear()
            self._walk(self.root)
            return True
        for folder, name in self._again:
            told.setdefault(folder, set()).add(name)
        self._follow(told)
        announced = set(self.changes)
        if thorough:
            self._walk(self.root)
        else:
            self._take_turns()
        self._watching.doubt(self.changes.keys() - announced)
        return thorough

    def close(self) -> None:
        """Stop listening."""
        self._watching.stop()

    def _follow(self, told: Told) -> None:
        """Look where something happened, what is higher first: it may have taken the rest away."""
        for folder in sorted(told, key=lambda f: f.path):
            if folder.parent is None and folder is not self.root:
                continue
            if "" in told[folder]:
                self._look_into(folder)
            else:
                for name in sorted(told[folder]):
                    self._check(folder, name)

    def _take_turns(self) -> None:
        """Look at the folders whose turn it is; those with very many files have theirs in a thorough look."""
        left, fresh = IN_TURN, False
        while left > 0:
            if not self._turns:
                if fresh:
                    return
                self._turns, fresh = list(self.root.folders()), True
            folder = self._turns.pop()
            attached = folder.parent is not None or folder is self.root
            if attached and len(folder.entries) <= IN_TURN:
                left -= len(folder.entries) + 1
                for inside in self._walk_one(folder):
                    if inside.watch < 0:  # nobody told of it
                        self._walk(inside)

    def _full(self, relative: str) -> str:
        return f"{self._path}/{relative}" if relative else self._path

    def _left_out(self, folder: Folder, name: str) -> bool:
        if len(name) == 4 and name.lower() == ".git":
            return True
        return bool(self._excluded) and folder.below(name) in self._excluded

    def _look_into(self, folder: Folder) -> None:
        self._watching.unwatch(folder)  # its watches may be those of a folder that is elsewhere now
        self._walk(folder)

    def _walk(self, start: Folder) -> None:
        pending = [start]
        while pending:
            pending += self._walk_one(pending.pop())

    def _walk_one(self, folder: Folder) -> list[Folder]:
        """Look at everything in one folder; return the folders in it."""
        path = self._full(folder.path)
        self._watching.watch(folder, path)
        try:
            fd = os.open(path, _FOLDER_FLAGS)
        except OSError as error:
            self._lost(folder, error)
            return []
        try:
            with os.scandir(fd) as found:
                items = list(found)
        except OSError as error:
            self._lost(folder, error)
            items = None
        try:
            return [] if items is None else self._compare(folder, items)
        finally:
            os.close(fd)  # which the items need for their status

    def _compare(self, folder: Folder, found: list[os.DirEntry[str]]) -> list[Folder]:
        entries, seen, inside = folder.entries, set(), []
        listening = self._watching.live
        for item in found:
            name = item.name
            if self._left_out(folder, name):
                continue
            if item.is_dir(follow_symlinks=False):
                inside.append(self._folder(folder, name))
            else:
                try:
                    status = item.stat(follow_symlinks=False)
                except FileNotFoundError:
                    continue
                known = entries.get(name)
                if listening and status.st_nlink > 1:
                    self._again.add((folder, name))
                if not (isinstance(known, File) and known.signature == signature(status)):
                    self._see(folder, name, status)
            seen.add(name)
        for name in entries.keys() - seen:
            self._remove(folder, name)
        return inside

    def _check(self, folder: Folder, name: str) -> None:
        """Look at one name in a folder."""
        self._again.discard((folder, name))
        if self._left_out(folder, name):
            return
        try:
            status = os.lstat(self._full(folder.below(name)))
        except (FileNotFoundError, NotADirectoryError):
            self._remove(folder, name)
            return
        except OSError as error:
            self._unread(folder, name, error)
            return
        known = folder.entries.get(name)
        if stat.S_ISDIR(status.st_mode):
            self._look_into(self._folder(folder, name))
            return
        if status.st_nlink > 1:
            self._again.add((folder, name))
        if not (isinstance(known, File) and known.signature == signature(status)):
            self._see(folder, name, status)

    def _folder(self, parent: Folder, name: str) -> Folder:
        known = parent.entries.get(name)
        if isinstance(known, Folder):
            return known
        self._remove(parent, name)
        parent.touch()
        folder = parent.entries[name] = Folder(parent.below(name), parent)
        return folder

    def _see(self, folder: Folder, name: str, status: os.stat_result) -> None:
        """Record what a file, link or anything else is by now."""
        path = self._full(folder.below(name))
        try:
            if stat.S_ISREG(status.st_mode):
                reading = read_file(path)
            elif stat.S_ISLNK(status.st_mode):
                reading = read_link(path, status)
            else:
                self.skipped.add(folder.below(name))
                self._remove(folder, name)
                return
        except FileNotFoundError:
            self._remove(folder, name)
            return
        except OSError as error:
            self._unread(folder, name, error)
            return
        self._record(folder, name, reading)

    def _record(self, folder: Folder, name: str, reading: Reading) -> None:
        oid = self._write("blob", reading.body)
        mode = mode_of(reading.status.st_mode)
        file = File(mode, oid, len(reading.body), reading.signature, reading.nature)
        if not reading.steady:
            self._again.add((folder, name))
        known = folder.entries.get(name)
        if isinstance(known, File) and file.same_as(known):
            folder.entries[name] = file
            return
        self._remove(folder, name)
        folder.touch()
        folder.entries[name] = file
        path = folder.below(name)
        self._note(path, None, file)
        size = len(reading.body)
        if size <= self._body_limit and self._held + size <= BODIES_AT_MOST:
            self._held += size
            self.bodies[path] = reading.body

    def _remove(self, folder: Folder, name: str) -> None:
        entry = folder.entries.pop(name, None)
        if entry is None:
            return
        folder.touch()
        if isinstance(entry, File):
            self._note(folder.below(name), entry, None)
            return
        self._watching.unwatch(entry)
        for path, file in entry.files():
            self._note(path, file, None)
        for gone in entry.folders():
            gone.parent = None

    def _note(self, path: str, before: File | None, after: File | None) -> None:
        first = self.changes[path][0] if path in self.changes else before
        self.changes[path] = (first, after)
        self.bodies.pop(path, None)

    def _lost(self, folder: Folder, error: OSError) -> None:
        """A folder could not be looked into."""
        gone = error.errno in (errno.ENOENT, errno.ENOTDIR, errno.ELOOP)
        if folder.parent is not None and gone:
            self._remove(folder.parent, folder.path.rpartition("/")[2])
        elif gone:
            for name in list(folder.entries):
                self._remove(folder, name)
        else:
            self.unreadable[folder.path] = error.strerror or str(error)

    def _unread(self, folder: Folder, name: str, error: OSError) -> None:
        """A file could not be read; it stays recorded as it was."""
        self.unreadable[folder.below(name)] = error.strerror or str(error)
        self._again.add((folder, name))
