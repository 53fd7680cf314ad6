"""Retries that only the HTTP library sees: one event a call, and nothing lost while another may follow."""

from __future__ import annotations

import asyncio
import functools
import gc
import json
import types
from collections.abc import Callable
from pathlib import Path
from typing import Any

import anthropic
import cohere
import httpx2
import openai
import pytest
from google import genai
from mistralai.client import Mistral
from mistralai.client.utils import BackoffStrategy, RetryConfig

import tessen
from capture.scripted import Answer, ErrorAnswer, ScriptedServer
from tessen import _inflight, _trunk, inflight
from tessen._floor import again

KEY = "opaque-key-of-the-test-0a1b2c"
QUESTION: list[Any] = [{"role": "user", "content": "hello"}]
ASK: dict[str, Any] = {"model": "m", "messages": QUESTION}
MESSAGE = {**ASK, "max_tokens": 9}
CHAT = "/v1/chat/completions"
LIMITED = ErrorAnswer(429, retry_after=0.001)
OK = Answer(text="at last")
WAITING = "anthropic._base_client.SyncAPIClient._sleep_for_retry"
"""What the SDK does between two attempts."""
PATIENT = RetryConfig("backoff", BackoffStrategy(1, 2, 1.0, 60_000), True)
GEMINI: Any = {"attempts": 3, "initial_delay": 0.01, "max_delay": 0.01, "http_status_codes": [429]}


@pytest.fixture
def floor(monkeypatch: pytest.MonkeyPatch, log: Any) -> Any:
    """The log of a recorder whose two upper tiers see nothing."""
    monkeypatch.setattr(_trunk, "discovery_underway", lambda vendor: True)
    monkeypatch.setattr("cohere.core.http_client.INITIAL_RETRY_DELAY_SECONDS", 0.01)
    return log


Way = tuple[Callable[[], Any], Callable[[], Any]]
"""How a program asks with one client, and how it closes it; both may be coroutines."""


def anthropic_plain(url: str) -> Way:
    client = anthropic.Anthropic(base_url=url, api_key=KEY)

    def ask() -> Any:
        return client.messages.create(**MESSAGE)

    return ask, client.close


def anthropic_streamed(url: str) -> Way:
    client = anthropic.Anthropic(base_url=url, api_key=KEY)

    def ask() -> Any:
        return list(client.messages.create(**MESSAGE, stream=True))

    return ask, client.close


def anthropic_async(url: str) -> Way:
    client = anthropic.AsyncAnthropic(base_url=url, api_key=KEY)

    async def ask() -> Any:
        return await client.messages.create(**MESSAGE)

    return ask, client.close


def openai_plain(url: str) -> Way:
    client = openai.OpenAI(base_url=f"{url}/v1", api_key=KEY)

    def ask() -> Any:
        return client.chat.completions.create(**ASK)

    return ask, client.close


def openai_async(url: str) -> Way:
    client = openai.AsyncOpenAI(base_url=f"{url}/v1", api_key=KEY)

    async def ask() -> Any:
        return [event async for event in await client.responses.create(model="m", input="hello", stream=True)]

    return ask, client.close


def gemini_plain(url: str) -> Way:
    client = genai.Client(api_key=KEY, http_options={"base_url": url, "retry_options": GEMINI})

    def ask() -> Any:
        return client.models.generate_content(model="m", contents="hello")

    return ask, client.close


def gemini_async(url: str) -> Way:
    client = genai.Client(api_key=KEY, http_options={"base_url": url, "retry_options": GEMINI})

    async def ask() -> Any:
        return await client.aio.models.generate_content(model="m", contents="hello")

    return ask, client.aio.aclose


def cohere_plain(url: str) -> Way:
    client = cohere.ClientV2(api_key=KEY, base_url=url)

    def ask() -> Any:
        return client.chat(**ASK)

    return ask, bool


def cohere_async(url: str) -> Way:
    client = cohere.AsyncClientV2(api_key=KEY, base_url=url)

    async def ask() -> Any:
        return await client.chat(**ASK)

    return ask, bool


def mistral_plain(url: str) -> Way:
    client = Mistral(api_key=KEY, server_url=url, retry_config=PATIENT)

    def ask() -> Any:
        return client.chat.complete(**ASK)

    return ask, functools.partial(client.__exit__, None, None, None)


def mistral_async(url: str) -> Way:
    client = Mistral(api_key=KEY, server_url=url, retry_config=PATIENT)

    async def ask() -> Any:
        return [item async for item in await client.chat.stream_async(**ASK)]

    return ask, functools.partial(client.__aexit__, None, None, None)


WAYS: list[Callable[[str], Way]] = [
    *(anthropic_plain, anthropic_streamed, anthropic_async, openai_plain, openai_async),
    *(gemini_plain, gemini_async, cohere_plain, cohere_async, mistral_plain, mistral_async),
]


def summary(event: dict[str, Any]) -> tuple[Any, ...]:
    attempts = tuple(attempt["status"] for attempt in event.get("attempts", ()))
    return event["_tessen_tier"], event["status"], attempts, event["quality_signals"], event.get("outcome")


