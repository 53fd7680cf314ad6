"""Programs whose event loop is trio's."""

from __future__ import annotations

from typing import Any

import anthropic
import pytest
import trio

import tessen
from capture.scripted import Answer, ErrorAnswer, ScriptedServer

QUESTION: list[Any] = [{"role": "user", "content": "hello"}]
ASK: dict[str, Any] = {"model": "m", "max_tokens": 9, "messages": QUESTION}
LIMITED = ErrorAnswer(429, retry_after=0.2)

pytestmark = pytest.mark.filterwarnings("error")


def outcome(event: dict[str, Any]) -> tuple[Any, ...]:
    return event["surface"], event["status"], event.get("outcome"), event["quality_signals"]


def test_every_kind_of_call(server: ScriptedServer, clients: Any, log: Any) -> None:
    async def plain(client: anthropic.AsyncAnthropic) -> None:
        server.enqueue(LIMITED, Answer(text="at last"))
        assert (await client.messages.create(**ASK)).content

    async def streamed(client: anthropic.AsyncAnthropic) -> None:
        server.enqueue(Answer(text="one two three", chunks=3))
        async with client.messages.stream(**ASK) as stream:
            assert "".join([text async for text in stream.text_stream]) == "one two three"

    async def cancelled_before_the_answer(client: anthropic.AsyncAnthropic) -> None:
        server.enqueue(Answer(hang=True))
        before = len(server.requests)
        async with trio.open_nursery() as nursery:
            nursery.start_soon(lambda: client.messages.create(**ASK))
            await trio.to_thread.run_sync(server.wait_for_requests, before + 1, 60)
            nursery.cancel_scope.cancel()

    async def cancelled_in_the_midst(client: anthropic.AsyncAnthropic) -> None:
        server.enqueue(Answer(text="one two", chunks=2, chunk_delay=60))
        with trio.CancelScope() as scope:
            async with client.messages.stream(**ASK) as stream:
                async for _ in stream.text_stream:
                    scope.cancel()
        assert scope.cancelled_caught

    async def main() -> None:
        async with clients.async_anthropic(max_retries=1) as client:
            for way in (plain, streamed, cancelled_before_the_answer, cancelled_in_the_midst):
                await way(client)

    trio.run(main)
    assert [outcome(event) for event in log.events()] == [
        ("messages.create", "ok", None, ["silent_retry"]),
        ("messages.stream", "ok", None, []),
        ("messages.create", "error", "cancelled", []),
        ("messages.stream", "ok", "cancelled", []),
    ]
    assert log.events()[2]["error"]["type"] == "Cancelled"


def test_tasks_keep_to_their_sessions(server: ScriptedServer, clients: Any, log: Any) -> None:
    async def ask(client: anthropic.AsyncAnthropic, name: str) -> None:
        with tessen.session(name):
            for _ in range(2):
                await client.messages.create(**{**ASK, "model": name})

    async def main() -> None:
        async with clients.async_anthropic() as client, trio.open_nursery() as nursery:
            for number in range(4):
                nursery.start_soon(ask, client, f"session-{number}")

    trio.run(main)
    assert len(log.events()) == 8
    assert all(event["session_id"] == event["request_body"]["model"] for event in log.events())


def test_a_retry_that_only_the_http_library_sees(
    server: ScriptedServer, clients: Any, log: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tessen._trunk.discovery_underway", lambda vendor: True)
    server.enqueue(LIMITED, Answer(text="at last"))

    async def main() -> None:
        async with clients.async_anthropic(max_retries=1) as client:
            await client.messages.create(**ASK)

    trio.run(main)
    event = log.one()
    assert (event["_tessen_tier"], event["status"]) == (3, "ok")
    assert [attempt["status"] for attempt in event["attempts"]] == [429, 200]
