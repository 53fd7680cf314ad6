"""What a server has acknowledged of a log, so that an upload goes on where the last one ended.

What belongs here is a small file beside the log: for each address, and each log file, the parts that are
there already. A log file is known by its name and its first bytes, so a new file of an old name is not taken
for it.
"""

from __future__ import annotations

import hashlib
import json
import os
from pathlib import Path
from typing import Any, NamedTuple

NAME = ".uploaded.json"
VERSION = 1
_HEAD = 64
"""Bytes that a file is known by: the first line's beginning, with the event's random id."""


class Part(NamedTuple):
    """A part of a file that was acknowledged: the bytes [start, end), and how many events they hold."""

    start: int
    end: int
    events: int


class Uploaded:
    """What of one agent's log one server has."""

    def __init__(self, agent_dir: Path, url: str) -> None:
        """Read the file; one that is missing, torn or foreign means that nothing was acknowledged.

        Args:
            agent_dir: The agent's folder.
            url: The server's address; of it only a hash is kept, since it may hold secrets.
        """
        self._path = agent_dir / NAME
        self._server = hashlib.sha256(url.encode()).hexdigest()[:16]
        self._files: dict[str, list[Part]] = {}
        for name, known in self._read().get(self._server, {}).items():
            head = _head(agent_dir / name)
            if head is not None and known["head"] == head:
                self._files[name] = [Part(*part) for part in known["parts"]]

    def parts(self, name: str) -> list[Part]:
        """Return the acknowledged parts of a file, in order."""
        return self._files.get(name, [])

    def add(self, name: str, part: Part) -> None:
        """Note one more part, which is none of those before; neighbours become one."""
        merged: list[Part] = []
        for each in sorted([*self.parts(name), part]):
            if merged and merged[-1].end == each.start:
                last = merged.pop()
                each = Part(last.start, each.end, last.events + each.events)  # noqa: PLW2901
            merged.append(each)
        self._files[name] = merged

    def save(self) -> None:
        """Write everything down, whole or not at all; what other servers have stays.

        Raises:
            OSError: It cannot be written.
        """
        files = {}
        for name, parts in self._files.items():
            head = _head(self._path.parent / name)
            if head is not None:
                files[name] = {"head": head, "parts": parts}
        servers = {**self._read(), self._server: files}
        draft = self._path.with_name(f"{NAME}.{os.getpid()}")
        fd = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(fd, "w") as file:
            json.dump({"version": VERSION, "servers": servers}, file)
        draft.replace(self._path)

    def _read(self) -> dict[str, Any]:
        try:
            said = json.loads(self._path.read_bytes())
            servers: dict[str, Any] = said["servers"]
            for files in servers.values():
                for known in files.values():
                    _check(known)
        except (OSError, ValueError, KeyError, TypeError, AttributeError, RecursionError):
            return {}
        return servers


def _check(known: dict[str, Any]) -> None:
    """Raise one of the errors that odd JSON raises, if this is not what `save` writes."""
    head, parts = known["head"], [Part(*part) for part in known["parts"]]
    if not isinstance(head, str) or any(part.start < 0 or part.end < part.start for part in parts):
        raise ValueError("not as it was written")


def _head(path: Path) -> str | None:
    try:
        with path.open("rb") as file:
            return hashlib.sha256(file.read(_HEAD)).hexdigest()[:16]
    except OSError:
        return None
