"""The rollouts of a session on disk: the main thread's and its subagents', read as they grow."""

from __future__ import annotations

import os
import shutil
import time
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import orjson

from capture.engines.codex.rollout import Rollout
from capture.engines.interface import Conversation, EngineEvent, Marks, Spawned
from capture.runs.files import make_folder, read_lines

Json = dict[str, Any]


class Threads:
    """All threads of a session, each read from where it was left.

    Args:
        home: The session's CODEX_HOME.
    """

    def __init__(self, home: Path) -> None:
        self._home = home
        self._threads: dict[str, _Thread] = {}

    def follow(self, thread_id: str, agent_id: str | None, skip: int = 0) -> None:
        """Begin with a thread, whose file need not be there yet.

        Args:
            thread_id: The thread.
            agent_id: The call that started it; None for the main one.
            skip: Bytes of its file that are of an earlier session.
        """
        self._threads.setdefault(thread_id, _Thread(Rollout(agent_id), skip))

    def news(self) -> Iterator[EngineEvent]:
        """Yield what has been written since the last time. Threads that are started are followed too."""
        for name in list(self._threads):
            thread = self._threads[name]
            thread.path = thread.path or find_rollout(self._home, name)
            for line in thread.lines():
                for event in thread.rollout.events(line):
                    if isinstance(event, Spawned) and event.subagent_id is not None:
                        self.follow(event.subagent_id, event.call_id)
                    yield event

    def rest(self) -> Iterator[EngineEvent]:
        """Yield what is left when nothing more will be written."""
        count = -1
        while count != len(self._threads):
            count = len(self._threads)
            yield from self.news()
        for thread in self._threads.values():
            yield from thread.rollout.end()


class _Thread:
    def __init__(self, rollout: Rollout, offset: int) -> None:
        self.rollout = rollout
        self.path: Path | None = None
        self._offset = offset

    def lines(self) -> Iterator[Json]:
        """Yield the whole lines that are new."""
        if self.path is None:
            return
        with self.path.open("rb") as file:
            if os.fstat(file.fileno()).st_size == self._offset:
                return
            file.seek(self._offset)
            for line in file:
                if not line.endswith(b"\n"):
                    return
                self._offset += len(line)
                try:
                    parsed = orjson.loads(line)
                except orjson.JSONDecodeError:
                    continue
                if isinstance(parsed, dict):
                    yield parsed


def find_rollout(home: Path, thread_id: str) -> Path | None:
    """Return a thread's rollout."""
    return next(iter((home / "sessions").glob(f"*/*/*/rollout-*-{thread_id}.jsonl")), None)


def put_rollout(home: Path, conversation: Conversation, fork: bool) -> str:
    """Put a conversation where Codex will look for it; forked, as a conversation of its own.

    Returns:
        The conversation's id, a new one for a fork.

    Raises:
        OSError: it cannot be read, or not be written.
    """
    thread_id = str(uuid7()) if fork else conversation.session_id
    now = time.gmtime()
    folder = make_folder(home / "sessions" / time.strftime("%Y/%m/%d", now))
    path = folder / f"rollout-{time.strftime('%Y-%m-%dT%H-%M-%S', now)}-{thread_id}.jsonl"
    if not fork:
        shutil.copyfile(conversation.transcript, path)
        return thread_id
    before, after = (each.encode() for each in (conversation.session_id, thread_id))
    head, newline, rest = conversation.transcript.read_bytes().partition(b"\n")
    path.write_bytes(head.replace(before, after) + newline + rest)
    return thread_id


def marks(transcript: Path) -> dict[str, Marks]:
    """Return the ordinals of each model call's items and of its tools' results, by response id."""
    found: dict[str, Marks] = {}
    latest, pending = Marks(), list[str]()
    rows, _ = read_lines(transcript)
    for row in rows:
        payload, ordinal = row.get("payload"), str(row.get("ordinal"))
        if not isinstance(payload, dict):
            continue
        if row.get("type") == "token_usage_record":
            latest = found.setdefault(str(payload.get("response_id")), Marks())
            latest.answer.extend(pending)
            pending = []
        elif row.get("type") == "response_item":
            kind = str(payload.get("type"))
            if kind.endswith("_output"):
                latest.results.append(ordinal)
            elif payload.get("role") in (None, "assistant"):
                pending.append(ordinal)
    return found


def uuid7() -> uuid.UUID:
    """Return an id that sorts by time, as Codex's own do."""
    millis = time.time_ns() // 1_000_000
    value = int.from_bytes(millis.to_bytes(6, "big") + os.urandom(10), "big")
    value = value & ~(0xF << 76) | 0x7 << 76
    return uuid.UUID(int=value & ~(0x3 << 62) | 0x2 << 62)
