"""The scripted model: a loopback server that speaks the vendors' APIs and says what a script tells it.

What belongs here is everything between a script and the bytes a client reads. Each API is one file
(`anthropic.py`, `openai_chat.py`, `gemini.py` …) that renders the same neutral answer.
"""

from __future__ import annotations

from pathlib import Path

from capture.scripted.answer import Answer, ErrorAnswer, ToolCall, Usage
from capture.scripted.received import Received
from capture.scripted.script import Match, Rule, Script
from capture.scripted.server import ScriptedServer

__all__ = [
    "Answer",
    "ErrorAnswer",
    "Match",
    "Received",
    "Rule",
    "Script",
    "ScriptedServer",
    "ToolCall",
    "Usage",
    "load_script",
]


def load_script(path: str | Path) -> Script:
    """Read a script from a YAML file; see `capture.scripted.load`, which is imported only when needed.

    Raises:
        ScriptError: the file cannot be read, is not YAML, or is not a script.
    """
    from capture.scripted.load import load_script as load

    return load(path)
