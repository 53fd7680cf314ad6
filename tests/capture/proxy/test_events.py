"""Model calls through the proxy as events of the log, as the recorder itself would have written them."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import anthropic
import pytest

from capture.scripted import Answer, ErrorAnswer, ScriptedServer, Usage
from tessen.exchange import Exchange
from tessen.observed import EventLog
from tests.capture.proxy.proxied import KEY, Watched, post, watching
from tests.capture.proxy.test_relay import ASK
from tests.capture.proxy.test_rough import DEAD

SESSION = "0123456789abcdef0123456789abcdef"
ORDER = [
    *("event_id", "session_id", "agent_name", "ts", "_tessen_tier", "provider", "surface", "call_type"),
    *("http_method", "http_url", "call_site", "duration_ms", "request_body", "streamed", "status"),
]


def log_files(folder: Path) -> list[Path]:
    return list(folder.rglob("*.jsonl"))


def events(folder: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for path in log_files(folder) for line in path.read_bytes().splitlines()]


@pytest.fixture
def logs(tmp_path: Path) -> Path:
    return tmp_path / "logs"


@pytest.fixture
async def logged(session: Path, server: ScriptedServer, logs: Path) -> AsyncIterator[Watched]:
    """A proxy that tells a log of its calls."""
    log = EventLog(logs, "run one", SESSION)
    async with watching(session, server.url, events=log) as running:
        yield running
    log.close()


async def test_one_event_a_call(server: ScriptedServer, logged: Watched, logs: Path) -> None:
    server.enqueue(Answer(text="yes", usage=Usage(input=100, output=5, cache_read=80)))
    await logged.claude().messages.create(**ASK)
    await logged.capture()
    (event,) = events(logs)
    assert list(event)[: len(ORDER)] == ORDER
    assert list(event)[-1] == "quality_signals"
    assert (event["session_id"], event["agent_name"], event["_tessen_tier"]) == (SESSION, "run one", 3)
    assert (event["provider"], event["surface"]) == ("anthropic", "messages.create")
    assert event["http_url"] == f"{server.url}/v1/messages"
    assert event["request_body"] == server.requests[0].json
    assert event["casted_response"]["content"][0]["text"] == "yes"
    assert event["usage"]["input_tokens"] == 100
    assert event["response_headers"]["request-id"].startswith("req_")
    assert (event["status"], event["v"], event["quality_signals"]) == ("ok", 2, [])
    assert [path.parent.name for path in log_files(logs)] == ["run_one"]


async def test_a_stream_is_put_together(server: ScriptedServer, logged: Watched, logs: Path) -> None:
    server.enqueue(Answer(text="cut short", chunks=3, stop="max_tokens"))
    async with logged.claude().messages.stream(**ASK) as stream:
        await stream.get_final_message()
    await logged.capture()
    (event,) = events(logs)
    assert (event["surface"], event["streamed"]) == ("messages.stream", True)
    assert event["response_body"]["content"][0]["text"] == "cut short"
    assert 0 < event["ttft_ms"] <= event["duration_ms"]
    assert event["quality_signals"] == ["truncated_response"]
    assert Exchange.from_event(event).stop_reason == "max_tokens"


async def test_errors_and_breaks(server: ScriptedServer, logged: Watched, logs: Path) -> None:
    server.enqueue(ErrorAnswer(429, retry_after=3), Answer(text="12345678", chunks=8, cut_after=3))
    claude = logged.claude()
    with pytest.raises(anthropic.RateLimitError):
        await claude.messages.create(**ASK)
    with pytest.raises(Exception, match="incomplete"):
        [event async for event in await claude.messages.create(**ASK, stream=True)]
    await logged.capture()
    await logged.capture()
    limited, broken = events(logs)
    assert (limited["status"], limited["quality_signals"]) == ("error", ["rate_limited"])
    assert limited["attempts"][0]["retry_after_s"] == 3
    assert limited["error"]["body"]["error"]["type"] == "rate_limit_error"
    assert (broken["status"], broken["quality_signals"]) == ("error", ["connection_error"])
    assert broken["response_body"]["content"][0]["text"] == "123"


async def test_an_api_that_is_not_there(session: Path, logs: Path) -> None:
    async with watching(session, DEAD, events=EventLog(logs, "run")) as watched:
        with pytest.raises(anthropic.InternalServerError):
            await watched.claude().messages.create(**ASK)
        await watched.capture()
    (event,) = events(logs)
    assert event["quality_signals"] == ["connection_error"]
    assert event["error"]["status_code"] is None
    assert event["http_url"] == f"{DEAD}/v1/messages"


async def test_an_engine_that_leaves(server: ScriptedServer, logged: Watched, logs: Path) -> None:
    server.enqueue(Answer(hang=True), Answer(text="1234", chunks=4, cut_after=1, hang=True))
    for number, stream in ((1, False), (2, True)):
        reader, writer = await logged.raw()
        writer.write(post("/v1/messages", json.dumps({**ASK, "stream": stream}).encode()))
        await asyncio.to_thread(server.wait_for_requests, number)
        if stream:
            await asyncio.wait_for(reader.readuntil(b"content_block_delta"), 30)
        writer.close()
        await logged.capture()
    cancelled, abandoned = events(logs)
    assert (cancelled["status"], cancelled["outcome"]) == ("error", "cancelled")
    assert (abandoned["status"], abandoned["outcome"]) == ("ok", "abandoned")
    assert abandoned["quality_signals"] == ["stream_abandoned"]


async def test_what_asks_no_model_is_no_event(logged: Watched, logs: Path) -> None:
    await logged.claude().models.list()
    await logged.claude().messages.count_tokens(model="m", messages=ASK["messages"])
    await logged.capture()
    await logged.capture()
    assert events(logs) == []


async def test_no_secret_is_in_the_log(server: ScriptedServer, logged: Watched, logs: Path) -> None:
    server.enqueue(Answer(text=f"your key is {KEY}"))
    await logged.claude().messages.create(
        **{**ASK, "system": f"my key is {KEY}"}, extra_query={"api_key": "hidden-in-the-query"}
    )
    await logged.capture()
    written = b"".join(path.read_bytes() for path in log_files(logs))
    assert KEY.encode() not in written
    assert b"hidden-in-the-query" not in written
    assert written.count(b"[redacted]") == 3  # in the URL, the request and the answer
