"""What a command was pointed at: an agent's name, a log file or a folder, as files to read.

What belongs here is finding files, in the order in which they were written, and the message for what is not
there. Nothing is opened.
"""

from __future__ import annotations

import os
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from tessen.paths import MAX_AGENT_BYTES, at_home, default_log_dir, log_files, safe_agent

_MOST_NAMED = 8
"""So many agents are named to someone who asked for one that is not there."""


@dataclass(frozen=True, slots=True)
class Place:
    """The files of one agent, oldest first."""

    agent: str
    """Its folder's name; its events may state the name in full."""
    files: tuple[Path, ...]


class NotFoundError(LookupError):
    """There is no such agent, file or folder; `str()` says so in one line, with what to do."""


def log_dir_of(log_dir: Path | str | None) -> Path:
    """The log folder: as given, else that of the environment."""
    return default_log_dir() if log_dir is None else at_home(log_dir)


def agents_in(log_dir: Path, *, include_empty: bool = False) -> list[str]:
    """The names of the agents' folders in a log folder, sorted; those without a log file on request."""
    try:
        folders = [entry.name for entry in log_dir.iterdir() if entry.is_dir()]
    except (OSError, ValueError):
        return []
    visible = sorted(name for name in folders if not name.startswith("."))
    return [name for name in visible if include_empty or log_files(log_dir / name)]


def places(target: str | None, log_dir: Path | str | None = None) -> list[Place]:
    """Return what a target names.

    Args:
        target: An agent's name, a file, a folder of log files or a folder of agents; None for all agents.
        log_dir: The log folder; by default that of the environment.

    Raises:
        NotFoundError: there is no such thing, or nothing in it.
    """
    root = log_dir_of(log_dir)
    if target is None:
        return _in_folder(root)
    agent = _agent(target, root)
    if agent is not None:
        return [agent]
    path = at_home(target)
    with suppress(OSError, ValueError):  # too long for a path, or what no path can hold
        if path.is_dir():
            return _in_folder(path)
        if path.exists():
            return [Place(path.parent.name or path.stem, (path,))]
    raise NotFoundError(_no_agent(target, root))


def _agent(name: str, root: Path) -> Place | None:
    """An agent of this name in the log folder."""
    if "/" in name or name in (".", ".."):
        return None
    for folder in dict.fromkeys((name, safe_agent(name))):
        if files := log_files(root / folder):
            return Place(folder, tuple(files))
    return None


def _in_folder(folder: Path) -> list[Place]:
    """The log files in a folder, or in the folders in it."""
    files = log_files(folder) or _named_anyhow(folder)
    if files:
        return [Place(folder.resolve().name, tuple(files))]
    found = [Place(name, tuple(log_files(folder / name))) for name in agents_in(folder)]
    if not found:
        missing = "no log files in" if os.path.isdir(folder) else "no log folder at"  # noqa: PTH112 - never raises
        hint = "record with tessen.init(), or name another with --log-dir"
        raise NotFoundError(f"{missing} {folder}; {hint}")
    return found


def _named_anyhow(folder: Path) -> list[Path]:
    """The log files of a folder whose names state no date."""
    try:
        return sorted(path for path in folder.iterdir() if path.suffix == ".jsonl")
    except (OSError, ValueError):
        return []


def _no_agent(name: str, root: Path) -> str:
    import difflib

    known = agents_in(root)
    short = name if len(name) <= MAX_AGENT_BYTES else f"{name[:MAX_AGENT_BYTES]}…"
    close = difflib.get_close_matches(short, known, n=1, cutoff=0.5)
    if close:
        return f"no agent {short!r} in {root}; did you mean {close[0]}?"
    more = ", …" if len(known) > _MOST_NAMED else ""
    there = f"there are: {', '.join(known[:_MOST_NAMED])}{more}" if known else "it holds no agents yet"
    return f"no agent {short!r} in {root}; {there}"
