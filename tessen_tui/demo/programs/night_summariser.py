"""Writes the morning report: raw streams, and a system prompt marked for the prompt cache."""

from __future__ import annotations

import time
from typing import Any

import anthropic

import tessen
from tessen_tui.demo.cast import NIGHT_SUMMARISER as ME
from tessen_tui.demo.stage import Stage, Task


def summarise(client: anthropic.Anthropic, task: Task) -> str:
    """Return the summary of what the task holds."""
    system: Any = ME.system_param
    messages: list[Any] = [{"role": "user", "content": task.text}]
    stream = client.messages.create(
        model=ME.model, max_tokens=ME.max_tokens, system=system, messages=messages, stream=True
    )
    deltas = (event.delta for event in stream if event.type == "content_block_delta")
    return "".join(delta.text for delta in deltas if delta.type == "text_delta")


def main() -> None:
    """Summarise hour after hour."""
    tessen.init()
    with Stage(ME) as stage, anthropic.Anthropic() as client:
        for task in stage.tasks():
            tessen.new_session()
            try:
                summarise(client, task)
            except anthropic.APIError:
                time.sleep(1.0)


if __name__ == "__main__":
    main()
