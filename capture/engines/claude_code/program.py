"""Where Claude Code is, and which version."""

from __future__ import annotations

import re
import shutil
import subprocess
from functools import cache
from importlib.util import find_spec
from pathlib import Path

from capture.engines.interface import EngineError

KNOWN_MAJOR = 2
HOW_TO_INSTALL = "Claude Code is not installed; get it with:  pip install 'tessen-tui[claude]'"


@cache
def program() -> Path:
    """Return the program: the one the SDK brings, else the one on the path.

    Raises:
        EngineError: there is none.
    """
    spec = find_spec("claude_agent_sdk")
    if spec is not None and spec.origin is not None:
        bundled = Path(spec.origin).parent / "_bundled" / "claude"
        if bundled.exists():
            return bundled
    found = shutil.which("claude")
    if found is None:
        raise EngineError(HOW_TO_INSTALL)
    return Path(found)


@cache
def program_version() -> str:
    """Return the program's version, such as `2.1.331`.

    Raises:
        EngineError: there is no program, or it is one whose ways are not known.
    """
    note = program().with_name("claude.version")
    said = note.read_text() if note.exists() else _ask()
    match = re.match(r"(\d+)\.\d+\.\d+", said.strip())
    if match is None or int(match[1]) != KNOWN_MAJOR:
        shown = " ".join(said.split())[:40] or "unknown"
        raise EngineError(f"Claude Code {shown} is not known here; use a {KNOWN_MAJOR}.x: {HOW_TO_INSTALL}")
    return match[0]


def _ask() -> str:
    done = subprocess.run([program(), "--version"], capture_output=True, text=True, check=False, timeout=60)
    return done.stdout
