"""One event out of the app: to the clipboard, or to a file of its own."""

from __future__ import annotations

import os
import re
from pathlib import Path

from capture.log.source import LoadedEvent

CLIPBOARD_LIMIT = 74_000
"""Bytes that terminals take by OSC 52 without cutting: 100,000 of base64, less what is around it."""

_UNSAFE = re.compile(r"[^A-Za-z0-9_.-]+")


def clipboard_text(loaded: LoadedEvent) -> str | None:
    """The event's line as text for the clipboard; None where it is longer than terminals take."""
    if len(loaded.raw) > CLIPBOARD_LIMIT:
        return None
    return loaded.raw.decode("utf-8", "replace")


def write_event(loaded: LoadedEvent, folder: Path) -> Path:
    """Write an event's line, byte for byte, to `<agent>-<event id>.json`, readable by its owner only.

    Returns:
        The file's path; an existing file is kept, and the name gets a number.

    Raises:
        OSError: the file cannot be written.
    """
    stem = "-".join(_name_part(loaded.event.get(key), key) for key in ("agent_name", "event_id"))
    for number in range(1, 1_000):
        path = folder / (f"{stem}.json" if number == 1 else f"{stem}-{number}.json")
        try:
            descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        except FileExistsError:
            continue
        with os.fdopen(descriptor, "wb") as file:
            file.write(loaded.raw + b"\n")
        return path
    raise FileExistsError(f"{stem}.json exists a thousand times in {folder}")


def _name_part(value: object, fallback: str) -> str:
    """A part of a file name, of safe characters only."""
    return _UNSAFE.sub("_", value)[:64].strip(".-") or fallback if isinstance(value, str) else fallback
