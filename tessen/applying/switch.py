"""Bringing the work tree to the new branch: wholly, or not at all.

What belongs here happens in a process of its own, which no signal to the command reaches: a Ctrl-C, a closed
terminal or a `kill -9` in the midst of it lets it end what it began. New contents are first written beside
their places and the locks taken, as git takes them; the switch itself is a few renames, undone if one fails.
"""

from __future__ import annotations

import os
import secrets
import signal
from collections.abc import Callable, Sequence
from contextlib import ExitStack, suppress
from typing import NamedTuple

from tessen._git import GitError, Places, PrivateGit
from tessen.applying.plan import FilePlan

_UNDER_WAY = ("MERGE_HEAD", "CHERRY_PICK_HEAD", "REVERT_HEAD", "BISECT_LOG", "rebase-merge", "rebase-apply")
_SHIELDED = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGQUIT, signal.SIGPIPE)
_FOLDER = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC
_NEW = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC


class SwitchError(Exception):
    """The work tree is left as it was; `str()` says why, in words that follow "because"."""


class _Staged(NamedTuple):
    """A file whose new content lies beside its place."""

    folder: int
    """Open."""
    temporary: str
    name: str
    file: FilePlan


class Switch:
    """A work tree that can be brought to a branch.

    Args:
        places: The repository.
        git: Where its index is looked at.
        parent: The commit that is checked out.

    Raises:
        SwitchError: it should be left as it is.
    """

    def __init__(self, places: Places, git: PrivateGit, parent: str) -> None:
        assert places.top is not None
        self._top, self._git_dir, self._git = places.top, places.git_dir, git
        if any((places.git_dir / name).exists() for name in _UNDER_WAY):
            raise SwitchError("a merge, rebase or bisect is under way")
        if (places.common_dir / "reftable").exists():
            raise SwitchError("its refs are kept in a format of their own")
        try:
            self._head = (places.git_dir / "HEAD").read_bytes()
            self._index = (places.git_dir / "index").read_bytes()
            (git.folder / "checked").write_bytes(self._index)
            if self._changed(parent):
                raise SwitchError("it has changes that are not committed")
        except OSError as error:
            raise SwitchError(f"{error.filename} could not be read") from None
        except GitError:
            raise SwitchError("its index could not be read") from None

    def to(self, branch: str, files: Sequence[FilePlan], commit: str) -> None:
        """Bring the work tree to a branch that has just been made.

        Raises:
            SwitchError: it could not be done, and nothing is changed.
        """
        lines = self._git.run("ls-tree", "-r", "-z", commit, "--", *(each.path for each in files))
        try:
            self._on_copy("update-index", "-z", "--index-info", stdin=lines)
            index = (self._git.folder / "checked").read_bytes()
        except GitError:
            raise SwitchError("its index could not be changed") from None
        _shielded(lambda: self._switch(f"ref: refs/heads/{branch}\n".encode(), index, files))

    def _changed(self, parent: str) -> bool:
        with suppress(GitError):  # it fails where a file differs, which comes out next
            self._on_copy("update-index", "-q", "--ignore-submodules", "--refresh")
        differ = ("diff-index", "--quiet", "--ignore-submodules=all", "--no-ext-diff")
        try:
            self._on_copy(*differ, parent, "--")
        except GitError:
            return True
        return False

    def _on_copy(self, *arguments: str, stdin: bytes | None = None) -> None:
        where = {"GIT_INDEX_FILE": str(self._git.folder / "checked"), "GIT_WORK_TREE": str(self._top)}
        self._git.run(*arguments, stdin=stdin, **where)

    def _switch(self, head: bytes, index: bytes, files: Sequence[FilePlan]) -> None:
        with ExitStack() as left_over, ExitStack() as undo:
            git_dir = os.open(self._git_dir, _FOLDER & ~os.O_NOFOLLOW)
            left_over.callback(os.close, git_dir)
            for name, before, after in (("index", self._index, index), ("HEAD", self._head, head)):
                _write(git_dir, f"{name}.lock", after, left_over, 0o666 & ~_umask())
                if (self._git_dir / name).read_bytes() != before:
                    raise SwitchError(f"somebody else changed its {name} meanwhile")
            staged = [self._stage(each, left_over, undo) for each in files]
            for each in staged:
                _put(each, left_over, undo)
            os.rename("index.lock", "index", src_dir_fd=git_dir, dst_dir_fd=git_dir)
            undo.callback((self._git_dir / "index").write_bytes, self._index)
            os.rename("HEAD.lock", "HEAD", src_dir_fd=git_dir, dst_dir_fd=git_dir)
            undo.pop_all()

    def _stage(self, file: FilePlan, left_over: ExitStack, undo: ExitStack) -> _Staged:
        """Write a file's new content beside its place."""
        *folders, name = file.path.split("/")
        folder = os.open(self._top, _FOLDER & ~os.O_NOFOLLOW)
        left_over.callback(os.close, folder)
        for part in folders:
            if file.on_disk is None:
                with suppress(FileExistsError):
                    os.mkdir(part, dir_fd=folder)
                    undo.callback(_quietly_rmdir, part, folder)
            folder = os.open(part, _FOLDER, dir_fd=folder)
            left_over.callback(os.close, folder)
        temporary = f".tessen-{secrets.token_hex(8)}"
        mode = 0o666 & ~_umask()
        if file.on_disk is not None:
            mode = os.stat(name, dir_fd=folder, follow_symlinks=False).st_mode & 0o7777
        _write(folder, temporary, file.on_disk_after, left_over, mode)
        return _Staged(folder, temporary, name, file)


