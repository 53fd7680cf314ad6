"""A session's calls as they are read from disk: whole, failed, streamed, torn."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import orjson
import pytest

from capture.runs.bodies import read_answer, read_bodies, sent_before
from capture.runs.calls import call_of_turn, calls_of, failed_before
from capture.runs.folder import SessionFolder
from tessen.blocks import Text

MODEL = "claude-sonnet-4-20250514"
STREAM = b"".join(
    b"event: %s\ndata: %s\n\n" % (data["type"].encode(), orjson.dumps(data))
    for data in (
        {"type": "message_start", "message": {"role": "assistant", "content": [], "usage": {}}},
        {"type": "content_block_start", "index": 0, "content_block": {"type": "text", "text": ""}},
        {"type": "content_block_delta", "index": 0, "delta": {"type": "text_delta", "text": "Men"}},
        {"type": "content_block_delta", "index": 0, "delta": {"type": "text_delta", "text": "ded."}},
        {"type": "content_block_stop", "index": 0},
        {"type": "message_delta", "delta": {"stop_reason": "end_turn"}, "usage": {"output_tokens": 3}},
        {"type": "message_stop"},
    )
)


@pytest.fixture
def session(tmp_path: Path) -> SessionFolder:
    folder = SessionFolder(tmp_path / "session_01", 1)
    folder.dumps.mkdir(parents=True)
    return folder


def asked(session: SessionFolder, number: int, *said: str, answer: bytes = STREAM, **row: Any) -> None:
    messages = [{"role": "user", "content": each} for each in said]
    (session.dumps / f"request_{number:03d}.json").write_bytes(
        orjson.dumps({"model": MODEL, "messages": messages})
    )
    if answer:
        (session.dumps / f"response_{number:03d}.txt").write_bytes(answer)
    told = {"request_index": number, "agent_context": "main", "model": MODEL, "system_prompt_hash": "a"}
    with session.captures.open("ab") as file:
        file.write(orjson.dumps(told | row) + b"\n")


def test_a_retry_is_measured_by_the_last_answer_and_a_turn_is_found_without_a_map(
    session: SessionFolder,
) -> None:
    asked(session, 1, "a", status=200)
    asked(session, 2, "a", "b", status=529, error="overloaded")
    asked(session, 3, "s", status=200, agent_context="subagent", agent_id="x")
    asked(session, 4, "a", "b", status=200, attempt=2)
    calls, problems = calls_of(session)
    assert not problems
    assert [call.before for call in calls] == [None, 1, None, 1]
    assert [call.system_since for call in calls] == [1, 1, 1, 1]
    second = call_of_turn(calls, 2, None)
    assert second is not None
    assert second.number == 4
    assert [call.number for call in failed_before(calls, second)] == [2]
    assert sent_before(read_bodies(second).exchange, read_bodies(calls[0]).exchange) == 1
    assert [call.number for call in calls if call.newest] == [2, 3, 4]


def test_a_streamed_answer_is_put_together(session: SessionFolder) -> None:
    asked(session, 1, "a", status=200)
    (call,) = calls_of(session)[0]
    for exchange in (read_bodies(call).exchange, read_answer(call)):
        assert exchange.stop_reason == "end_turn"
        assert exchange.answers[0].blocks == (Text("Mended."),)


def test_what_is_torn_or_missing_is_said(session: SessionFolder) -> None:
    asked(session, 1, "a", answer=b"", status=200)
    with session.captures.open("ab") as file:
        file.write(b'{"request_index": 2, "mod')
    calls, problems = calls_of(session)
    assert problems == ["session_01/api_captures.jsonl: 1 lines could not be read"]
    bodies = read_bodies(calls[0])
    assert bodies.problems == ["response_001.txt: No such file or directory"]
    assert bodies.exchange.request.messages[0].blocks == (Text("a"),)
    (session.dumps / "request_001.json").unlink()
    assert "raw_dumps/request_001.json: there is no such request" in read_bodies(calls[0]).problems[0]
