"""Reads scanned invoices: streamed chat completions whose tool calls are put together by hand."""

from __future__ import annotations

import time
from typing import Any

import openai

import tessen
from tessen_tui.demo.cast import INVOICE_OCR as ME
from tessen_tui.demo.stage import Stage, Task


def read_invoice(client: openai.OpenAI, task: Task) -> None:
    """Ask for the record of one invoice, store it, and hear that it was stored."""
    messages: list[Any] = [{"role": "system", "content": ME.system}, {"role": "user", "content": task.text}]
    while calls := ask(client, messages):
        messages.append({"role": "assistant", "tool_calls": calls})
        for call in calls:
            stored = task.use_tool(call["function"]["name"])
            messages.append({"role": "tool", "tool_call_id": call["id"], "content": stored})


def ask(client: openai.OpenAI, messages: list[Any]) -> list[dict[str, Any]]:
    """Return the tool calls of the model's answer."""
    calls: list[dict[str, Any]] = []
    tools: Any = ME.tool_params
    for chunk in client.chat.completions.create(
        model=ME.model,
        max_completion_tokens=ME.max_tokens,
        messages=messages,
        tools=tools,
        stream=True,
        stream_options={"include_usage": True},
    ):
        for part in chunk.choices[0].delta.tool_calls or [] if chunk.choices else []:
            if part.index == len(calls):
                calls.append({"id": part.id, "type": "function", "function": {"name": "", "arguments": ""}})
            function = calls[part.index]["function"]
            function["name"] += (part.function and part.function.name) or ""
            function["arguments"] += (part.function and part.function.arguments) or ""
    return calls


def main() -> None:
    """Read invoices until morning."""
    tessen.init()
    with Stage(ME) as stage, openai.OpenAI() as client:
        for task in stage.tasks():
            tessen.new_session()
            try:
                read_invoice(client, task)
            except openai.APIError:
                time.sleep(0.5)


if __name__ == "__main__":
    main()
