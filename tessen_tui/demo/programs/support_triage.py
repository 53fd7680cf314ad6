"""Sorts customer mail: plain calls in a loop, with tools, and a session for each letter."""

from __future__ import annotations

import time
from typing import Any

import anthropic

import tessen
from tessen_tui.demo.cast import SUPPORT_TRIAGE as ME
from tessen_tui.demo.stage import Stage, Task


def answer_letter(client: anthropic.Anthropic, task: Task) -> None:
    """Let the model look things up until it has an answer."""
    messages: list[Any] = [{"role": "user", "content": task.text}]
    tools: Any = ME.tool_params
    while True:
        reply = client.messages.create(
            model=ME.model, max_tokens=ME.max_tokens, system=ME.system, tools=tools, messages=messages
        )
        uses = [block for block in reply.content if block.type == "tool_use"]
        if not uses:
            return
        results = [
            {"type": "tool_result", "tool_use_id": use.id, "content": task.use_tool(use.name)} for use in uses
        ]
        messages += [{"role": "assistant", "content": reply.content}, {"role": "user", "content": results}]


def main() -> None:
    """Answer letters until morning."""
    tessen.init()
    with Stage(ME) as stage, anthropic.Anthropic() as client:
        for task in stage.tasks():
            tessen.new_session()
            try:
                answer_letter(client, task)
            except anthropic.APIError:
                time.sleep(0.2)  # and on to the next, which is how such programs are written


if __name__ == "__main__":
    main()
