"""Undoing a switch whose process was killed in the midst of it.

What belongs here finds out from what lies there how far it came: old contents wait beside their places until
all is done. Once `HEAD` names the new branch it was done, and only what is left over is removed.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager, suppress

from tessen.applying.plan import FilePlan
from tessen.applying.swap import FOLDER, Swap


def missing_folders(wanted: Swap) -> list[str]:
    """Return the folders that are not there yet and that new files need, outer ones first."""
    ways = (
        "/".join(parts[:depth])
        for file in wanted.files
        if file.on_disk is None
        for parts in [file.path.split("/")]
        for depth in range(1, len(parts))
    )
    return [way for way in dict.fromkeys(ways) if not os.path.lexists(wanted.top / way)]


def recover(wanted: Swap, missing: Sequence[str]) -> None:
    """Undo what was done, or where all was done remove what is left over.

    Args:
        wanted: What the process was to do.
        missing: The folders that were not there before.
    """
    done = (wanted.git_dir / "HEAD").read_bytes() == wanted.head[1]
    for number, file in enumerate(wanted.files):
        with _folder_of(wanted, file) as folder:
            if folder is not None:
                _settle(wanted.temporary(number), file, folder, done=done)
    if not done:
        for way in reversed(missing):
            with suppress(OSError):
                (wanted.top / way).rmdir()
        _restore_index(wanted)
    for name, (_, after) in (("index", wanted.index), ("HEAD", wanted.head)):
        lock = wanted.git_dir / f"{name}.lock"
        with suppress(FileNotFoundError):
            if after.startswith(lock.read_bytes()):  # ours, perhaps written in part
                lock.unlink()


@contextmanager
def _folder_of(wanted: Swap, file: FilePlan) -> Iterator[int | None]:
    """Open a file's folder; None where it is not there."""
    with ExitStack() as opened:
        try:
            folder = os.open(wanted.top, FOLDER & ~os.O_NOFOLLOW)
            opened.callback(os.close, folder)
            for part in file.path.split("/")[:-1]:
                folder = os.open(part, FOLDER, dir_fd=folder)
                opened.callback(os.close, folder)
        except OSError:
            yield None
        else:
            yield folder


def _settle(temporary: str, file: FilePlan, folder: int, *, done: bool) -> None:
    """Bring one file back, and remove what lies beside it."""
    name, before = file.path.rpartition("/")[2], f"{temporary}-before"
    if not done and file.on_disk is None and _number(temporary, folder) == _number(name, folder) is not None:
        os.unlink(name, dir_fd=folder)
    elif not done and file.on_disk is not None and _number(before, folder) is not None:
        os.rename(before, name, src_dir_fd=folder, dst_dir_fd=folder)
    for left in (temporary, before):
        with suppress(FileNotFoundError):
            os.unlink(left, dir_fd=folder)


def _number(name: str, folder: int) -> int | None:
    """Which file it is; None where there is none."""
    try:
        return os.lstat(name, dir_fd=folder).st_ino
    except FileNotFoundError:
        return None


def _restore_index(wanted: Swap) -> None:
    """Put the index back, where it is the new one, or the old one written in part."""
    (before, after), path = wanted.index, wanted.git_dir / "index"
    found = path.read_bytes()
    if found != before and (found == after or before.startswith(found)):
        beside = wanted.git_dir / wanted.temporary(0)
        beside.write_bytes(before)
        beside.replace(path)
