"""A run's raw dumps as plain files, for programs that know nothing of differences.

What belongs here is which sessions there are and where their files go; `capture.proxy.dumps` undoes the
differences.
"""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from pathlib import Path

from capture.proxy.dumps import FOLDER, difference_names, export
from capture.runs.files import FILE_MODE, make_folder
from capture.runs.folder import RunFolder, SessionFolder


@dataclass(frozen=True, slots=True)
class Exported:
    """One session's raw dumps, all plain now."""

    session: str
    """The name of the session's folder."""
    path: Path
    """Where they are."""
    files: int
    """How many there are."""
    restored: int
    """How many of them had been stored as differences."""


def export_run(folder: RunFolder, into: Path | None = None) -> list[Exported]:
    """Make every raw dump of a run a plain file.

    Args:
        folder: The run, which nobody is running any more if `into` is None.
        into: Where to write them, a folder for each session, and leave the run as it is; None for in place.

    Raises:
        DumpError: One cannot be restored; those before it are written.
        OSError: One cannot be read or written.
    """
    return [_export(session, into) for session in folder.sessions() if session.dumps.is_dir()]


def _export(session: SessionFolder, into: Path | None) -> Exported:
    path = session.dumps
    if into is not None:
        path = make_folder(into.absolute() / session.path.name / FOLDER)
        _copy_plain(session.dumps, path)
    restored = export(session.path, None if into is None else path)
    return Exported(session.path.name, path, sum(1 for _ in path.iterdir()), restored)


def _copy_plain(dumps: Path, path: Path) -> None:
    """Copy what is plain already: regular files only, whatever else a folder of others may hold."""
    packed = difference_names(dumps)
    for file in dumps.iterdir():
        if file.is_file() and not file.is_symlink() and file.name not in packed:
            shutil.copyfile(file, path / file.name)
            (path / file.name).chmod(FILE_MODE)
