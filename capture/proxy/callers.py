"""Who asked: the main agent, one of its subagents, or the engine for purposes of its own.

What belongs here is what the engines' headers say about it. A system prompt says nothing: subagents may share
the main agent's, and the main agent's may change.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple, Protocol

from capture.proxy.asked import Asked, offers_tools_of_its_own
from capture.proxy.capture import AgentContext
from capture.proxy.formats import Operation
from capture.proxy.headers import Headers, text_of


class Sent(Protocol):
    """What of a request says who sent it."""

    @property
    def headers(self) -> Headers:
        """Its headers."""
        ...

    @property
    def operation(self) -> Operation | None:
        """What it asks a model for; None if it asks none."""
        ...


IsMain = Callable[[Sent, Asked], bool]
"""Whether a request that no header gives to a subagent is a turn of the main agent."""

_CODEX_HELPERS = frozenset({"compact", "memory_consolidation"})
"""What Codex calls requests of its own in `x-openai-subagent`."""


class Caller(NamedTuple):
    """Who asked."""

    context: AgentContext
    agent_id: str | None
    """Which subagent."""


def caller_of(record: Sent, asked: Asked, is_main: IsMain) -> Caller:
    """Return who sent a request."""
    headers = record.headers
    if record.operation is None:
        return Caller("sdk_internal", None)
    for name in (b"x-claude-code-agent-id", b"x-harness-agent-id"):
        if (agent := text_of(headers, name)) is not None:
            return Caller("subagent", agent)
    codex_role = text_of(headers, b"x-openai-subagent")
    if codex_role in _CODEX_HELPERS:
        return Caller("sdk_internal", None)
    if codex_role is not None or text_of(headers, b"x-codex-parent-thread-id") is not None:
        return Caller("subagent", text_of(headers, b"thread-id"))
    return Caller("main" if is_main(record, asked) else "sdk_internal", None)


def offers_tools_if_claude(record: Sent, asked: Asked) -> bool:
    """Tell Claude Code's own requests from its agent's: it names sessions and probes quotas without tools."""
    if text_of(record.headers, b"x-claude-code-session-id") is None:
        return True
    return offers_tools_of_its_own(asked.tools)
