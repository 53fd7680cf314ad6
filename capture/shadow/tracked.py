"""One work directory tracked in one repository: snapshots taken, trees restored, patches made.

What belongs here is the order of things: look, write objects, then the ref that names them, so that a
repository is whole whenever the process ends. All of it is slow and synchronous; it runs in a process of its
own.
"""

from __future__ import annotations

import os
import re
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from capture.mounts import is_remote
from capture.shadow.change import DIFF_LIMIT, Snapshot
from capture.shadow.describe import describe
from capture.shadow.errors import ShadowGitError
from capture.shadow.going_back import State, bring_back, check_out, same
from capture.shadow.notes import Notes
from capture.shadow.objects import Objects
from capture.shadow.patch import patch, write_patch
from capture.shadow.places import lock, own_folder, relative
from capture.shadow.repository import Repository
from capture.shadow.tree import File, put, write_tree
from capture.shadow.work_tree import WorkTree

BASELINE = "baseline"
STEP = "_step_"
"""Tags that begin like this are of single steps; at all others every file is looked at."""

_TAG = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_-]*(\.[A-Za-z0-9_-]+)*")
_COMMIT = re.compile(r"[0-9a-f]{40}")
_WHO = "tessen <tessen@localhost>"


@dataclass(slots=True)
class _Head:
    """The last snapshot."""

    commit: str
    tree: str
    notes: Notes


