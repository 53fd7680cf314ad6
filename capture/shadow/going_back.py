"""Making a folder what a recorded state says: an empty one in a copy, or the work directory itself.

What belongs here is which files and folders are written and removed, and which cannot be. How that is done
without leaving the folder is in `writing`.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from capture.shadow.errors import ShadowGitError
from capture.shadow.notes import Notes
from capture.shadow.repository import Repository
from capture.shadow.tree import File, Folder
from capture.shadow.writing import Writer

NOT_RECORDED = "its content was not recorded"


@dataclass(frozen=True, slots=True)
class State:
    """One recorded state."""

    files: dict[str, File]
    """Path → file."""
    notes: Notes


def check_out(repository: Repository, state: State, folder: Path, source: Path, umask: int) -> None:
    """Write a state into an empty folder, which is made if it is not there.

    Args:
        repository: Has the contents.
        state: The state.
        folder: The folder.
        source: Where large files, whose content is not recorded, may still be as they were.
        umask: Of whoever the files are for.

    Raises:
        ShadowGitError: the folder is not empty, or a file cannot be written.
        OSError: the folder cannot be made.
    """
    folder.mkdir(parents=True, exist_ok=True)
    if any(folder.iterdir()):
        raise ShadowGitError(f"{folder} is not empty")
    large = {path: state.files[path] for path in state.notes.large_files if path in state.files}
    writer = Writer(str(folder.resolve()), repository.content, umask)
    try:
        writer.write_files({path: file for path, file in state.files.items() if path not in large})
        writer.copy_large(large, str(source))
        writer.make_folders(state.notes.empty_folders)
    finally:
        writer.close()
    for path, reason in writer.failed.items():
        why = NOT_RECORDED if path in large else reason
        raise ShadowGitError(f"{folder}: {path!r} cannot be written: {why}")


def bring_back(
    repository: Repository, state: State, work_dir: str, root: Folder, umask: int
) -> dict[str, str]:
    """Make a work directory equal to a state.

    Args:
        repository: Has the contents.
        state: The state.
        work_dir: The directory.
        root: What is in it now.
        umask: Of the person whose directory it is.

    Returns:
        Path → why it could not be made equal.

    Raises:
        OSError: the directory is not there.
    """
    present, wanted = dict(root.files()), state.files
    lacking = {path for path in state.notes.large_files if not same(wanted, present, path)}
    writer = Writer(work_dir, repository.content, umask)
    try:
        writer.remove_files(present.keys() - wanted.keys())
        writer.remove_folders(_folders_to_go(root, present, state))
        writer.write_files(
            {
                path: file
                for path, file in wanted.items()
                if path not in lacking and not file.same_as(present.get(path))
            }
        )
        writer.make_folders(state.notes.empty_folders)
    finally:
        writer.close()
    return writer.failed | dict.fromkeys(lacking, NOT_RECORDED)


def same(wanted: dict[str, File], present: dict[str, File], path: str) -> bool:
    """Whether a path is in the one as it is in the other."""
    file = wanted.get(path)
    return file is not None and file.same_as(present.get(path))


def _folders_to_go(root: Folder, present: dict[str, File], state: State) -> set[str]:
    """Folders that the state has not; one that says nothing of empty folders keeps those empty now."""
    empty = state.notes.empty_folders
    kept = _parents(state.files) | set(empty) | _parents(empty)
    there = {folder.path for folder in root.folders()} if state.notes.present else _parents(present)
    return there - kept - {""}


def _parents(paths: Iterable[str]) -> set[str]:
    found: set[str] = set()
    for path in paths:
        parent = path.rpartition("/")[0]
        while parent and parent not in found:
            found.add(parent)
            parent = parent.rpartition("/")[0]
    return found
