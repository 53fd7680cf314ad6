"""Events that show patterns, and such that must not."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from tests.logs import NOW, make_event

LOOPING = "5" * 32
"""The session that goes round in circles."""


def asking(number: int, ts: float, arguments: Any, **changes: Any) -> dict[str, Any]:
    """A call of the billing agent whose answer asks for a tool."""
    block = {"type": "tool_use", "id": f"t{number}", "name": "get_invoice", "input": arguments}
    answer = {"content": [block], "stop_reason": "tool_use"}
    event = make_event(number, "billing_reconciler", ts, session_id=LOOPING, casted_response=answer)
    return {**event, **changes}


def loop(times: int = 14, since: float = NOW - 200.0, first: int = 9_000) -> list[dict[str, Any]]:
    """The same tool with the same arguments, every ten seconds."""
    return [asking(first + n, since + 10.0 * n, {"invoice_id": "INV-0000"}) for n in range(times)]


def steps(
    times: int = 14, since: float = NOW - 200.0, first: int = 9_000, agent: str = "billing_reconciler"
) -> list[dict[str, Any]]:
    """The same tool as often, each time for another invoice: work, no loop."""
    session = f"{first:032x}"
    changes = {"agent_name": agent, "session_id": session}
    return [asking(first + n, since + 10.0 * n, {"invoice_id": f"INV-{n}"}, **changes) for n in range(times)]


def event_ids(events: Iterable[dict[str, Any]]) -> list[str]:
    """Their ids, in order."""
    return [event["event_id"] for event in events]