class Tracked:
    """A work directory and its repository.

    Args:
        repository: The repository; nobody else may track with it.
        work_dir: The directory.
        exclude: Folders in it that are no part of it.
        umask: Of the person whose directory it is.

    Raises:
        ShadowGitError: somebody else tracks with it.
    """

    def __init__(self, repository: Repository, work_dir: Path, exclude: Sequence[Path], umask: int) -> None:
        self._repository = repository
        self._lock = lock(repository.folder)
        self._objects = Objects(repository.folder / "objects", repository.index_pack)
        self._path = work_dir.resolve()
        self._excluded = relative([*exclude, own_folder(repository.folder, self._path)], self._path)
        self._umask = umask
        self._work: WorkTree | None = None
        self._large: set[str] = set()
        self._tags = repository.tags()
        commit = repository.resolve(repository.branch)
        self._head = self._head_at(commit) if commit else None

    def snapshot(self, tag: str, thorough: bool | None = None) -> Snapshot:
        """Record what changed since the last snapshot, under a new tag.

        Args:
            tag: Its name.
            thorough: Look at every file; left out, at all tags but those of steps.

        Raises:
            ShadowGitError: the tag is there already or is no name for one, or git refuses.
            OSError: there is no room.
        """
        return self._safely(tag, not tag.startswith(STEP) if thorough is None else thorough)

    def begin(self) -> None:
        """Record everything that is there; nothing is said of it, as it is not what an agent did.

        Raises:
            ShadowGitError: git refuses.
            OSError: there is no room.
        """
        self._safely(BASELINE, True, in_full=False)

    def _safely(self, tag: str, thorough: bool, *, in_full: bool = True) -> Snapshot:
        if not _TAG.fullmatch(tag) or tag.endswith(".lock"):
            raise ShadowGitError(f"{tag!r} is no name for a tag")
        if tag in self._tags:
            raise ShadowGitError(f"{self._repository.folder}: the tag {tag} is there already")
        try:
            return self._take(tag, thorough, in_full=in_full)
        except BaseException:
            self._forget()
            raise

    def diff(self, before: str, after: str) -> bytes:
        """The patch from one tag to another; empty when they are equal."""
        return patch(self._repository, *self._commits(before, after))

    def write_diff(self, before: str, after: str, path: Path) -> int:
        """Write that patch to a file, whole or not at all.

        Returns:
            Its bytes.

        Raises:
            ShadowGitError: there is no such tag.
            OSError: there is no room.
        """
        return write_patch(self._repository, *self._commits(before, after), path)

    def check_out(self, tag: str, folder: Path, source: Path | None = None) -> None:
        """Write the tree of a tag into an empty folder, which is made if it is not there.

        Args:
            tag: The tag.
            folder: The folder.
            source: Where large files, whose content is not recorded, may still be as they were; the work
                directory, if left out.

        Raises:
            ShadowGitError: there is no such tag, or the folder is not empty, or a file cannot be written.
            OSError: the folder cannot be made.
        """
        state = self._state_of(self._commit_of(tag))
        check_out(self._repository, state, folder, source or self._path, self._umask)

    def restore(self, tag: str) -> dict[str, str]:
        """Make the work directory equal to a tag, and go on from there.

        Returns:
            Path → why it could not be made equal.

        Raises:
            ShadowGitError: there is no such tag.
            OSError: the directory is not there, or there is no room.
        """
        commit = self._commit_of(tag)
        state = self._state_of(commit)
        try:
            return self._restore(_Head(commit, self._repository.tree_of(commit), state.notes), state)
        except BaseException:
            self._forget()
            raise

    def close(self) -> None:
        """End the processes and let go of the repository."""
        self._forget()
        self._repository.close()
        os.close(self._lock)

    def _take(self, tag: str, thorough: bool, *, in_full: bool) -> Snapshot:
        work = self._loaded()
        looked_at_all = work.look(thorough=thorough)
        tree = write_tree(work.root, self._objects.write).hex()
        changed = {
            path: (before, after)
            for path, (before, after) in sorted(work.changes.items())
            if not (after is before or (after is not None and after.same_as(before)))
        }
        self._remember_large(changed)
        notes = Notes(tuple(sorted(work.root.hollow)), tuple(sorted(self._large)))
        old = self._head
        if old is None or (old.tree, old.notes) != (tree, notes):
            self._head = _Head(self._commit(tree, notes.message(tag), old), tree, notes)
        assert self._head is not None
        self._objects.finish()
        self._repository.point(self._head.commit, old.commit if old else None, tag)
        self._tags.add(tag)
        changes = tuple(
            describe(self._repository, path, before, after, work.bodies.get(path))
            for path, (before, after) in (changed.items() if in_full else ())
        )
        work.settle()
        unreadable = tuple(work.unreadable.items())
        return Snapshot(tag, self._head.commit, tree, changes, unreadable, len(work.skipped), looked_at_all)

    def _restore(self, target: _Head, state: State) -> dict[str, str]:
        work = self._loaded()
        work.look(thorough=True)
        self._objects.finish()
        failed = bring_back(self._repository, state, str(self._path), work.root, self._umask)
        self._repository.point(target.commit, self._head.commit if self._head else None, None)
        self._head, self._large = target, set(target.notes.large_files)
        return self._settle_on(state.files, failed)

    def _settle_on(self, wanted: dict[str, File], failed: dict[str, str]) -> dict[str, str]:
        """Look whether it became equal; what did not is a change against the tag, in the next snapshot."""
        work = self._loaded()
        work.look(thorough=True)
        work.settle()
        present = dict(work.root.files())
        for path in sorted(wanted.keys() | present.keys()):
            if not same(wanted, present, path):
                work.changes[path] = (wanted.get(path), present.get(path))
                failed.setdefault(path, "it was written to meanwhile")
        return failed

    def _loaded(self) -> WorkTree:
        """The work directory, compared with the last snapshot from now on."""
        if self._work is None:
            watch = not is_remote(self._path)
            work = WorkTree(
                str(self._path), self._excluded, self._objects.write, body_limit=DIFF_LIMIT, watch=watch
            )
            for path, file in self._recorded().items():
                self._objects.know(file.oid)
                put(work.root, path, file)
            self._work = work
        return self._work

    def _recorded(self) -> dict[str, File]:
        if self._head is None:
            return {}
        files = self._repository.files_of(self._head.commit)
        self._large = set(self._head.notes.large_files)
        for path in self._large & files.keys():
            files[path].nature = "large"
        return files

    def _forget(self) -> None:
        """Forget what is in memory: what is in the repository is what counts."""
        if self._work is not None:
            self._work.close()
        self._work = None
        self._objects.abandon()
        commit = self._repository.resolve(self._repository.branch)
        self._head = self._head_at(commit) if commit else None

    def _remember_large(self, changed: dict[str, tuple[File | None, File | None]]) -> None:
        for path, (_, after) in changed.items():
            if after is not None and after.nature == "large":
                self._large.add(path)
            else:
                self._large.discard(path)

    def _commit(self, tree: str, message: str, parent: _Head | None) -> str:
        now = f"{int(time.time())} +0000"
        above = f"parent {parent.commit}\n" if parent else ""
        body = f"tree {tree}\n{above}author {_WHO} {now}\ncommitter {_WHO} {now}\n\n{message}"
        return self._objects.write("commit", body.encode()).hex()

    def _commit_of(self, tag: str) -> str:
        commit = tag if _COMMIT.fullmatch(tag) else self._repository.resolve(tag)
        if commit is None:
            raise ShadowGitError(f"{self._repository.folder}: no tag {tag}")
        return commit

    def _commits(self, before: str, after: str) -> tuple[str, str, set[str]]:
        """The commits of two tags, and the files that are large in either."""
        first, second = self._commit_of(before), self._commit_of(after)
        return first, second, {*self._notes_of(first).large_files, *self._notes_of(second).large_files}

    def _head_at(self, commit: str) -> _Head:
        return _Head(commit, self._repository.tree_of(commit), self._notes_of(commit))

    def _notes_of(self, commit: str) -> Notes:
        return Notes.read(self._repository.message_of(commit))

    def _state_of(self, commit: str) -> State:
        return State(self._repository.files_of(commit), self._notes_of(commit))
