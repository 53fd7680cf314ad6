"""Engines: the coding agents that the harness can run, each behind the same small interface.

What belongs here is what depends on one agent's program, kept in a folder an agent, and the processes they
run in. Which engine has which name is below; an engine's code is imported when it is used.
"""

from __future__ import annotations

from importlib import import_module

from capture.engines.interface import Engine, EngineError

_ENGINES = {
    "builtin": ("capture.engines.builtin.engine", "BuiltinEngine"),
    "claude_code": ("capture.engines.claude_code.engine", "ClaudeCodeEngine"),
    "codex": ("capture.engines.codex.engine", "CodexEngine"),
}

__all__ = ["Engine", "EngineError", "engine_named"]


def engine_named(name: str) -> Engine:
    """Return the engine of a name that a configuration may give."""
    module, kind = _ENGINES[name]
    engine: Engine = getattr(import_module(module), kind)()
    return engine
