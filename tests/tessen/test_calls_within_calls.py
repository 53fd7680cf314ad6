"""A model asked while another request is on its way: in a hook of the HTTP client, or in a signal handler."""

from __future__ import annotations

import asyncio
import signal
from typing import Any

import httpx2
import pytest

from capture.scripted import ScriptedServer

QUESTION: list[dict[str, Any]] = [{"role": "user", "content": "hello"}]


def claude(client: Any, **more: Any) -> Any:
    return client.messages.create(model="claude-haiku-4-5", max_tokens=9, messages=QUESTION, **more)


@pytest.mark.parametrize("moment", ["request", "response"])
def test_in_a_hook_of_the_http_client(moment: str, clients: Any, log: Any) -> None:
    """As a guard does that has each prompt or answer checked."""
    guard = clients.openai()

    def check(_: Any) -> None:
        guard.chat.completions.create(model="gpt-5-mini", messages=QUESTION)
        guard.embeddings.create(model="text-embedding-3-small", input="hello")

    claude(clients.anthropic(http_client=httpx2.Client(event_hooks={moment: [check]})))
    surfaces = [event["surface"] for event in log.events()]
    assert surfaces == ["chat.completions.create", "embeddings.create", "messages.create"]
    assert all(event["status"] == "ok" and "attempts" not in event for event in log.events())


async def test_in_an_awaited_hook_of_the_http_client(clients: Any, log: Any) -> None:
    guard = clients.async_openai()

    async def check(_: Any) -> None:
        await guard.chat.completions.create(model="gpt-5-mini", messages=QUESTION)

    http_client = httpx2.AsyncClient(event_hooks={"request": [check]})
    stream = await claude(clients.async_anthropic(http_client=http_client), stream=True)
    assert [item async for item in stream]
    surfaces = [event["surface"] for event in log.events()]
    assert surfaces == ["chat.completions.create", "messages.stream"]
    await clients.close()


async def test_in_a_task_that_was_started_in_a_hook(server: ScriptedServer, clients: Any, log: Any) -> None:
    """It keeps the context of the call long after that has ended."""
    answered = asyncio.Event()
    tasks = []

    async def work() -> None:
        await answered.wait()
        async with httpx2.AsyncClient(base_url=server.url) as own:
            asked = {"model": "gpt-5-mini", "messages": QUESTION}
            await own.post("/v1/chat/completions", json=asked)

    async def start(_: Any) -> None:
        tasks.append(asyncio.create_task(work()))

    http_client = httpx2.AsyncClient(event_hooks={"request": [start]})
    await claude(clients.async_anthropic(http_client=http_client))
    answered.set()
    await tasks[0]
    surfaces = [event["surface"] for event in log.events()]
    assert surfaces == ["messages.create", "chat.completions.create"]
    await clients.close()


def test_in_a_signal_handler(server: ScriptedServer, clients: Any, log: Any) -> None:
    client = clients.openai()

    def interrupt(_: Any) -> None:
        signal.raise_signal(signal.SIGUSR1)

    def handle(*_: Any) -> None:
        client.chat.completions.create(model="gpt-5-mini", messages=QUESTION)

    before = signal.signal(signal.SIGUSR1, handle)
    try:
        claude(clients.anthropic(http_client=httpx2.Client(transport=Interrupted(interrupt))))
    finally:
        signal.signal(signal.SIGUSR1, before)
    assert [event["surface"] for event in log.events()] == ["chat.completions.create", "messages.create"]


class Interrupted(httpx2.HTTPTransport):
    """A connection in which a signal arrives as a request is sent."""

    def __init__(self, interrupt: Any) -> None:
        super().__init__()
        self._interrupt = interrupt

    def handle_request(self, request: httpx2.Request) -> httpx2.Response:
        self._interrupt(request)
        return super().handle_request(request)
