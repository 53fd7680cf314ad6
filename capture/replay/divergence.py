"""A divergence as it is told: which turn, which tool's result, and how the two texts differ.

What belongs here is reading a conversation, in the three protocols, for whose words stand at a path of it.
How two values differ is in `value_diff.py`.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import orjson

from capture.proxy.callers import Caller
from capture.replay.likeness import ABSENT, Difference
from capture.replay.recorded import Finding
from capture.replay.turns import Turn
from capture.replay.value_diff import diff

Json = dict[str, Any]

VALUE_AT_MOST = 4000
"""Characters of a value that are told."""
PATHS_AT_MOST = 20

_ELEMENT = re.compile(r"(messages|input)\[(\d+)\](?:\.content\[(\d+)\])?")


@dataclass(frozen=True, slots=True)
class Where:
    """What is known of a session, to say where in it something is."""

    turns: Sequence[Turn]
    calls: Mapping[str, int]
    """Id of a tool call → its step in the trajectory."""


def described(finding: Finding, where: Where) -> Json:
    """Return what a finding says, as the report has it."""
    exchange = finding.recorded
    told: Json = {
        "kind": "differs" if exchange is not None else "not_on_record",
        "agent": named(finding.caller),
        "turn": _turn_of(exchange.number if exchange else None, finding.caller, where.turns),
        "request": exchange.number if exchange is not None else None,
        "replayed_as": finding.number,
    }
    if not finding.differences:
        return told
    first = finding.differences[0]
    return told | {
        "path": first.path,
        "tool": _tool_at(first, finding.body, where),
        "recorded": _shortened(first.recorded),
        "now": _shortened(first.now),
        "diff": list(diff(first)),
        "paths": [each.path for each in finding.differences[:PATHS_AT_MOST]],
        "differences": len(finding.differences),
    }


def never_asked(number: int, caller: Caller, where: Where) -> Json:
    """Return that a recorded request was not made, as the report has it."""
    turn = _turn_of(number, caller, where.turns)
    return {
        "kind": "not_asked",
        "agent": named(caller),
        "turn": turn,
        "request": number,
        "replayed_as": None,
    }


def named(caller: Caller) -> str:
    """Return who asked, for people."""
    return caller.context if caller.agent_id is None else f"{caller.context} {caller.agent_id}"


def _turn_of(request: int | None, caller: Caller, turns: Sequence[Turn]) -> int | None:
    """Return the turn that a request belongs to.

    That is the one after the last where nobody asked so often, or where it had no answer that made it a turn.
    """
    last = turns[-1].request or 0
    if request is None or (caller.context == "main" and request > last):
        return len(turns) + 1
    return next((each.number for each in reversed(turns) if (each.request or 0) <= request), None)


def _tool_at(difference: Difference, body: bytes, where: Where) -> Json | None:
    """Return the tool call whose result stands at a path; None where it is something else."""
    found = _ELEMENT.match(difference.path)
    conversation = orjson.loads(body) if found is not None else None
    if found is None or not isinstance(conversation, dict):
        return None
    items = conversation.get(found[1])
    element = _get(items, int(found[2]))
    inner = _get(element.get("content"), int(found[3])) if found[3] is not None else {}
    call_id = inner.get("tool_use_id") or element.get("tool_call_id") or element.get("call_id")
    if not isinstance(call_id, str):
        return None
    name, arguments = next(
        ((name, given) for known, name, given in _calls(items) if known == call_id), (None, None)
    )
    step = where.calls.get(call_id)
    turn = next((each.number for each in where.turns if step is not None and _holds(each, step)), None)
    return {"name": name, "arguments": _shortened(arguments), "call_id": call_id, "step": step, "turn": turn}


def _holds(turn: Turn, step: int) -> bool:
    return turn.first_step is not None and turn.first_step <= step <= (turn.last_step or turn.first_step)


def _get(values: object, place: int) -> Json:
    value = values[place] if isinstance(values, list) and place < len(values) else None
    return value if isinstance(value, dict) else {}


def _calls(items: object) -> Iterator[tuple[object, object, object]]:
    """Yield the tool calls of a conversation: id, name, arguments."""
    for item in items if isinstance(items, list) else ():
        if not isinstance(item, dict):
            continue
        if item.get("type") in ("function_call", "custom_tool_call"):
            yield item.get("call_id"), item.get("name"), item.get("arguments", item.get("input"))
        asked = item.get("tool_calls")
        for call in asked if isinstance(asked, list) else ():
            function = call.get("function") if isinstance(call, dict) else None
            if isinstance(function, dict):
                yield call.get("id"), function.get("name"), function.get("arguments")
        content = item.get("content")
        for block in content if isinstance(content, list) else ():
            if isinstance(block, dict) and block.get("type") == "tool_use":
                yield block.get("id"), block.get("name"), block.get("input")


def _shortened(value: object) -> object:
    """Return a value as the report has it: a long one is a text that was cut; None for what is not there."""
    if value is ABSENT:
        return None
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    return value if len(text) <= VALUE_AT_MOST else f"{text[:VALUE_AT_MOST]}…"
