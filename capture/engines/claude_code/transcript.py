"""What Claude Code keeps on disk: `projects/<folder>/<session>.jsonl`, and beside it its subagents'."""

from __future__ import annotations

import re
import shutil
from pathlib import Path
from typing import Any

from capture.engines.interface import Conversation, Marks
from capture.runs.files import make_folder, read_lines

Json = dict[str, Any]

LONGEST_NAME = 200
"""Characters of a project's folder name; a longer one is cut, with a hash that only the program knows."""


def find_transcript(home: Path, session_id: str) -> Path | None:
    """Return a session's transcript.

    Its folder's name is the program's own business, so all are looked at.
    """
    return next(iter((home / "projects").glob(f"*/{session_id}.jsonl")), None)


def put_transcript(home: Path, cwd: Path, conversation: Conversation) -> Path:
    """Put a conversation where the program will look for it; returns where that is.

    Raises:
        OSError: it cannot be read, or not be written.
    """
    name = conversation.project or re.sub(r"[^A-Za-z0-9]", "-", str(cwd))[:LONGEST_NAME]
    folder = make_folder(home / "projects" / name)
    path = folder / f"{conversation.session_id}.jsonl"
    shutil.copyfile(conversation.transcript, path)
    return path


def answers_of_subagent(transcript: Path | None, subagent: str) -> list[Json]:
    """Return what a subagent's model answered, from its own transcript."""
    if transcript is None:
        return []
    rows, _ = read_lines(transcript.with_suffix("") / "subagents" / f"agent-{subagent}.jsonl")
    return [row for row in rows if row.get("type") == "assistant"]


def marks(transcript: Path) -> dict[str, Marks]:
    """Return the entries of each model call and of its tools' results, by message id."""
    found: dict[str, Marks] = {}
    callers: dict[str, str] = {}
    rows, _ = read_lines(transcript)
    for row in rows:
        message = row.get("message")
        if not isinstance(message, dict) or "uuid" not in row:
            continue
        content = message.get("content")
        blocks = [block for block in content if isinstance(block, dict)] if isinstance(content, list) else []
        if row.get("type") == "assistant":
            found.setdefault(str(message.get("id")), Marks()).answer.append(row["uuid"])
            callers |= {block["id"]: message["id"] for block in blocks if block.get("type") == "tool_use"}
        elif row.get("type") == "user":
            calls = (block.get("tool_use_id") for block in blocks if block.get("type") == "tool_result")
            for name in {callers[call] for call in calls if call in callers}:
                found[name].results.append(row["uuid"])
    return found
