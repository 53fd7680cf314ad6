"""Bringing the work tree to the new branch: wholly, or not at all.

What belongs here happens in a process of its own, which no signal to the command reaches: a Ctrl-C, a closed
terminal or a `kill -9` in the midst of it lets it end what it began. Where that process itself is killed,
another one undoes what it did.
"""

from __future__ import annotations

import os
import secrets
import signal
from collections.abc import Callable, Sequence
from contextlib import suppress

from tessen._git import GitError, Places, PrivateGit
from tessen.applying.plan import FilePlan
from tessen.applying.recover import missing_folders, recover
from tessen.applying.swap import Swap, SwitchError, swap

_UNDER_WAY = ("MERGE_HEAD", "CHERRY_PICK_HEAD", "REVERT_HEAD", "BISECT_LOG", "rebase-merge", "rebase-apply")
_TRIES = 3
_SHIELDED = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGQUIT, signal.SIGPIPE)


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
        head = self._head, f"ref: refs/heads/{branch}\n".encode()
        wanted = Swap(self._top, self._git_dir, head, (self._index, index), files, secrets.token_hex(8))
        missing = missing_folders(wanted)
        try:
            _shielded(lambda: swap(wanted))
        except KilledError:
            _undo(wanted, missing)
            if (self._git_dir / "HEAD").read_bytes() != head[1]:
                raise SwitchError("the process that switched it was killed") from None

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


def _undo(wanted: Swap, missing: Sequence[str]) -> None:
    """Undo what a process did that was killed.

    Raises:
        GitError: those that were to undo it were killed, too.
    """
    for _ in range(_TRIES):
        with suppress(KilledError):
            _shielded(lambda: recover(wanted, missing))
            return
    raise GitError(
        "the switch was killed, and so was its undoing; `git checkout -f` sets the work tree right"
    )


class KilledError(Exception):
    """The process that did it was killed, and did not undo what it did."""


def _shielded(act: Callable[[], None]) -> None:
    """Do something in a process that no signal to this one ends.

    Raises:
        SwitchError: it failed, and said why.
        KilledError: it was killed.
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
    if os.WIFSIGNALED(status):
        raise KilledError
    if status:
        raise SwitchError(said or "it failed and did not say why")


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
