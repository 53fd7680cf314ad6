"""A conversation as it travels: the request bodies that the demo's programs send, turn after turn."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from tessen_tui.demo.cast import Agent, Json

Results = Callable[[str], str]
"""Gives the result of a tool, by its name."""


class Conversation:
    """One task's messages, growing.

    Args:
        agent: Who is talking to the model.
        task: The first message.
    """

    def __init__(self, agent: Agent, task: str) -> None:
        self._agent = agent
        self._messages: list[Json] = [{"role": "user", "content": task}]
        if agent.api == "openai_chat":
            self._messages.insert(0, {"role": "system", "content": agent.system})

    def body(self) -> Json:
        """Return the next request, as the SDK would write it."""
        return BODIES[self._agent.api](self._agent, list(self._messages))

    def take(self, answer: Json, results: Results) -> None:
        """Add the model's answer, and the results of the tools it calls."""
        self._messages += TURNS[self._agent.api](answer, results)


def _anthropic_body(agent: Agent, messages: list[Json]) -> Json:
    body: Json = {"max_tokens": agent.max_tokens, "messages": messages, "model": agent.model}
    body["system"] = agent.system_param
    if agent.tools:
        body["tools"] = agent.tool_params
    return body | ({"stream": True} if agent.streamed else {})


def _chat_body(agent: Agent, messages: list[Json]) -> Json:
    return {
        "model": agent.model,
        "stream": agent.streamed,
        "messages": messages,
        "max_completion_tokens": agent.max_tokens,
        "stream_options": {"include_usage": True},
        "tools": agent.tool_params,
    }


def _responses_body(agent: Agent, messages: list[Json]) -> Json:
    return {
        "model": agent.model,
        "input": messages,
        "instructions": agent.system,
        "max_output_tokens": agent.max_tokens,
        "tools": agent.tool_params,
    }


def _anthropic_turn(answer: Json, results: Results) -> list[Json]:
    content = answer["content"]
    returned = [
        {"type": "tool_result", "tool_use_id": block["id"], "content": results(block["name"])}
        for block in content
        if block["type"] == "tool_use"
    ]
    return [{"role": "assistant", "content": content}, {"role": "user", "content": returned}]


def _chat_turn(answer: Json, results: Results) -> list[Json]:
    calls: list[Any] = answer["choices"][0]["message"].get("tool_calls", [])
    returned = [
        {"role": "tool", "tool_call_id": call["id"], "content": results(call["function"]["name"])}
        for call in calls
    ]
    return [{"role": "assistant", "tool_calls": calls}, *returned]


def _responses_turn(answer: Json, results: Results) -> list[Json]:
    items: list[Json] = answer["output"]
    calls = [item for item in items if item["type"] == "function_call"]
    returned = [
        {"type": "function_call_output", "call_id": call["call_id"], "output": results(call["name"])}
        for call in calls
    ]
    return [*items, *returned]


BODIES = {"anthropic": _anthropic_body, "openai_chat": _chat_body, "openai_responses": _responses_body}
TURNS = {"anthropic": _anthropic_turn, "openai_chat": _chat_turn, "openai_responses": _responses_turn}
