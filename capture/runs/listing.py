"""The runs there are in a folder, newest first, for whoever lists them."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from capture.runs.folder import RunFolder
from capture.runs.meta import MetaError, RunMeta, read_meta


@dataclass(frozen=True, slots=True)
class Listing:
    """What a runs folder holds."""

    runs: list[tuple[RunFolder, RunMeta]]
    """Newest first."""
    unreadable: list[str]
    """What looks like a run and cannot be read, with why."""


def list_runs(runs_dir: Path) -> Listing:
    """Return the runs in a folder, which need not exist.

    Raises:
        OSError: the folder cannot be read.
    """
    runs: list[tuple[RunFolder, RunMeta]] = []
    unreadable: list[str] = []
    for path in runs_dir.iterdir() if runs_dir.exists() else ():
        folder = RunFolder(path)
        if not folder.meta.is_file() and not folder.config.is_file():
            continue
        try:
            runs.append((folder, read_meta(folder)))
        except MetaError as error:
            unreadable.append(str(error))
    runs.sort(key=lambda each: each[1].started_at or "", reverse=True)
    return Listing(runs, sorted(unreadable))
