"""Collects facts for a report: asynchronous calls of the Responses API, with tools."""

from __future__ import annotations

import asyncio
from typing import Any

import openai

import tessen
from tessen_tui.demo.cast import RESEARCH_SCOUT as ME
from tessen_tui.demo.stage import Stage, Task


async def research(client: openai.AsyncOpenAI, task: Task) -> str:
    """Return what the model found out."""
    items: list[Any] = [{"role": "user", "content": task.text}]
    tools: Any = ME.tool_params
    while True:
        response = await client.responses.create(
            model=ME.model, instructions=ME.system, max_output_tokens=ME.max_tokens, tools=tools, input=items
        )
        calls = [item for item in response.output if item.type == "function_call"]
        if not calls:
            return response.output_text
        items += [item.to_dict() for item in response.output]
        for call in calls:
            found = task.use_tool(call.name)
            items.append({"type": "function_call_output", "call_id": call.call_id, "output": found})


async def main() -> None:
    """Research until morning."""
    tessen.init()
    with Stage(ME) as stage:
        async with openai.AsyncOpenAI() as client:
            for task in stage.tasks():
                tessen.new_session()
                try:
                    await research(client, task)
                except openai.APIError:
                    await asyncio.sleep(0.5)


if __name__ == "__main__":
    asyncio.run(main())
