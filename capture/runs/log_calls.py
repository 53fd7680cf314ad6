"""The calls of a log's session, read for a person: what is known of each without its bodies.

What belongs here is one call, and where it stands among the others; they are read in `log_reading`.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from capture import prices
from capture.atif.trajectory import Step
from capture.cursor.log_lines import Line
from tessen.exchange import Exchange
from tessen.usage import Usage

Json = dict[str, Any]


@dataclass(frozen=True, slots=True)
class LogCall:
    """One call to a model. Text is raw."""

    number: int
    """From 1, in order of time; failed calls count."""
    line: Line
    """Where its event is."""
    event_id: str
    ts: float
    settings: Mapping[str, object]
    """What was asked with, by name: model, provider, surface, address, called from, and the parameters."""
    system: str
    """Equal for equal system prompts; empty without one."""
    tools: str
    """Equal for equal tools; empty without any."""
    tool_names: Sequence[str]
    messages: int
    """Messages of its request."""
    model: str | None
    stop_reason: str | None
    usage: Usage | None
    cost_usd: float | None
    """None where the model has no known price."""
    duration_ms: float | None
    problem: str
    """Why it came to nothing, in one line; empty for a whole answer."""
    attempts: int
    signals: Sequence[str]
    conversation: int = 0
    """Of the session's; 0 for a call that is part of none, such as an embedding."""
    turn: int | None = None
    """Of the session; None for a call that was not answered."""
    before: int | None = None
    """The call before it in the same conversation that was answered."""
    system_since: int | None = None
    """The first call of the session with this system prompt."""
    tools_since: int | None = None
    """The first with these tools."""

    def exchange(self) -> Exchange:
        """Read the call whole.

        Raises:
            OSError: the log file cannot be read.
        """
        return Exchange.from_event(self.line.event())


def call_of(number: int, line: Line, exchange: Exchange) -> LogCall:
    """Return what is known of a call, before it has its place among the others."""
    request = exchange.request
    return LogCall(
        number=number,
        line=line,
        event_id=exchange.event_id,
        ts=exchange.ts,
        settings=_settings(exchange),
        system=_digest(request.system) if request.system else "",
        tools=_digest(request.tools) if request.tools else "",
        tool_names=[tool.name for tool in request.tools],
        messages=len(request.messages),
        model=exchange.model,
        stop_reason=exchange.stop_reason,
        usage=exchange.usage,
        cost_usd=prices.cost(exchange.usage, exchange.model, exchange.provider),
        duration_ms=exchange.duration_ms,
        problem=_problem(exchange),
        attempts=max(1, len(exchange.attempts)),
        signals=exchange.signals,
    )


def placed(calls: Sequence[LogCall], steps: Sequence[Step], turns: Mapping[int, int]) -> list[LogCall]:
    """Return calls with their places in the session.

    Args:
        calls: all of the session, in order.
        steps: of the trajectory that was rebuilt of them.
        turns: step id → turn.
    """
    of_event = {step.extra["event_id"]: step for step in steps if "event_id" in step.extra}
    newest: dict[int, int] = {}
    first: dict[tuple[str, str], int] = {}
    found: list[LogCall] = []
    for call in calls:
        step = of_event.get(call.event_id)
        conversation = step.extra.get("conversation", 1) if step is not None else 0
        found.append(
            replace(
                call,
                conversation=conversation,
                turn=turns.get(step.step_id) if step is not None else None,
                before=newest.get(conversation),
                system_since=first.setdefault(("system", call.system), call.number) if call.system else None,
                tools_since=first.setdefault(("tools", call.tools), call.number) if call.tools else None,
            )
        )
        if conversation and not call.problem:
            newest[conversation] = call.number
    return found


def _settings(exchange: Exchange) -> Json:
    site = exchange.call_site
    known: Json = {
        "model": exchange.asked_model or exchange.model,
        "provider": exchange.provider,
        "surface": exchange.surface,
        "address": exchange.url,
        "called from": f"{site.file}:{site.line or '?'} in {site.func or '?'}" if site else None,
        "streamed": "yes" if exchange.streamed else None,
    }
    params = {name: value for name, value in exchange.request.params.items() if name != "model"}
    return {name: value for name, value in (known | params).items() if value is not None}


def _problem(exchange: Exchange) -> str:
    if exchange.failure is not None:
        return f"{exchange.failure.type}: {exchange.failure.message}"
    if exchange.error:
        return "failed"
    return "" if exchange.outcome == "complete" else exchange.outcome


def _digest(value: object) -> str:
    return hashlib.blake2b(repr(value).encode("utf-8", "backslashreplace"), digest_size=8).hexdigest()
