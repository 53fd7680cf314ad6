"""What replays may cost together: when the answers have cost it nothing more goes up, and all is kept."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from capture.replay.another_model import with_model
from capture.replay.replay import Wanted, replay
from capture.replay.source import find_source
from capture.replay.turns import turn_numbered, turns_of
from capture.runs import session
from capture.runs.folder import RunFolder
from capture.runs.limits import CostLimit
from capture.runs.meta import read_meta
from tests.runs import DEADLINE_S, Ran, run, sessions

SCRIPT = """
rules:
  - match: {text: last}
    answer: {text: done, usage: {input: 100000, output: 20000}}
otherwise:
  tool_calls: [{name: Bash, arguments: {command: "echo x >> a.txt"}}]
  usage: {input: 100000, output: 20000}
"""
A_CALL = 0.6
ANSWER = {
    "type": "message",
    "role": "assistant",
    "model": "claude-sonnet-4-5",
    "content": [{"type": "tool_use", "id": "t", "name": "Bash", "input": {"command": "echo y >> a.txt"}}],
    "stop_reason": "tool_use",
    "usage": {"input_tokens": 100_000, "output_tokens": 20_000},
}


async def replays(
    folder: RunFolder, turn: int, limit: CostLimit, *, base_url: str | None = None, **how: Any
) -> list[Ran]:
    """Replay a turn within a limit."""
    source = with_model(
        find_source(folder, 1, None), model=None, provider=None, base_url=base_url, script=None
    )
    turns = turns_of(source)
    wanted = Wanted(source, turns, turn_numbered(turns, turn), **how)
    finished = await replay(wanted, folder.path.parent, lambda _: None, limit=limit)
    return [Ran(each.folder, read_meta(each.folder), Path(source.config.work_dir)) for each in finished]


@asynccontextmanager
async def answering_together(count: int) -> AsyncIterator[tuple[str, list[int]]]:
    """Serve a model that answers no call before so many have come; gives its address and the calls."""
    all_there = asyncio.Event()
    asked: list[int] = []

    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = await reader.readuntil(b"\r\n\r\n")
        length = next(line for line in head.lower().split(b"\r\n") if line.startswith(b"content-length:"))
        await reader.readexactly(int(length.partition(b":")[2]))
        number = len(asked) + 1
        asked.append(number)
        if number == count:
            all_there.set()
        await all_there.wait()
        body = json.dumps({**ANSWER, "id": f"msg_{number}"}).encode()
        writer.write(b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\nconnection: close\r\n")
        writer.write(b"content-length: %d\r\n\r\n%b" % (len(body), body))
        writer.close()

    server = await asyncio.start_server(talk, "127.0.0.1", 0)
    async with server:
        yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}", asked


async def test_calls_that_were_sent_are_answered_and_counted_and_none_follows(tmp_path: Path) -> None:
    source = await run(tmp_path, SCRIPT, sessions("go"), max_turns=2)
    limit = CostLimit(0.5, "--max-cost")
    async with answering_together(3) as (url, asked):
        async with asyncio.timeout(DEADLINE_S):
            found = await replays(source.folder, 2, limit, base_url=url, count=3)
        assert asked == [1, 2, 3]
    assert limit.said == "stopped at --max-cost $0.5000 after $1.8000"
    assert sum(each.meta.total_cost_usd or 0 for each in found) == pytest.approx(3 * A_CALL)
    for each in found:
        meta = each.session_meta()
        assert (each.meta.status, meta.stop_reason, meta.error) == ("interrupted", "interrupted", None)
        assert [row["status"] for row in each.captures()] == [200, 402]
        assert each.changes() == [(1, each.steps()[-1]["step_id"], "a.txt")]


async def test_later_sessions_do_not_begin_when_all_is_spent(tmp_path: Path) -> None:
    source = await run(tmp_path, SCRIPT, sessions("last", "last"), session_mode="chained")
    limit = CostLimit(0.5, "--max-cost")
    (found,) = await replays(source.folder, 1, limit, go_on=True)
    assert limit.stopped
    assert (found.meta.status, found.meta.total_cost_usd) == ("interrupted", pytest.approx(A_CALL))
    (meta,) = found.meta.sessions
    assert (meta.stop_reason, meta.session_index) == ("completed", 1)
    assert not found.session(2).path.exists()


async def test_a_limit_that_is_reached_by_the_last_call_stops_nothing(tmp_path: Path) -> None:
    source = await run(tmp_path, SCRIPT, sessions("last"))
    limit = CostLimit(0.5, "--max-cost")
    (found,) = await replays(source.folder, 1, limit)
    assert not limit.stopped
    assert (found.meta.status, found.session_meta().stop_reason) == ("finished", "completed")


async def test_claude_code_ends_by_itself(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(session, "LAST_WORDS_S", 60.0)
    source = await run(tmp_path, SCRIPT, sessions("go"), engine="claude_code", max_turns=2)
    (found,) = await replays(source.folder, 1, CostLimit(0.5, "--max-cost"))
    assert (found.meta.status, found.session_meta().stop_reason) == ("interrupted", "interrupted")
    assert [row["status"] for row in found.captures()][-2:] == [200, 402]
    assert found.meta.total_cost_usd == pytest.approx(A_CALL)
    assert "stopped at --max-cost" in found.session().transcript.read_text()