@pytest.mark.parametrize("way", WAYS, ids=lambda way: way.__name__)
def test_a_call_leaves_one_event(way: Callable[[str], Way], server: ScriptedServer, floor: Any) -> None:
    """Retried twice and answered, retried in vain, and tried only once."""
    ask, close = way(server.url)
    with asyncio.Runner() as runner:

        def now(do: Callable[[], Any]) -> None:
            done = do()
            if asyncio.iscoroutine(done):
                runner.run(done)

        server.enqueue(LIMITED, LIMITED, OK)
        now(ask)
        server.enqueue(LIMITED, LIMITED, ErrorAnswer(400), ErrorAnswer(400))
        for _ in range(2):
            with pytest.raises(Exception, match="400"):
                now(ask)
        now(close)
    assert tessen.flush(60)
    answered, failed, refused = floor.events()
    assert summary(answered) == (3, "ok", (429, 429, 200), ["silent_retry"], None)
    assert "at last" in json.dumps(answered)
    assert summary(failed) == (3, "error", (429, 429, 400), ["invalid_request", "silent_retry"], None)
    assert summary(refused) == (3, "error", (400,), ["invalid_request"], None)
    for event in (answered, failed):
        assert event["duration_ms"] > sum(attempt["duration_ms"] for attempt in event["attempts"])
    assert {event["call_site"]["func"] for event in floor.events()} == {"ask"}
    assert list(floor.folder.rglob(f"{_inflight.FOLDER}/*")) == []


def test_what_is_held_back_is_in_flight(
    server: ScriptedServer, floor: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """From the failure on, also where a file would otherwise appear only later."""
    monkeypatch.setattr(_inflight, "SHOWN_AFTER", 60.0)
    monkeypatch.setattr(_inflight, "QUICK_SHOWN_AFTER", 60.0)
    seen: list[tuple[tuple[inflight.InFlight, ...], list[Any]]] = []
    monkeypatch.setattr(
        WAITING, lambda *_, **__: seen.append((inflight.read(floor.folder).calls, floor.events()))
    )
    server.enqueue(LIMITED, OK)
    anthropic_plain(server.url)[0]()
    (((call,), events),) = seen
    assert events == []
    assert call.event_id == floor.one()["event_id"]


def test_nothing_is_held_back_for_ever(
    server: ScriptedServer, floor: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(again, "HELD_FOR", 0.0)
    monkeypatch.setattr(WAITING, lambda *_, **__: tessen.flush(60))
    server.enqueue(LIMITED, OK)
    anthropic_plain(server.url)[0]()
    assert [summary(event)[1:3] for event in floor.events()] == [("error", (429,)), ("ok", ())]


@pytest.mark.parametrize("how", ["let go of", "kept"])
def test_a_failure_is_written_whatever_becomes_of_its_exception(
    how: str, server: ScriptedServer, floor: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    if how == "let go of":  # nobody needs to look then
        monkeypatch.setattr(again.FloorCall, "look", lambda _: 60.0)
    server.enqueue(ErrorAnswer(400))
    kept: list[BaseException] = []
    gc.disable()
    try:
        anthropic_plain(server.url)[0]()
    except anthropic.BadRequestError as problem:
        kept += [problem] if how == "kept" else []
    finally:
        gc.enable()
    assert tessen.flush(60)
    assert summary(floor.one()) == (3, "error", (400,), ["invalid_request"], None)


async def test_tasks_at_once_keep_to_their_own_retries(server: ScriptedServer, floor: Any) -> None:
    server.enqueue(*[LIMITED] * 8, *[OK] * 8)
    async with openai.AsyncOpenAI(base_url=f"{server.url}/v1", api_key=KEY, max_retries=9) as client:
        await asyncio.gather(*[client.chat.completions.create(**ASK) for _ in range(8)])
    events = floor.events()
    attempts = [attempt["status"] for event in events for attempt in event.get("attempts", [{"status": 200}])]
    assert (len(events), sorted(attempts)) == (8, [200] * 8 + [429] * 8)


PACKAGE = """
def ask(post, url, requests):
    for body, headers in requests:
        post(url, json=body, headers=headers)
"""
COUNT, IDEMPOTENT = "x-stainless-retry-count", "idempotency-key"


@pytest.fixture
def package(tmp_path: Path) -> types.ModuleType:
    """An installed package that is no SDK of ours."""
    module = types.ModuleType("some_client.transport")
    code = compile(PACKAGE, str(tmp_path / "site-packages" / "some_client" / "transport.py"), "exec")
    exec(code, vars(module))
    return module


CASES: dict[str, tuple[list[tuple[dict[str, Any], dict[str, str]]], list[tuple[int, ...]]]] = {
    "a count of retries": ([(ASK, {COUNT: "0"}), (ASK, {COUNT: "1"})], [(502, 200)]),
    "an idempotency key": ([(ASK, {IDEMPOTENT: "k1"})] * 2, [(502, 200)]),
    "a count that began anew": ([(ASK, {COUNT: "0"})] * 2, [(502,), ()]),
    "another idempotency key": ([(ASK, {IDEMPOTENT: "k1"}), (ASK, {IDEMPOTENT: "k2"})], [(502,), ()]),
    "another request": ([(ASK, {IDEMPOTENT: "k1"}), (MESSAGE, {IDEMPOTENT: "k1"})], [(502,), ()]),
    "no sign of it": ([(ASK, {})] * 2, [(502,), ()]),
}


@pytest.mark.parametrize("case", CASES)
def test_a_package_that_says_it_tries_again(
    case: str, package: types.ModuleType, server: ScriptedServer, log: Any
) -> None:
    requests, expected = CASES[case]
    server.enqueue(ErrorAnswer(502), OK)
    package.ask(httpx2.post, server.url + CHAT, requests)
    assert [summary(event)[2] for event in log.events()] == expected


def test_the_programs_own_second_try_is_a_new_call(server: ScriptedServer, log: Any) -> None:
    server.enqueue(ErrorAnswer(502), OK)
    for _ in range(2):
        httpx2.post(server.url + CHAT, json=ASK, headers={IDEMPOTENT: "k1"})
    assert [summary(event)[2] for event in log.events()] == [(502,), ()]
