"""Matches transfers with invoices: asynchronous calls with tools, as many turns as the model wants."""

from __future__ import annotations

import asyncio
from typing import Any

import anthropic

import tessen
from tessen_tui.demo.cast import BILLING_RECONCILER as ME
from tessen_tui.demo.stage import Stage, Task


async def settle(client: anthropic.AsyncAnthropic, task: Task) -> None:
    """Let the model work until it says that it is done. Nothing here notices a model that goes in circles."""
    messages: list[Any] = [{"role": "user", "content": task.text}]
    tools: Any = ME.tool_params
    while True:
        reply = await client.messages.create(
            model=ME.model, max_tokens=ME.max_tokens, system=ME.system, tools=tools, messages=messages
        )
        messages.append({"role": "assistant", "content": reply.content})
        results = [
            {"type": "tool_result", "tool_use_id": block.id, "content": task.use_tool(block.name)}
            for block in reply.content
            if block.type == "tool_use"
        ]
        if not results:
            return
        messages.append({"role": "user", "content": results})


async def main() -> None:
    """Settle transfers until morning."""
    tessen.init()
    with Stage(ME) as stage:
        async with anthropic.AsyncAnthropic() as client:
            for task in stage.tasks():
                tessen.new_session()
                try:
                    await settle(client, task)
                except anthropic.APIError:
                    await asyncio.sleep(0.5)


if __name__ == "__main__":
    asyncio.run(main())