def _put(staged: _Staged, left_over: ExitStack, undo: ExitStack) -> None:
    """Put a staged file in its place, and note how to undo it."""
    folder, temporary, name, file = staged
    if file.on_disk is None:
        os.link(temporary, name, src_dir_fd=folder, dst_dir_fd=folder)  # unlike a rename, it replaces nothing
        undo.callback(os.unlink, name, dir_fd=folder)
        return
    if _body(folder, name) != file.on_disk:
        raise SwitchError(f"somebody else changed {file.path} meanwhile")
    before = f"{temporary}-before"
    os.link(name, before, src_dir_fd=folder, dst_dir_fd=folder, follow_symlinks=False)
    left_over.callback(_quietly_unlink, before, folder, os.stat(before, dir_fd=folder).st_ino)
    os.rename(temporary, name, src_dir_fd=folder, dst_dir_fd=folder)
    undo.callback(os.rename, before, name, src_dir_fd=folder, dst_dir_fd=folder)


def _shielded(act: Callable[[], None]) -> None:
    """Do something in a process that no signal to this one ends.

    Raises:
        SwitchError: it failed, and said why.
    """
    ours, theirs = os.pipe()
    before = signal.pthread_sigmask(signal.SIG_BLOCK, _SHIELDED)
    child = os.fork()
    if child == 0:
        os._exit(_in_child(act, theirs))
    os.close(theirs)
    try:
        with os.fdopen(ours, "rb") as pipe:
            said = pipe.read().decode()
        _, status = os.waitpid(child, 0)
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)
    if status:
        raise SwitchError(said or "the process that did it was killed")


def _in_child(act: Callable[[], None], theirs: int) -> int:
    try:
        os.setsid()
        act()
    except SwitchError as error:
        os.write(theirs, str(error).encode()[:4096])
        return 1
    except OSError as error:
        os.write(theirs, f"{error.filename or 'a file'}: {error.strerror}".encode("utf-8", "replace")[:4096])
        return 1
    except BaseException as error:
        os.write(theirs, repr(error).encode("utf-8", "replace")[:4096])
        return 1
    return 0


def _write(folder: int, name: str, body: bytes, left_over: ExitStack, mode: int) -> None:
    fd = os.open(name, _NEW, 0o600, dir_fd=folder)
    left_over.callback(_quietly_unlink, name, folder, os.fstat(fd).st_ino)
    with os.fdopen(fd, "wb") as file:
        file.write(body)
        file.flush()
        os.fchmod(fd, mode)
        os.fsync(fd)


def _body(folder: int, name: str) -> bytes:
    with os.fdopen(os.open(name, os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC, dir_fd=folder), "rb") as file:
        return file.read()


def _quietly_unlink(name: str, folder: int, number: int) -> None:
    """Remove a file if it is still the one with this number: a lock may be somebody else's by now."""
    with suppress(FileNotFoundError):
        if os.lstat(name, dir_fd=folder).st_ino == number:
            os.unlink(name, dir_fd=folder)


def _quietly_rmdir(name: str, folder: int) -> None:
    with suppress(OSError):
        os.rmdir(name, dir_fd=folder)


def _umask() -> int:
    mask = os.umask(0o077)
    os.umask(mask)
    return mask
