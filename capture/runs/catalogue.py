"""The runs of a folder as rows of a list, read again and again: only what changed is parsed anew.

What belongs here is what a list says of a run: its totals, how far a living one has got, and of a folder that
cannot be read, why.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Literal, NamedTuple

from capture.atif import TrajectoryError, read_trajectory
from capture.runs.folder import RunFolder
from capture.runs.meta import MetaError, RunMeta, SessionMeta, read_meta

State = Literal["broken", "failed", "interrupted", "running", "finished"]


@dataclass(frozen=True, slots=True)
class RunRow:
    """One run of the list."""

    path: Path
    meta: RunMeta
    """Of a broken run only its name."""
    problem: str = ""
    """Why the run cannot be read; empty where it can."""
    started: float = 0.0
    """Seconds since the epoch; 0 where the run does not say."""
    ended: float | None = None
    """None while it runs, and where it does not say."""
    joining: bool = False
    """Whether a session that joined it after its end is under way."""

    @property
    def name(self) -> str:
        """How the run is called, and given to a command: its folder's name; raw."""
        return self.path.name

    @property
    def state(self) -> State:
        """How it is with the run."""
        return "broken" if self.problem else self.meta.status

    @property
    def moving(self) -> bool:
        """Whether it is under way, or a session that has joined it since."""
        return self.state == "running" or self.joining

    @property
    def engine(self) -> str:
        """What ran it. Folders that do not say are of the time when there was one engine."""
        return "" if self.problem else self.meta.engine or "claude_code"

    @property
    def errors(self) -> int:
        """How many things went wrong: what the run says, or its sessions where it says nothing."""
        own = sum(session.error is not None for session in self.meta.sessions)
        return max(len(self.meta.errors), own) + bool(self.problem)

    @property
    def flags(self) -> int:
        """Sessions that a judge flagged."""
        return self.meta.judge_flagged_sessions

    @property
    def words(self) -> str:
        """All words that the list shows of it, for a filter's free text."""
        meta = self.meta
        words = (self.name, meta.run_name, meta.hypothesis, meta.model, self.engine, *meta.tags, *meta.errors)
        return "\n".join(word for word in (*words, self.problem) if word)


class _Stamp(NamedTuple):
    """What says whether a file is still the one that was read."""

    modified_ns: int
    size: int
    inode: int


class Catalogue:
    """The runs of one folder, which need not exist.

    Args:
        folder: Where run folders are.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.bare: list[Path] = []
        """Folders in which there is no run yet: one may be about to begin."""
        self._known: dict[Path, tuple[_Stamp | None, RunRow]] = {}

    def read(self) -> list[RunRow]:
        """Return the runs as they are now, newest first; takes time, so it is called in a thread.

        Raises:
            OSError: the folder is there and cannot be read.
        """
        known: dict[Path, tuple[_Stamp | None, RunRow]] = {}
        for run in self._folders():
            stamp = _stamp(run.meta)
            before = self._known.get(run.path)
            if before is not None and before[0] == stamp and not before[1].moving:
                known[run.path] = before
            else:
                known[run.path] = stamp, read_row(run)
        self._known = known
        return sorted((row for _, row in known.values()), key=lambda row: (-row.started, row.name))

    def _folders(self) -> Iterator[RunFolder]:
        self.bare = []
        if not self.folder.exists():
            return
        for path in self.folder.iterdir():
            run = RunFolder(path)
            if path.name.startswith("."):
                continue
            if run.meta.is_file() or run.config.is_file():
                yield run
            elif path.is_dir():
                self.bare.append(path)


def read_row(run: RunFolder) -> RunRow:
    """Return what a list says of a run, whatever state its folder is in."""
    try:
        meta = read_meta(run)
    except MetaError as error:
        return RunRow(run.path, RunMeta(run_name=run.path.name), problem=_reason(error, run))
    if meta.status == "running":
        _progress(run, meta)
    started, ended = _seconds(meta.started_at) or 0.0, _seconds(meta.finished_at)
    return RunRow(run.path, meta, started=started, ended=ended, joining=_is_joined(run, meta))


def _is_joined(run: RunFolder, meta: RunMeta) -> bool:
    """Whether a session that joined the run later is under way: it holds a lock as long as it lives."""
    return any(
        run.session(each.session_index, each.replicate).lock.exists()
        for each in meta.sessions
        if each.stop_reason is None and each.finished_at is None
    )


def under_their_sources(rows: list[RunRow]) -> list[tuple[RunRow, int]]:
    """Return the rows with replays after the run they come from, each with how deep it stands.

    What is not a replay, or whose source is not among the rows, keeps its place at depth 0.
    """
    by_name = {row.name: row for row in rows}
    replays: dict[Path, list[RunRow]] = {}
    top: list[RunRow] = []
    for row in rows:
        source = by_name.get(row.meta.replay_source or "")
        if source is None or source is row:
            top.append(row)
        else:
            replays.setdefault(source.path, []).append(row)
    found: list[tuple[RunRow, int]] = []
    waiting = [(row, 0) for row in reversed(top)]
    while waiting:
        row, depth = waiting.pop()
        found.append((row, depth))
        waiting += [(each, depth + 1) for each in reversed(replays.pop(row.path, ()))]
    return found + [(row, 0) for circle in replays.values() for row in circle]


def _progress(run: RunFolder, meta: RunMeta) -> None:
    """Bring the numbers of sessions under way up to date: the meta has them at their end only."""
    for session in meta.sessions:
        if session.stop_reason is None:
            _count(run, session)
    meta.add_up()
    with suppress(OSError):  # nothing is written yet
        meta.total_file_writes = run.changelog.read_bytes().count(b"\n")


def _count(run: RunFolder, session: SessionMeta) -> None:
    try:
        trajectory = read_trajectory(run.session(session.session_index, session.replicate).trajectory)
    except TrajectoryError:
        return
    own = trajectory.own_steps
    session.step_count = len(own)
    session.tool_call_count = sum(len(step.tool_calls) for step in own)
    costs = [metrics.cost_usd for metrics in trajectory.metrics() if metrics.cost_usd is not None]
    session.total_cost_usd = sum(costs) if costs else None


def _reason(error: MetaError, run: RunFolder) -> str:
    """The problem without the path, which the list shows anyway."""
    return str(error).removeprefix(f"{run.meta}: ").removeprefix(f"{run.path}/")


def _stamp(path: Path) -> _Stamp | None:
    try:
        status = path.stat()
    except OSError:
        return None
    return _Stamp(status.st_mtime_ns, status.st_size, status.st_ino)


def _seconds(text: str | None) -> float | None:
    """A time of a meta in seconds since the epoch; one that does not name its zone is UTC."""
    try:
        when = datetime.fromisoformat(text or "")
    except ValueError:
        return None
    return when.replace(tzinfo=when.tzinfo or UTC).timestamp()
