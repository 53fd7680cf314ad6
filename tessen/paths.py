"""Where the log lies: its folder, an agent's folder in it, and the order of an agent's files.

What belongs here is names, and nothing that opens a file. Layout, as the documented log format has it:
`<log dir>/<safe agent>/<UTC date>.jsonl`, then `<date>.1.jsonl`, `<date>.2.jsonl` … as files fill up.
"""

from __future__ import annotations

import os
import re
from pathlib import Path

from tessen._variables import UNKNOWN_AGENT

MAX_AGENT_BYTES = 128
"""Longest folder name, in bytes. Longer names are cut and end in a short hash of the whole."""

_UNSAFE = re.compile(r"[^A-Za-z0-9_.\-]")
_LOG_NAME = re.compile(r"(\d{4}-\d{2}-\d{2})(?:\.([1-9]\d{0,8}))?\.jsonl", re.ASCII)


def default_log_dir() -> Path:
    """Return the folder that holds the agents' folders: `TESSEN_LOG_DIR`, or `~/.tessen/logs`."""
    configured = os.environ.get("TESSEN_LOG_DIR", "").strip()
    return at_home(configured or "~/.tessen/logs")


def at_home(path: str | os.PathLike[str]) -> Path:
    """Return a path with `~` as the home folder; as it is where there is no such user."""
    return Path(os.path.expanduser(path))  # noqa: PTH111 - Path.expanduser raises


def safe_agent(name: str) -> str:
    """Return the folder name of an agent.

    Args:
        name: The agent's name as it stands in the events.

    Returns:
        At most 128 bytes of ASCII letters, digits, `_`, `.` and `-`, not starting with `.` or `-`.
    """
    safe = _UNSAFE.sub("_", name).lstrip(".-") or UNKNOWN_AGENT
    if len(safe) <= MAX_AGENT_BYTES:
        return safe
    import hashlib  # rarely needed, and slow to import

    digest = hashlib.sha256(name.encode("utf-8", "surrogatepass")).hexdigest()[:12]
    return f"{safe[: MAX_AGENT_BYTES - len(digest) - 1]}-{digest}"


def log_name(date: str, number: int = 0) -> str:
    """Return the file name for a UTC date (`YYYY-MM-DD`) and its running number."""
    return f"{date}.{number}.jsonl" if number else f"{date}.jsonl"


def parse_log_name(name: str) -> tuple[str, int] | None:
    """Return the (UTC date, number) that a file's name states, or None if it is not a log file's name."""
    match = _LOG_NAME.fullmatch(name)
    return (match[1], int(match[2] or 0)) if match else None


def log_files(agent_dir: Path) -> list[Path]:
    """Return an agent's log files, oldest first: ordered by date and then by number, not by letter.

    A folder that is missing or may not be read has no files.
    """
    try:
        names = [path.name for path in agent_dir.iterdir()]
    except (OSError, ValueError):  # no path can hold NUL
        return []
    keyed = sorted((key, name) for name in names if (key := parse_log_name(name)))
    return [agent_dir / name for _, name in keyed]


def make_private(folder: Path) -> None:
    """Make a folder and what it stands in, for this user only; leave what exists as it is."""
    if folder.is_dir():
        return
    make_private(folder.parent)
    folder.mkdir(mode=0o700, exist_ok=True)
