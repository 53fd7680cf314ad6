"""What each session starts from: whose conversation, and whose files."""

from __future__ import annotations

from dataclasses import dataclass

from capture.config import Config, SessionConfig


@dataclass(frozen=True, slots=True)
class Start:
    """How a session begins.

    Sessions are named by index; of a replicated one, the first replicate is meant.
    """

    session: SessionConfig
    resume: int | None = None
    """The session whose conversation it goes on from."""
    fork: bool = False
    """Whether that conversation stays as it is, and this one goes on in a copy."""
    files: int | None = None
    """The session at whose end the files are taken; None for the working directory as it is."""


def plan(config: Config) -> list[Start]:
    """Return how each session of a run begins, in order."""
    return [_start(config, session) for session in config.sessions]


def _start(config: Config, session: SessionConfig) -> Start:
    index = session.session_index
    if session.fork_from is not None:
        return Start(session, session.fork_from, True, session.fork_from)
    if index == 1 or config.session_mode == "isolated":
        return Start(session)
    if config.session_mode == "forked":
        return Start(session, 1, True, 1)
    before = index - 1
    replicated = config.session(before).count > 1
    # replicates never touch the working directory, so what goes on from one needs its files put there
    return Start(session, before, replicated or session.count > 1, before if replicated else None)
