"""The two APIs the builtin agent speaks: from a conversation to a request, from a response to an answer."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import orjson

Json = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Call:
    """A tool the model asked for."""

    id: str
    name: str
    arguments: Json | None
    """None where what the model wrote is not an object in JSON."""


@dataclass(frozen=True, slots=True)
class ModelAnswer:
    """What the model answered to one request."""

    id: str
    model: str
    blocks: list[Json]
    """The answer as content blocks, for the conversation."""
    stop: str
    text: str = ""
    thinking: str = ""
    calls: list[Call] = field(default_factory=list)


class AnthropicDialect:
    """The Anthropic Messages API."""

    path = "/v1/messages"

    def headers(self, key: str) -> dict[str, str]:
        """Return the headers that say who asks."""
        return {"x-api-key": key, "anthropic-version": "2023-06-01"}

    def request(
        self, model: str, system: str, messages: Sequence[Json], tools: Sequence[Json], max_tokens: int
    ) -> Json:
        """Return a request's body."""
        body: Json = {
            "model": model,
            "max_tokens": max_tokens,
            "messages": [{"role": each["role"], "content": each["content"]} for each in messages],
        }
        if system:
            body["system"] = system
        if tools:
            body["tools"] = list(tools)
        return body

    def answer(self, body: Json) -> ModelAnswer:
        """Return what a response says.

        Raises:
            KeyError, TypeError: it is not a message.
        """
        blocks: list[Json] = body["content"]
        return ModelAnswer(
            id=body["id"],
            model=body["model"],
            blocks=blocks,
            stop=body.get("stop_reason") or "end_turn",
            text="\n".join(each["text"] for each in blocks if each["type"] == "text"),
            thinking="\n".join(each["thinking"] for each in blocks if each["type"] == "thinking"),
            calls=[
                Call(each["id"], each["name"], each["input"] if isinstance(each["input"], dict) else None)
                for each in blocks
                if each["type"] == "tool_use"
            ],
        )


class ChatDialect:
    """The OpenAI chat completions API."""

    path = "/chat/completions"

    def headers(self, key: str) -> dict[str, str]:
        """Return the headers that say who asks."""
        return {"authorization": f"Bearer {key}"}

    def request(
        self, model: str, system: str, messages: Sequence[Json], tools: Sequence[Json], max_tokens: int
    ) -> Json:
        """Return a request's body."""
        said: list[Json] = [{"role": "system", "content": system}] if system else []
        for message in messages:
            said += _chat_messages(message)
        body: Json = {"model": model, "messages": said, "max_completion_tokens": max_tokens}
        if tools:
            body["tools"] = [{"type": "function", "function": _function(tool)} for tool in tools]
        return body

    def answer(self, body: Json) -> ModelAnswer:
        """Return what a response says.

        Raises:
            KeyError, TypeError, IndexError: it is not a completion.
        """
        choice = body["choices"][0]
        message = choice["message"]
        text = message.get("content") or message.get("refusal") or ""
        calls = [
            Call(each["id"], each["function"]["name"], _object(each["function"]["arguments"]))
            for each in message.get("tool_calls") or ()
        ]
        blocks: list[Json] = [{"type": "text", "text": text}] if text else []
        blocks += [
            {"type": "tool_use", "id": each.id, "name": each.name, "input": each.arguments or {}}
            for each in calls
        ]
        thinking = message.get("reasoning") or message.get("reasoning_content") or ""
        return ModelAnswer(body["id"], body["model"], blocks, choice["finish_reason"], text, thinking, calls)


DIALECTS: dict[str, AnthropicDialect | ChatDialect] = {
    "anthropic_messages": AnthropicDialect(),
    "openai_chat": ChatDialect(),
}


def _function(tool: Json) -> Json:
    return {"name": tool["name"], "description": tool["description"], "parameters": tool["input_schema"]}


def _chat_messages(message: Json) -> list[Json]:
    """Return one message as the chat API has it, where each tool result is a message of its own."""
    content = message["content"]
    if isinstance(content, str):
        return [{"role": message["role"], "content": content}]
    if message["role"] == "user":
        return [
            {"role": "tool", "tool_call_id": each["tool_use_id"], "content": each["content"]}
            if each["type"] == "tool_result"
            else {"role": "user", "content": each["text"]}
            for each in content
        ]
    text = "\n".join(each["text"] for each in content if each["type"] == "text")
    calls = [
        {
            "id": each["id"],
            "type": "function",
            "function": {"name": each["name"], "arguments": orjson.dumps(each["input"]).decode()},
        }
        for each in content
        if each["type"] == "tool_use"
    ]
    return [{"role": "assistant", "content": text or None, **({"tool_calls": calls} if calls else {})}]


def _object(written: str) -> Json | None:
    try:
        value = orjson.loads(written or "{}")
    except orjson.JSONDecodeError:
        return None
    return value if isinstance(value, dict) else None
