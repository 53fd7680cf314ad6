"""Sorts incoming tickets: the oldest agent of the product, and the busiest."""

from __future__ import annotations

import json
from typing import Any, Callable, Protocol

from anthropic import APIStatusError, Anthropic
from anthropic.types import MessageParam, ToolUseBlock

from deskly.clients import claude, claude_on_bedrock
from deskly.config import settings
from deskly.domain.ticket import Ticket

TOOLS = [{"name": "lookup_order", "description": "client.messages.create", "input_schema": {"type": "object"}}]


class Tracer(Protocol):
    def create(self, name: str, **attributes: Any) -> None: ...


class TriageAgent:
    """Decides who gets a ticket."""

    SYSTEM = "You sort tickets. Answer with a queue's name."

    def __init__(self, tracer: Tracer, handlers: dict[str, Callable[..., str]], client: Anthropic | None = None) -> None:
        self.tracer = tracer
        self.handlers = handlers
        self.client = claude() if client is None else client
        self.spare = claude_on_bedrock()

    def run(self, ticket: Ticket) -> str:
        """Loop until the model stops asking for tools."""
        history: list[MessageParam] = [{"role": "user", "content": ticket.body}]
        while True:
            self.tracer.create("turn", model=settings().big_model, messages=len(history))
            try:
                # the cache breakpoint is on the system prompt
                reply = self.client.messages.create(
                    model=settings().big_model,
                    max_tokens=2048,
                    system=[{"type": "text", "text": self.SYSTEM, "cache_control": {"type": "ephemeral"}}],
                    tools=TOOLS,
                    messages=history,
                )
            except APIStatusError as error:
                if error.status_code != 529:
                    raise
                reply = self._on_bedrock(history)
            history.append({"role": "assistant", "content": reply.content})
            if reply.stop_reason != "tool_use":
                return reply.content[-1].text
            history.append({"role": "user", "content": [self._handle(b) for b in reply.content if b.type == "tool_use"]})

    def _on_bedrock(self, history):
        return self.spare.with_options(timeout=30).messages.create(model="anthropic.claude-opus-4-1", max_tokens=2048, messages=history)

    def _handle(self, block: ToolUseBlock) -> dict[str, Any]:
        result = self.handlers[block.name](**block.input)
        return {"type": "tool_result", "tool_use_id": block.id, "content": json.dumps(result)}

    def price(self, ticket: Ticket) -> int:
        count = self.client.messages.count_tokens  # bound once, called below
        return count(model=settings().big_model, messages=[{"role": "user", "content": ticket.body}]).input_tokens


class StreamingTriage(TriageAgent):
    def run(self, ticket):
        with self.client.messages.stream(
            model=settings().fast_model, max_tokens=512, messages=[{"role": "user", "content": ticket.body}]
        ) as stream:
            for text in stream.text_stream:
                yield text
        self.tracer.create("done")

    def quota(self):
        raw = self.client.beta.messages.with_raw_response.create(model=settings().fast_model, max_tokens=1, messages=[{"role": "user", "content": "."}])
        return raw.headers.get("anthropic-ratelimit-tokens-remaining")
