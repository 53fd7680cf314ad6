"""The switch itself: contents beside their places, locks as git takes them, and then a few renames.

What belongs here either happens wholly or is undone, as long as the process lives; when it was killed,
`recover.py` does the rest.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from contextlib import ExitStack, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

from tessen.applying.plan import FilePlan

FOLDER = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC
_NEW = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC


class SwitchError(Exception):
    """The work tree is left as it was; `str()` says why, in words that follow "because"."""


@dataclass(frozen=True, slots=True)
class Swap:
    """What is to be in the place of what."""

    top: Path
    git_dir: Path
    head: tuple[bytes, bytes]
    """Before and after, as the next one."""
    index: tuple[bytes, bytes]
    files: Sequence[FilePlan]
    token: str
    """Makes the names of temporary files nobody else's."""

    def temporary(self, number: int) -> str:
        """The name of a file's new content beside its place; with `-before` behind it, of the old one."""
        return f".tessen-{self.token}-{number}"


class _Staged(NamedTuple):
    """A file whose new content lies beside its place."""

    folder: int
    """Open."""
    temporary: str
    name: str
    file: FilePlan


def swap(wanted: Swap) -> None:
    """Do it.

    Raises:
        SwitchError: somebody else changed something meanwhile.
        OSError: it could not be done.
    """
    with ExitStack() as left_over, ExitStack() as undo:
        git_dir = os.open(wanted.git_dir, FOLDER & ~os.O_NOFOLLOW)
        left_over.callback(os.close, git_dir)
        for name, (before, after) in (("index", wanted.index), ("HEAD", wanted.head)):
            _write(git_dir, f"{name}.lock", after, left_over, 0o666 & ~_umask())
            if (wanted.git_dir / name).read_bytes() != before:
                raise SwitchError(f"somebody else changed its {name} meanwhile")
        staged = [_stage(wanted, number, left_over, undo) for number in range(len(wanted.files))]
        for each in staged:
            _put(each, left_over, undo)
        os.rename("index.lock", "index", src_dir_fd=git_dir, dst_dir_fd=git_dir)
        undo.callback((wanted.git_dir / "index").write_bytes, wanted.index[0])
        os.rename("HEAD.lock", "HEAD", src_dir_fd=git_dir, dst_dir_fd=git_dir)
        undo.pop_all()


def _stage(wanted: Swap, number: int, left_over: ExitStack, undo: ExitStack) -> _Staged:
    """Write a file's new content beside its place."""
    file = wanted.files[number]
    *folders, name = file.path.split("/")
    folder = os.open(wanted.top, FOLDER & ~os.O_NOFOLLOW)
    left_over.callback(os.close, folder)
    for part in folders:
        if file.on_disk is None:
            with suppress(FileExistsError):
                os.mkdir(part, dir_fd=folder)
                undo.callback(_quietly_rmdir, part, folder)
        folder = os.open(part, FOLDER, dir_fd=folder)
        left_over.callback(os.close, folder)
    mode = 0o666 & ~_umask()
    if file.on_disk is not None:
        mode = os.stat(name, dir_fd=folder, follow_symlinks=False).st_mode & 0o7777
    _write(folder, wanted.temporary(number), file.on_disk_after, left_over, mode)
    return _Staged(folder, wanted.temporary(number), name, file)


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
