"""Where a session of a run began: whose conversation it went on from, and with which files.

What belongs here is finding that in a run folder, ours or AgentLens's, and nothing that is written.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

import orjson

from capture.config import Config
from capture.replay.files import kept_by_agentlens, tags_of
from capture.replay.source import ReplayError, config_of, seen_work_dir
from capture.runs.folder import RunFolder, SessionFolder
from capture.runs.meta import RunMeta, SessionMeta, read_meta
from capture.runs.past import first_of, lacking_for, past_of
from capture.runs.plan import Start, plan
from capture.runs.scene import Past


@dataclass(frozen=True, slots=True)
class ForkPoint:
    """The point in a run at which a session began."""

    run: RunFolder
    config: Config
    start: Start
    past: Past | None
    """The conversation it went on from; None where it began a new one."""
    tag: str
    """The files, in the run's repository."""
    seen: Path
    """The working directory as that conversation has it."""
    there: list[tuple[SessionFolder, SessionMeta]]
    """The sessions that began there, in order."""

    @property
    def index(self) -> int:
        """Which session of the configuration begins there."""
        return self.start.session.session_index


def find_fork_point(run: RunFolder, index: int) -> ForkPoint:
    """Return where a session began.

    Args:
        run: The run folder, which is over.
        index: Which session.

    Raises:
        ReplayError: there is no such session, or what it began from is not in the folder.
        MetaError: the run's meta cannot be read.
    """
    meta = read_meta(run)
    if meta.status == "running":
        raise ReplayError(f"{run.path} is being run; wait until it has ended")
    there = _there(run, meta, index)
    for path, what in ((run.config, "the configuration"), (run.shadow, "the files")):
        if not path.exists():
            raise ReplayError(f"{path} is missing: without it nobody knows {what}")
    config = config_of(run)
    _refuse_replayed(run, meta, index)
    start = plan(config)[index - 1]
    start = replace(start, fork=start.resume is not None)  # the conversation stays as it is
    lacking = lacking_for(run, config, start)
    if lacking is not None:
        raise ReplayError(f"{run.path}: session {index} cannot begin again: {lacking}")
    past, seen = None, Path(config.work_dir)
    if start.resume is not None:
        before = _entry(run, meta, first_of(run, config, start.resume))
        past, seen = past_of(run, config, meta, start), seen_work_dir(run, config, before)
    return ForkPoint(run, config, start, past, _tag(run, config, start, there), seen, there)


def _there(run: RunFolder, meta: RunMeta, index: int) -> list[tuple[SessionFolder, SessionMeta]]:
    sessions = list(run.sessions())
    found = [each for each in sessions if each.index == index]
    if not found:
        known = ", ".join(each.label for each in sessions) or "none"
        raise ReplayError(f"{run.path}: there is no session {index}; there are: {known}")
    return [(each, _entry(run, meta, each)) for each in found]


def _entry(run: RunFolder, meta: RunMeta, folder: SessionFolder) -> SessionMeta:
    place = (folder.index, folder.replicate)
    for each in meta.sessions:
        if (each.session_index, each.replicate) == place:
            return each
    raise ReplayError(f"{run.meta}: says nothing of {folder.path.name}")


def _refuse_replayed(run: RunFolder, meta: RunMeta, index: int) -> None:
    """Refuse the session of a replay that did not begin at its beginning."""
    if meta.replay_source is None:
        return
    try:
        about = orjson.loads((run.path / "replay_meta.json").read_bytes())
        source, first = about["source_run_dir"], about["source_session_index"]
    except (OSError, orjson.JSONDecodeError, LookupError, TypeError):
        source, first = meta.replay_source, index
    if index == first:
        raise ReplayError(
            f"session {index} began in the middle, at turn {meta.replay_turn} of {source}; "
            "more of it are made with `harness replay`"
        )


def _tag(run: RunFolder, config: Config, start: Start, there: list[tuple[SessionFolder, SessionMeta]]) -> str:
    """Return the tag of the files at a session's beginning.

    AgentLens notes only the ends of sessions, one of which is the beginning of the next.

    Raises:
        ReplayError: there is none.
    """
    tags, index = tags_of(run.shadow), start.session.session_index
    wanted = [f"_start_{folder.label}" for folder, _ in there]
    if kept_by_agentlens(run.shadow):
        ends = start.files or index - 1
        wanted.append("baseline" if ends == 0 else first_of(run, config, ends).path.name)
    found = next((tag for tag in wanted if tag in tags), None)
    if found is None:
        raise ReplayError(f"{run.shadow}: has no state of the files when session {index} began")
    return found
