"""What Claude Code prints, as engine events.

It prints a message for each content block, all of one model call with the same id. The call of a tool is
printed before the tool runs, its result when it has run.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from capture.engines.interface import (
    Called,
    Compacted,
    Ended,
    EngineEvent,
    Outcome,
    Returned,
    Said,
    Spawned,
    Started,
)

Json = dict[str, Any]
Recall = Callable[[str], list[Json]]

OUTCOMES: dict[str, Outcome] = {
    "error_max_turns": "max_turns",
    "error_max_budget_usd": "budget_exhausted",
}
SYNTHETIC = "<synthetic>"
"""The model of messages that the program makes up itself, such as the text of an API error."""


class Stream:
    """Translates one session's messages.

    Args:
        recall: Gives a subagent's own messages by its id, from its transcript: the stream leaves its last
        word out.
    """

    def __init__(self, recall: Recall) -> None:
        self._recall = recall
        self._callers: dict[str, str | None] = {}
        """Who called each tool."""
        self._subagents: dict[str, str] = {}
        """The program's id of the subagent that each call started."""
        self._heard: set[str] = set()
        """Model calls that have been told of."""

    def events(self, message: Json) -> Iterator[EngineEvent]:
        """Yield what a message says."""
        match message.get("type"), message.get("subtype"):
            case "system", "init":
                yield Started(message["session_id"], message.get("claude_code_version"))
            case "system", "task_started" if message.get("task_type") == "local_agent":
                yield from self._spawned(message)
            case "system", "compact_boundary":
                yield Compacted(_compaction(message))
            case "assistant", _:
                yield from self._said(message["message"], message.get("parent_tool_use_id"))
            case "user", _:
                yield from self._returned(message)
            case "result", _:
                for call in self._subagents:  # their transcripts may have been behind when they returned
                    yield from self._last_words(call)
                yield _ended(message)

    def _spawned(self, message: Json) -> Iterator[EngineEvent]:
        call, subagent = message["tool_use_id"], message["task_id"]
        self._subagents[call] = subagent
        name = message.get("subagent_type") or "agent"
        yield Spawned(call, name, message.get("prompt") or "", self._callers.get(call), subagent)

    def _said(self, answer: Json, agent: str | None) -> Iterator[EngineEvent]:
        name, model = answer["id"], answer.get("model")
        if model == SYNTHETIC:
            return
        self._heard.add(name)
        for block in answer["content"]:
            match block["type"]:
                case "text":
                    yield Said(name, text=block["text"], model=model, agent_id=agent)
                case "thinking":
                    yield Said(name, thinking=block["thinking"], model=model, agent_id=agent)
                case "redacted_thinking":
                    yield Said(name, model=model, agent_id=agent, extra={"redacted_thinking": True})
                case "tool_use":
                    self._callers[block["id"]] = agent
                    yield Called(name, block["id"], block["name"], block["input"], model, agent)

    def _returned(self, message: Json) -> Iterator[EngineEvent]:
        content = message["message"]["content"]
        agent = message.get("parent_tool_use_id")
        for block in content if isinstance(content, list) else ():
            if block["type"] != "tool_result":
                continue
            call = block["tool_use_id"]
            if call in self._subagents:
                yield from self._last_words(call)
            yield Returned(call, as_text(block.get("content")), bool(block.get("is_error")), agent)

    def _last_words(self, call: str) -> Iterator[EngineEvent]:
        for entry in self._recall(self._subagents[call]):
            answer = entry["message"]
            if answer["id"] not in self._heard:
                yield from self._said(answer, call)


def as_text(content: object) -> str:
    """Return a tool result's content as text; what is no text is named."""
    if isinstance(content, str):
        return content
    if not isinstance(content, list):
        return ""
    return "\n".join(
        str(block.get("text", "")) if block.get("type") == "text" else f"[{block.get('type')}]"
        for block in content
        if isinstance(block, dict)
    )


def _compaction(message: Json) -> str:
    details = message.get("compact_metadata") or {}
    before = details.get("pre_tokens")
    return (
        f"The conversation was compacted ({details.get('trigger', 'auto')}, {before or '?'} tokens before)."
    )


def _ended(message: Json) -> Ended:
    subtype = str(message.get("subtype"))
    outcome = OUTCOMES.get(subtype) or ("error" if message.get("is_error") else "completed")
    error = None
    if outcome == "error":
        reasons = message.get("errors") or []
        error = str(message.get("result") or "; ".join(map(str, reasons)) or subtype)
    return Ended(outcome, error, message.get("total_cost_usd"), message.get("num_turns"))
