"""The session that is replayed: what of its run folder is needed, and whether it is there."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import orjson

from capture.config import Config, ConfigError, parse_config
from capture.runs.folder import RunFolder, SessionFolder
from capture.runs.meta import RunMeta, SessionMeta, read_meta

ENGINES = ("builtin", "claude_code", "codex")
"""Whose conversations can be gone on with midway."""


class ReplayError(ValueError):
    """What is asked for cannot be replayed. The message is one line that says why."""


@dataclass(frozen=True, slots=True)
class Source:
    """A recorded session, and the run it belongs to."""

    run: RunFolder
    config: Config
    meta: RunMeta
    session: SessionFolder
    session_meta: SessionMeta


def find_source(run: RunFolder, index: int, replicate: int | None) -> Source:
    """Return a session of a run.

    Args:
        run: The run folder, ours or AgentLens's.
        index: Which session.
        replicate: Which replicate of it; None for the only one.

    Raises:
        ReplayError: there is no such session, or what it takes to replay it is not in the folder.
        MetaError: the run's meta cannot be read.
    """
    meta = read_meta(run)
    there = [each for each in run.sessions() if each.index == index]
    folder = next((each for each in there if each.replicate == replicate), None)
    if folder is None and replicate is None and there:
        raise ReplayError(
            f"session {index} has {len(there)} replicates; choose one with --replicate 1..{len(there)}"
        )
    own = next(
        (each for each in meta.sessions if (each.session_index, each.replicate) == (index, replicate)), None
    )
    if folder is None or own is None:
        name = SessionMeta(session_index=index, replicate=replicate).name
        raise ReplayError(f"{run.path}: there is no session {name}")
    for path, what in (
        (run.config, "the configuration"),
        (run.shadow, "the files"),
        (folder.transcript, "the engine's own record of the conversation"),
        (folder.uuid_map, "which turn is where in it"),
    ):
        if not path.exists():
            raise ReplayError(f"{path} is missing: without it nobody knows {what}")
    config = config_of(run)
    if config.engine not in ENGINES:
        raise ReplayError(f"{run.path}: turns of {config.engine} cannot be replayed yet")
    return Source(run, config, meta, folder, own)


def seen_work_dir(run: RunFolder, config: Config, session: SessionMeta) -> Path:
    """Return the working directory as a session's agent saw it, whose paths are in its conversation.

    Raises:
        ReplayError: it was a copy under another path, and which is not on record.
    """
    if session.seen_work_dir is not None:
        return Path(session.seen_work_dir)
    if session.path_isolation != "rewrite":
        return Path(config.work_dir)
    try:
        return Path(orjson.loads((run.path / "replay_meta.json").read_bytes())["seen_work_dir"])
    except (OSError, orjson.JSONDecodeError, LookupError, TypeError):
        raise ReplayError(
            f"{run.path}: session {session.name} worked in a copy under another path, and nobody knows which"
        ) from None


def config_of(run: RunFolder) -> Config:
    """Return the configuration of a run.

    Raises:
        ReplayError: it cannot be used.
    """
    try:
        return parse_config(run.config.read_text(encoding="utf-8"), str(run.config))
    except (ConfigError, UnicodeDecodeError) as error:
        raise ReplayError(str(error)) from None
