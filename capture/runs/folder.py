"""The run folder: what lies where in it. The layout is AgentLens's; names that begin with a dot are ours."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from capture.runs.files import make_folder
from capture.runs.locks import hold, is_held

_SESSION = re.compile(r"session_(\d+)(?:_r(\d+))?")


class RunExistsError(Exception):
    """There is a run of this name already. The message says what to do."""


@dataclass(frozen=True, slots=True)
class SessionFolder:
    """One session's part of a run folder."""

    path: Path
    index: int
    replicate: int | None = None

    @property
    def label(self) -> str:
        """How the session is called in tags: `2`, or `2_r03`."""
        return f"{self.index}" if self.replicate is None else f"{self.index}_r{self.replicate:02d}"

    @property
    def trajectory(self) -> Path:
        """The main agent's trajectory."""
        return self.path / "trajectory.json"

    @property
    def transcript(self) -> Path:
        """The engine's own record."""
        return self.path / "transcript.jsonl"

    @property
    def uuid_map(self) -> Path:
        """Which turn is which in the transcript, the trajectory and the requests."""
        return self.path / "uuid_map.json"

    @property
    def diff(self) -> Path:
        """What the session changed."""
        return self.path / "session_diff.patch"

    @property
    def judge(self) -> Path:
        """The verdicts."""
        return self.path / "judge.jsonl"

    @property
    def captures(self) -> Path:
        """The requests, one row each."""
        return self.path / "api_captures.jsonl"

    @property
    def dumps(self) -> Path:
        """The requests and responses, whole."""
        return self.path / "raw_dumps"

    @property
    def stderr(self) -> Path:
        """What the engine complained of."""
        return self.path / "engine_stderr.log"

    @property
    def lock(self) -> Path:
        """Of a session that joined a run later: locked while it is under way, and gone when it has ended."""
        return self.path / ".lock"

    @property
    def resampled(self) -> Path:
        """Of a session that joined a run later: what it started from, and whether that was the same."""
        return self.path / "resample_meta.json"

    def subagent(self, name: str, identity: str) -> Path:
        """A subagent's trajectory."""
        safe = re.sub(r"[^A-Za-z0-9_.-]", "_", f"{name}_{identity}")
        return self.path / f"subagent_{safe[:120]}.json"


@dataclass(frozen=True, slots=True)
class RunFolder:
    """A run on disk."""

    path: Path

    @property
    def config(self) -> Path:
        """The configuration as run."""
        return self.path / "config.yaml"

    @property
    def meta(self) -> Path:
        """What the run is, and how far it has got."""
        return self.path / "run_meta.json"

    @property
    def diff(self) -> Path:
        """What all sessions changed."""
        return self.path / "full_diff.patch"

    @property
    def changelog(self) -> Path:
        """Every file written, in order."""
        return self.path / "state_changelog.jsonl"

    @property
    def shadow(self) -> Path:
        """The repository of file states."""
        return self.path / ".shadow_git"

    @property
    def lock(self) -> Path:
        """Locked by the process that runs the run, for as long as it lives."""
        return self.path / ".lock"

    @property
    def homes(self) -> Path:
        """The engines' own state, a folder each session, while it runs."""
        return self.path / ".engine"

    def session(self, index: int, replicate: int | None = None) -> SessionFolder:
        """Return a session's folder, which need not exist."""
        suffix = "" if replicate is None else f"_r{replicate:02d}"
        return SessionFolder(self.path / f"session_{index:02d}{suffix}", index, replicate)

    def sessions(self) -> Iterator[SessionFolder]:
        """Yield the sessions there are, in order."""
        found = []
        for path in self.path.iterdir():
            match = _SESSION.fullmatch(path.name)
            if match and path.is_dir():
                found.append(SessionFolder(path, int(match[1]), int(match[2]) if match[2] else None))
        yield from sorted(found, key=lambda each: (each.index, each.replicate or 0))


def create_run_folder(runs_dir: Path, name: str) -> RunFolder:
    """Make a new run folder.

    Raises:
        RunExistsError: there is one of this name.
        OSError: it cannot be made.
    """
    folder = RunFolder(make_folder(runs_dir.absolute()) / name)
    try:
        folder.path.mkdir(mode=0o700)
    except FileExistsError:
        raise RunExistsError(
            f"{folder.path} exists; choose another name with --run-name, or remove it"
        ) from None
    return folder


def lock_run(folder: RunFolder) -> int:
    """Mark a run as being run by this process, until it ends or closes the descriptor it is given.

    Raises:
        OSError: another process has it.
    """
    return hold(folder.lock)


def is_being_run(folder: RunFolder) -> bool:
    """Whether some living process runs this run, however the last one ended."""
    return is_held(folder.lock)
