"""Real log files in a temporary folder, and a log that is opened on them, closed again at the test's end."""

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any

import pytest

from capture.log import LocalLog

PATIENCE_S = 60.0
NOON = 1_795_435_200.0
"""2026-11-23 12:00 UTC."""


class Writer:
    """Writes events of one agent, as a recorder does: one line, one write."""

    def __init__(self, folder: Path, agent: str = "billing") -> None:
        self.agent = agent
        self.path = folder / agent / "2026-11-23.jsonl"
        self.path.parent.mkdir(parents=True, exist_ok=True)
        self.count = 0

    def event(self, **changes: Any) -> dict[str, Any]:
        self.count += 1
        event = {
            "event_id": f"{hash((self.agent, self.count)) % 2**64:016x}{self.count:016x}",
            "session_id": "0" * 31 + "1",
            "agent_name": self.agent,
            "ts": NOON + self.count,
            "provider": "anthropic",
            "surface": "messages.create",
            "duration_ms": 1000.0,
            "request_body": {"model": "claude-haiku-4-5", "messages": [{"role": "user", "content": "hello"}]},
            "streamed": False,
            "status": "ok",
            "casted_response": {"content": [{"type": "text", "text": "done"}], "stop_reason": "end_turn"},
            "usage": {
                "input_tokens": 1000,
                "output_tokens": 10,
                "cache_read_tokens": 0,
                "cache_write_tokens": 0,
                "reasoning_tokens": 0,
            },
            "model": "claude-haiku-4-5",
            "v": 2,
            "quality_signals": [],
        }
        event.update(changes)
        return {key: value for key, value in event.items() if value is not ...}

    def failure(self, kind: str = "RateLimitError", status: int = 429, **changes: Any) -> dict[str, Any]:
        error = {"type": kind, "msg": "slow down", "tb": "", "status_code": status, "body": None}
        signals = ["rate_limited"] if status == 429 else []
        changes = {"status": "error", "error": error, "quality_signals": signals} | changes
        return self.event(casted_response=..., usage=..., **changes)

    def write(self, *events: dict[str, Any]) -> None:
        self.write_bytes(b"".join(json.dumps(event).encode() + b"\n" for event in events))

    def write_bytes(self, data: bytes) -> None:
        with self.path.open("ab", buffering=0) as out:
            out.write(data)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    made = tmp_path / "logs"
    made.mkdir()
    return made


@pytest.fixture
def writer(folder: Path) -> Writer:
    return Writer(folder)


@pytest.fixture
def cache(tmp_path: Path) -> Path:
    return tmp_path / "cache"


Opener = Callable[..., Any]


@pytest.fixture
async def opened(folder: Path) -> AsyncIterator[Opener]:
    """Opens logs; closes them at the end."""
    async with AsyncExitStack() as stack:

        async def open_log(where: Path = folder, **options: Any) -> LocalLog:
            log = LocalLog(where, **({"cache": None, "findings": False} | options))
            await log.open()
            stack.push_async_callback(log.close)
            return log

        yield open_log


async def until(log: LocalLog, holds: Callable[[], bool]) -> None:
    """Wait for changes until something holds; fails when it never does."""
    async with asyncio.timeout(PATIENCE_S):
        if holds():
            return
        async for _ in log.changes():
            if holds():
                return


async def indexed(log: LocalLog) -> LocalLog:
    """Wait until the backlog is in."""
    await until(log, lambda: log.progress.done)
    return log
