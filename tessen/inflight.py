"""Calls that have started and not ended: what is on its way now, and what a killed process took with it.

What belongs here is reading the files that recorders keep under `.inflight`, beside an agent's log files. It
never writes there.
"""

from __future__ import annotations

import json
import os
import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, NamedTuple

from tessen import _process
from tessen._inflight import ENDING, FOLDER
from tessen.paths import log_files

MAX_BYTES = 65_536
"""A larger file is none of a recorder's."""
_CHUNK = 1 << 20


class InFlight(NamedTuple):
    """One call that has started and has no event."""

    event_id: str
    """The id its event will have, 32 hexadecimal digits."""
    session_id: str
    agent_name: str
    ts: float
    """When it started, seconds since the epoch."""
    provider: str | None
    surface: str | None
    model: str | None
    call_site: str | None
    """`file:line`, in the program that makes the call."""
    pid: int
    lost: bool | None
    """Whether its process is gone, so that it will never end; None if that cannot be told from here, since it
    runs on another machine or in another container."""
    path: Path

    def age(self, now: float | None = None) -> float:
        """Return how many seconds ago it started, as of `now`."""
        return max((time.time() if now is None else now) - self.ts, 0.0)


class Found(NamedTuple):
    """What a look at a log folder found."""

    calls: tuple[InFlight, ...]
    """Oldest first."""
    unreadable: int
    """Files that are not as a recorder writes them."""


def read(log_dir: Path) -> Found:
    """Return the calls in flight of all agents.

    A call whose process was killed right after its event was written has an event, and is left out.

    Args:
        log_dir: The log folder, or one agent's. One that is missing or may not be read has no calls.
    """
    calls, unreadable = [], 0
    for path in _paths(log_dir):
        text = _text(path)
        if not text.strip():
            continue  # it ended meanwhile, or is being written just now
        call = _parse(text, path)
        if call is None:
            unreadable += 1
        elif not (call.lost and _has_event(call)):
            calls.append(call)
    return Found(tuple(sorted(calls, key=lambda call: call.ts)), unreadable)


def _paths(log_dir: Path) -> Iterator[Path]:
    for agent_dir in (log_dir, *_folders(log_dir)):
        folder = agent_dir / FOLDER
        try:
            names = [entry.name for entry in os.scandir(folder)]
        except OSError:
            continue
        yield from (folder / name for name in sorted(names) if name.endswith(ENDING))


def _folders(log_dir: Path) -> list[Path]:
    try:
        with os.scandir(log_dir) as entries:
            return [Path(entry) for entry in entries if not entry.name.startswith(".") and entry.is_dir()]
    except OSError:
        return []


def _text(path: Path) -> bytes:
    try:
        fd = os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK | os.O_NOFOLLOW)
    except OSError:
        return b""
    try:
        return os.read(fd, MAX_BYTES)
    except OSError:
        return b""
    finally:
        os.close(fd)


def _parse(text: bytes, path: Path) -> InFlight | None:
    try:
        said = json.loads(text)
        machine = _process.Machine(*(str(said[name]) for name in _process.Machine._fields))
        pid, ts = int(said["pid"]), float(said["ts"])
        lost = _process.has_ended(pid, int(said["pid_started"]), machine)
        return InFlight(
            event_id=str(said["event_id"]),
            session_id=str(said["session_id"]),
            agent_name=str(said["agent_name"]),
            ts=ts,
            provider=_string(said.get("provider")),
            surface=_string(said.get("surface")),
            model=_string(said.get("model")),
            call_site=_site(said.get("call_site")),
            pid=pid,
            lost=lost,
            path=path,
        )
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError, OverflowError):
        return None


def _string(value: Any) -> str | None:
    return value if isinstance(value, str) else None


def _site(value: Any) -> str | None:
    return f"{value.get('file')}:{value.get('line')}" if isinstance(value, Mapping) else None


_events: dict[tuple[Path, str], bool] = {}
"""What `_has_event` found for the calls of processes that are gone: it will not change."""


def _has_event(call: InFlight) -> bool:
    """Whether a call's event is in the log: its process was killed before it could delete the file."""
    key = call.path, call.event_id
    if key not in _events:
        start = f'{{"event_id":"{call.event_id}"'.encode()
        day = time.strftime("%Y-%m-%d", time.gmtime(call.ts))
        files = [path for path in log_files(call.path.parent.parent) if path.name >= day]
        _events[key] = any(_holds(path, start) for path in reversed(files))
    return _events[key]


def _holds(path: Path, text: bytes) -> bool:
    """Whether a text stands in a file, looked for from its end."""
    try:
        fd = os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK)
    except OSError:
        return False
    try:
        end = os.fstat(fd).st_size
        while end > 0:
            start = max(end - _CHUNK, 0)
            if text in os.pread(fd, end - start + len(text), start):
                return True
            end = start
    except OSError:
        return False  # it cannot be read any more
    finally:
        os.close(fd)
    return False
