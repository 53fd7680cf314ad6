"""The builtin agent's tools, as the model is told of them.

Parameters are named as in Claude Code, so that models and scripts know them.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from typing import Any

from capture.engines.builtin.tools import (
    BASH_TIMEOUT_S,
    Run,
    Tool,
    bash,
    edit_file,
    glob,
    grep,
    read_file,
    write_file,
)

Json = dict[str, Any]


def _threaded(function: Callable[[Json], str]) -> Run:
    """Return a tool's function as one that does not hold up the other tools of the same turn."""

    async def run(arguments: Json) -> str:
        return await asyncio.to_thread(function, arguments)

    return run


def _text(description: str) -> Json:
    return {"type": "string", "description": description}


def _number(description: str) -> Json:
    return {"type": "integer", "description": description}


def _flag(description: str) -> Json:
    return {"type": "boolean", "description": description}


_PATH = _text("The file's absolute path")

TOOLS = {
    tool.name: tool
    for tool in (
        Tool(
            "Read",
            "Read a file. Lines come numbered.",
            {"file_path": _PATH, "offset": _number("First line, from 1"), "limit": _number("How many lines")},
            ["file_path"],
            _threaded(read_file),
        ),
        Tool(
            "Write",
            "Write a file, in place of what was there.",
            {"file_path": _PATH, "content": _text("The whole new content")},
            ["file_path", "content"],
            _threaded(write_file),
        ),
        Tool(
            "Edit",
            "Replace a text in a file; the text must be there exactly once, unless replace_all is true.",
            {
                "file_path": _PATH,
                "old_string": _text("The text to replace"),
                "new_string": _text("What to put in its place"),
                "replace_all": _flag("Replace every occurrence"),
            },
            ["file_path", "old_string", "new_string"],
            _threaded(edit_file),
        ),
        Tool(
            "Bash",
            "Run a command in bash, in the working directory.",
            {
                "command": _text("The command"),
                "description": _text("What it does, in a few words"),
                "timeout": _number(f"Milliseconds, {BASH_TIMEOUT_S * 1000:.0f} if not given"),
            },
            ["command"],
            bash,
        ),
        Tool(
            "Grep",
            "Find lines that match a regular expression in the files of a folder.",
            {
                "pattern": _text("The regular expression, in Python's syntax"),
                "path": _text("A folder or file; the working directory if not given"),
                "glob": _text("Only files whose names match"),
                "-i": _flag("Whatever the case"),
            },
            ["pattern"],
            _threaded(grep),
        ),
        Tool(
            "Glob",
            "Find files by name, newest first.",
            {"pattern": _text("Such as **/*.py"), "path": _text("The folder to look in")},
            ["pattern"],
            _threaded(glob),
        ),
    )
}


def agent_tool(names: Sequence[tuple[str, str]], run: Run) -> Tool:
    """Return the tool that hands work to a subagent.

    Args:
        names: The subagents there are, with what each is for.
        run: Runs one.
    """
    listed = "\n".join(f"- {name}: {purpose}" for name, purpose in names)
    return Tool(
        "Agent",
        f"Hand a task to a subagent, and get its final answer.\n{listed}",
        {
            "subagent_type": {"type": "string", "enum": [name for name, _ in names]},
            "description": _text("The task in a few words"),
            "prompt": _text("The task; the subagent sees nothing else"),
        },
        ["subagent_type", "prompt"],
        run,
    )
