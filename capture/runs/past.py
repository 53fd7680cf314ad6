"""What a session goes on from, found in the run's folder; of a replicated one, the first replicate."""

from __future__ import annotations

from capture.atif import TrajectoryError, read_trajectory
from capture.atif.trajectory import Step
from capture.config import Config
from capture.engines.interface import Conversation
from capture.runs.folder import RunFolder, SessionFolder
from capture.runs.meta import RunMeta
from capture.runs.plan import Start
from capture.runs.scene import Past


def first_of(run: RunFolder, config: Config, index: int) -> SessionFolder:
    """Return the folder of a session, or of its first replicate."""
    return run.session(index, None if config.session(index).count == 1 else 1)


def lacking_for(run: RunFolder, config: Config, start: Start) -> str | None:
    """Return what a session needs that is not there; None if it can begin."""
    if start.resume is None or first_of(run, config, start.resume).transcript.exists():
        return None
    return f"left out, for there is no conversation of session {start.resume} to go on from"


def past_of(run: RunFolder, config: Config, meta: RunMeta, start: Start) -> Past | None:
    """Return what a session goes on from; None for one that begins anew."""
    if start.resume is None:
        return None
    folder = first_of(run, config, start.resume)
    place = (folder.index, folder.replicate)
    earlier = next(each for each in meta.sessions if (each.session_index, each.replicate) == place)
    state = earlier.engine_state
    conversation = Conversation(
        earlier.session_id or "", folder.transcript, state.get("cost_usd") or 0.0, state.get("project")
    )
    try:
        steps = _seen_from_beside(read_trajectory(folder.trajectory).steps, folder)
    except TrajectoryError:
        steps = []
    return Past(conversation, start.fork, steps)


def _seen_from_beside(steps: list[Step], folder: SessionFolder) -> list[Step]:
    """Let the references in a session's steps lead to its subagents from another session's folder."""
    for step in steps:
        for reference in (each for result in step.results for each in result.subagent_trajectory_ref):
            path = reference.trajectory_path
            if path is not None and not path.startswith("../"):
                reference.trajectory_path = f"../{folder.path.name}/{path}"
    return steps
