"""Model calls that may not go up: the API hears nothing of them, and no SDK tries again."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import anthropic
import openai
import pytest

from capture.proxy import ProxyRequest, StoredAnswer
from capture.scripted import ScriptedServer
from tests.capture.proxy.proxied import Watched, raw_server, watching
from tests.capture.proxy.test_relay import ASK, CHAT

WHY = "stopped at $1 after $1.20"
GPT: Any = {"model": "gpt-5-mini", "input": "hi"}

CALLS: dict[str, Callable[[Watched], Awaitable[object]]] = {
    "402 messages": lambda watched: watched.claude(max_retries=2).messages.create(**ASK),
    "402 a stream": lambda watched: watched.claude(max_retries=2).messages.create(**ASK, stream=True),
    "400 chat": lambda watched: watched.gpt(max_retries=2).chat.completions.create(**CHAT),
    "400 responses": lambda watched: watched.gpt(max_retries=2).responses.create(**GPT),
}


async def refuse() -> str:
    return WHY


@pytest.mark.parametrize("call", CALLS)
async def test_an_sdk_is_told_once_in_its_own_protocol(
    session: Path, server: ScriptedServer, call: str
) -> None:
    status = int(call.partition(" ")[0])
    async with watching(session, server.url, refuse=refuse) as watched:
        with pytest.raises((anthropic.APIStatusError, openai.BadRequestError), match=r"after \$1\.20"):
            await CALLS[call](watched)
        row = await watched.capture()
        await watched.proxy.settled()
        assert [each["attempt"] for each in watched.rows()] == [1]
    assert server.requests == []
    assert (row.outcome, row.status, row.answered_by, row.error) == ("failed", status, "proxy", WHY)
    assert json.loads(row.request_body())["model"] in (ASK["model"], CHAT["model"])


async def test_what_asks_no_model_is_passed_on(session: Path, server: ScriptedServer) -> None:
    async with watching(session, server.url, refuse=refuse) as watched:
        await watched.claude().messages.count_tokens(model=ASK["model"], messages=ASK["messages"])
        await watched.gpt().models.list()
    assert len(server.requests) == 2


async def test_what_is_answered_without_the_api_is_not_asked_about(session: Path) -> None:
    body = b'{"id": "m", "type": "message", "role": "assistant", "content": [], "model": "m"}'
    stored = StoredAnswer(200, [(b"content-type", b"application/json")], body)

    def given(_: ProxyRequest) -> StoredAnswer:
        return stored

    async with watching(session, "http://127.0.0.1:9", rewrite=given, refuse=refuse) as watched:
        said = await watched.claude().messages.create(**ASK)
    assert said.id == "m"


async def test_a_call_is_refused_that_was_on_its_way_when_connecting_took_long(session: Path) -> None:
    heard: list[bytes] = []
    over = asyncio.Event()
    reasons = iter([None, WHY])

    async def changes_its_mind() -> str | None:
        return next(reasons)

    async def talk(reader: asyncio.StreamReader, _: asyncio.StreamWriter) -> None:
        heard.append(await reader.read())
        over.set()

    async with raw_server(talk) as url, watching(session, url, refuse=changes_its_mind) as watched:
        with pytest.raises(anthropic.APIStatusError, match="stopped at"):
            await watched.claude().messages.create(**ASK)
        await asyncio.wait_for(over.wait(), 60)
    assert heard == [b""]
