"""What the fields of a configuration must hold together, each rule with the field it is about."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import PurePosixPath

from capture.config.models import Config
from capture.yaml_lines import Location

Problem = tuple[Location, str]

PROVIDERS = {
    "claude_code": ("anthropic", "openrouter", "bedrock", "vertex"),
    "codex": ("openai", "openrouter"),
    "builtin": ("anthropic", "openai", "openrouter"),
}


def problems(config: Config) -> Iterator[Problem]:
    """Yield what is wrong with a configuration whose fields are each in order."""
    yield from _of_the_engine(config)
    yield from _of_the_sessions(config)
    memory = PurePosixPath(config.memory_file)
    if memory.is_absolute() or ".." in memory.parts:
        yield ("memory_file",), "must lie in the working directory: give a relative path without '..'"


def _of_the_engine(config: Config) -> Iterator[Problem]:
    known = PROVIDERS[config.engine]
    if config.provider not in known:
        yield ("provider",), f"{config.provider!r} does not serve {config.engine}; use {' or '.join(known)}"
    if config.provider == "openrouter" and "/" not in config.model and config.engine != "claude_code":
        yield ("model",), f"OpenRouter wants the vendor's prefix: 'vendor/{config.model}'"
    if config.engine == "codex" and config.agents:
        yield ("agents",), "not for codex, which has agents of its own; set codex_multi_agent: true"
    if config.engine != "codex":
        for name in ("codex_multi_agent", "codex_goal_token_budget", "codex_goal_objective"):
            if getattr(config, name):
                yield (name,), f"only for codex, and the engine is {config.engine}"
    if config.codex_goal_objective and config.codex_goal_token_budget is None:
        yield ("codex_goal_objective",), "needs codex_goal_token_budget beside it"
    names = [agent.name for agent in config.agents]
    for place, name in enumerate(names):
        if name in names[:place]:
            yield ("agents", place, "name"), f"{name!r} is taken by an agent above"


def _of_the_sessions(config: Config) -> Iterator[Problem]:
    for place, session in enumerate(config.sessions):
        expected = place + 1
        if session.session_index != expected:
            where = ("sessions", place, "session_index")
            yield where, f"should be {expected}: sessions are counted from 1 without gaps"
        if session.fork_from is not None and session.fork_from >= session.session_index:
            where = ("sessions", place, "fork_from")
            yield where, f"must be lower than the session's own index, {session.session_index}"
