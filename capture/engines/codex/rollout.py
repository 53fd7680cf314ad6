"""One thread's rollout, line by line, as engine events.

The items of a model call come before the record of what it took, which has the call's id; they are kept back
until then. The results of its tools follow.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from capture.engines.interface import Called, Compacted, EngineEvent, Returned, Said, Spawned

Json = dict[str, Any]

_EXIT = re.compile(r"^Process exited with code (\d+)$", re.MULTILINE)
CALLS = ("function_call", "custom_tool_call", "local_shell_call")
OUTPUTS = ("function_call_output", "custom_tool_call_output", "local_shell_call_output")


class Rollout:
    """Translates one thread.

    Args:
        agent_id: The call that started the thread; None for the main one.
    """

    def __init__(self, agent_id: str | None) -> None:
        self._agent_id = agent_id
        self._model: str | None = None
        self._pending: list[Said | Called] = []
        self._answers = 0
        self._spawns: dict[str, Json] = {}
        """Arguments of the calls that start threads, until their results are in."""

    def events(self, line: Json) -> Iterator[EngineEvent]:
        """Yield what a line says."""
        payload = line.get("payload")
        if not isinstance(payload, dict):
            return
        match line.get("type"), payload.get("type"):
            case "turn_context", _:
                self._model = payload.get("model") or self._model
            case "token_usage_record", _:
                yield from self._flush(payload.get("response_id"))
            case "compacted", _:
                yield Compacted(payload.get("message") or "The conversation was compacted.", self._agent_id)
            case "response_item", "message" if payload.get("role") == "assistant":
                self._keep(Said("", text=_text(payload.get("content"))))
            case "response_item", "reasoning":
                self._keep(Said("", thinking=_text(payload.get("summary"))))
            case "response_item", kind if kind in CALLS:
                self._call(payload)
            case "response_item", kind if kind in OUTPUTS:
                yield from self._output(payload)

    def end(self) -> Iterator[EngineEvent]:
        """Yield what was kept back and never completed."""
        yield from self._flush(None)

    def _keep(self, event: Said | Called) -> None:
        self._pending.append(replace(event, model=self._model, agent_id=self._agent_id))

    def _call(self, item: Json) -> None:
        name, call_id = str(item.get("name") or "local_shell"), str(item.get("call_id"))
        arguments = _arguments(item)
        if name == "spawn_agent":
            self._spawns[call_id] = arguments
        space = item.get("namespace")
        self._keep(Called("", call_id, f"{space}.{name}" if space else name, arguments))

    def _output(self, item: Json) -> Iterator[EngineEvent]:
        yield from self._flush(None)
        call_id = str(item.get("call_id"))
        content = _output_text(item.get("output"))
        spawn = self._spawns.pop(call_id, None)
        if spawn is not None and (started := _object(content)) and started.get("agent_id"):
            name = str(started.get("nickname") or "agent")
            prompt = str(spawn.get("message") or spawn.get("items") or "")
            yield Spawned(call_id, name, prompt, self._agent_id, str(started["agent_id"]))
        code = _EXIT.search(content)
        yield Returned(call_id, content, code is not None and code[1] != "0", self._agent_id)

    def _flush(self, response_id: str | None) -> Iterator[EngineEvent]:
        """Yield the pieces of a model call, under its id, or one of our own where it has none."""
        if not self._pending:
            return
        self._answers += 1
        name = response_id or f"{self._agent_id or 'main'}-answer-{self._answers}"
        for event in self._pending:
            yield replace(event, message_id=name)
        self._pending = []


def _arguments(item: Json) -> Json:
    """Return a call's arguments as an object; a free text goes under `input`."""
    if "input" in item:
        return {"input": item["input"]}
    if "action" in item:
        return item["action"] if isinstance(item["action"], dict) else {"action": item["action"]}
    written = item.get("arguments")
    parsed = _object(written)
    return {"input": written} if parsed is None else parsed


def _object(written: object) -> Json | None:
    try:
        value = json.loads(written) if isinstance(written, str) else written
    except ValueError:
        return None
    return value if isinstance(value, dict) else None


def _output_text(output: object) -> str:
    if isinstance(output, dict):
        return str(output.get("content", ""))
    return output if isinstance(output, str) else _text(output)


def _text(parts: object) -> str:
    """Return the text of a list of content parts; what is no text is named."""
    if not isinstance(parts, list):
        return ""
    found = [each for each in parts if isinstance(each, dict)]
    return "\n".join(str(each["text"]) if "text" in each else f"[{each.get('type')}]" for each in found)
