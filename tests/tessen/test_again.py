"""Retries that only the HTTP library sees: one event a call, and nothing lost while another may follow."""

from __future__ import annotations

import asyncio
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
    monkeypatch.setattr(_trunk, "discovery_underway", lambda: True)
    monkeypatch.setattr("cohere.core.http_client.INITIAL_RETRY_DELAY_SECONDS", 0.01)
    return log


def ask_anthropic(url: str) -> Any:
    with anthropic.Anthropic(base_url=url, api_key=KEY) as client:
        return client.messages.create(**MESSAGE)


def ask_anthropic_for_a_stream(url: str) -> Any:
    with anthropic.Anthropic(base_url=url, api_key=KEY) as client:
        return list(client.messages.create(**MESSAGE, stream=True))


async def ask_anthropic_async(url: str) -> Any:
    async with anthropic.AsyncAnthropic(base_url=url, api_key=KEY) as client:
        return await client.messages.create(**MESSAGE)


def ask_openai(url: str) -> Any:
    with openai.OpenAI(base_url=f"{url}/v1", api_key=KEY) as client:
        return client.chat.completions.create(**ASK)


async def ask_openai_async(url: str) -> Any:
    async with openai.AsyncOpenAI(base_url=f"{url}/v1", api_key=KEY) as client:
        return [event async for event in await client.responses.create(model="m", input="hello", stream=True)]


def ask_gemini(url: str) -> Any:
    with genai.Client(api_key=KEY, http_options={"base_url": url, "retry_options": GEMINI}) as client:
        return client.models.generate_content(model="m", contents="hello")


async def ask_gemini_async(url: str) -> Any:
    client = genai.Client(api_key=KEY, http_options={"base_url": url, "retry_options": GEMINI})
    try:
        return await client.aio.models.generate_content(model="m", contents="hello")
    finally:
        await client.aio.aclose()


def ask_cohere(url: str) -> Any:
    return cohere.ClientV2(api_key=KEY, base_url=url).chat(**ASK)


async def ask_cohere_async(url: str) -> Any:
    return await cohere.AsyncClientV2(api_key=KEY, base_url=url).chat(**ASK)


def ask_mistral(url: str) -> Any:
    with Mistral(api_key=KEY, server_url=url, retry_config=PATIENT) as client:
        return client.chat.complete(**ASK)


async def ask_mistral_async(url: str) -> Any:
    async with Mistral(api_key=KEY, server_url=url, retry_config=PATIENT) as client:
        return [item async for item in await client.chat.stream_async(**ASK)]


WAYS: list[Callable[[str], Any]] = [
    *(ask_anthropic, ask_anthropic_for_a_stream, ask_anthropic_async),
    *(ask_openai, ask_openai_async, ask_gemini, ask_gemini_async),
    *(ask_cohere, ask_cohere_async, ask_mistral, ask_mistral_async),
]


def summary(event: dict[str, Any]) -> tuple[Any, ...]:
    attempts = tuple(attempt["status"] for attempt in event.get("attempts", ()))
    return event["_tessen_tier"], event["status"], attempts, event["quality_signals"], event.get("outcome")


@pytest.mark.parametrize("ask", WAYS, ids=lambda way: way.__name__)
def test_a_call_leaves_one_event(ask: Callable[[str], Any], server: ScriptedServer, floor: Any) -> None:
    """Retried twice and answered, retried in vain, and tried only once."""

    def now() -> None:
        answer = ask(server.url)
        if asyncio.iscoroutine(answer):
            asyncio.run(answer)

    server.enqueue(LIMITED, LIMITED, OK)
    now()
    server.enqueue(LIMITED, LIMITED, ErrorAnswer(400), ErrorAnswer(400))
    for _ in range(2):
        with pytest.raises(Exception, match="400"):
            now()
    assert tessen.flush(30)
    answered, failed, refused = floor.events()
    assert summary(answered) == (3, "ok", (429, 429, 200), ["silent_retry"], None)
    assert "at last" in json.dumps(answered)
    assert summary(failed) == (3, "error", (429, 429, 400), ["invalid_request", "silent_retry"], None)
    assert summary(refused) == (3, "error", (400,), ["invalid_request"], None)
    for event in (answered, failed):
        assert event["duration_ms"] > sum(attempt["duration_ms"] for attempt in event["attempts"])
    assert {event["call_site"]["func"] for event in floor.events()} == {ask.__name__}
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
    ask_anthropic(server.url)
    (((call,), events),) = seen
    assert events == []
    assert call.event_id == floor.one()["event_id"]


def test_nothing_is_held_back_for_ever(
    server: ScriptedServer, floor: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(again, "HELD_FOR", 0.0)
    monkeypatch.setattr(WAITING, lambda *_, **__: tessen.flush(30))
    server.enqueue(LIMITED, OK)
    ask_anthropic(server.url)
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
        ask_anthropic(server.url)
    except anthropic.BadRequestError as problem:
        kept += [problem] if how == "kept" else []
    finally:
        gc.enable()
    assert tessen.flush(30)
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
