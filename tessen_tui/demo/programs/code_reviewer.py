"""Reviews pull requests: streams with thinking, read as they come; some callers leave before the end."""

from __future__ import annotations

import time
from typing import Any

import anthropic

import tessen
from tessen_tui.demo.cast import CODE_REVIEWER as ME
from tessen_tui.demo.stage import Stage, Task


def review(client: anthropic.Anthropic, task: Task) -> None:
    """Show the review to the caller while it is being written."""
    messages: list[Any] = [{"role": "user", "content": task.text}]
    tools: Any = ME.tool_params
    while True:
        with client.messages.stream(
            model=ME.model, max_tokens=ME.max_tokens, system=ME.system, tools=tools, messages=messages
        ) as stream:
            for seen, _ in enumerate(stream.text_stream):
                if seen == task.leave_after:
                    return
            reply = stream.get_final_message()
        uses = [block for block in reply.content if block.type == "tool_use"]
        if not uses:
            return
        results = [
            {"type": "tool_result", "tool_use_id": use.id, "content": task.use_tool(use.name)} for use in uses
        ]
        messages += [{"role": "assistant", "content": reply.content}, {"role": "user", "content": results}]


def main() -> None:
    """Review until morning."""
    tessen.init()
    with Stage(ME) as stage, anthropic.Anthropic() as client:
        for task in stage.tasks():
            tessen.new_session()
            try:
                review(client, task)
            except anthropic.APIError:
                time.sleep(1.0)


if __name__ == "__main__":
    main()
