"""The three tiers under the SDKs of Gemini, Cohere and Mistral: one event a call with each tier broken."""

from __future__ import annotations

from typing import Any

import pytest

from capture.scripted import Answer, ErrorAnswer, ScriptedServer
from tests.tessen.scenes import MOVED, NO_DISCOVERY, NO_FLOOR, Scene, events_in, play

PROGRAM = """
    import asyncio, os
    import cohere
    from google import genai
    from mistralai.client import Mistral

    URL = os.environ["SERVER"]
    QUESTION = [{"role": "user", "content": "hello"}]
    CONTENT = dict(model="gemini-2.5-flash", contents="hello")
    COMMAND = dict(model="command-a-03-2025", messages=QUESTION)
    LARGE = dict(model="mistral-large-latest", messages=QUESTION)
    COHERE = dict(api_key="key-of-a-subprocess-4", base_url=URL)
    MISTRAL = dict(api_key="key-of-a-subprocess-5", server_url=URL)

    def sync():
        gemini = genai.Client(api_key="key-of-a-subprocess-3", http_options={"base_url": URL})
        gemini.models.generate_content(**CONTENT)
        for _ in gemini.models.generate_content_stream(**CONTENT): pass
        gemini.chats.create(model=CONTENT["model"]).send_message("hello")
        command = cohere.ClientV2(**COHERE)
        command.chat(**COMMAND)
        for _ in command.chat_stream(**COMMAND): pass
        mistral = Mistral(**MISTRAL)
        mistral.chat.complete(**LARGE)
        for _ in mistral.chat.stream(**LARGE): pass
        with mistral.chat.stream(**LARGE) as stream: list(stream)

    async def in_async():
        gemini = genai.Client(api_key="key-of-a-subprocess-3", http_options={"base_url": URL})
        await gemini.aio.models.generate_content(**CONTENT)
        async for _ in await gemini.aio.models.generate_content_stream(**CONTENT): pass
        command = cohere.AsyncClientV2(**COHERE)
        await command.chat(**COMMAND)
        async for _ in command.chat_stream(**COMMAND): pass
        async with Mistral(**MISTRAL) as mistral:
            try: await mistral.chat.complete_async(**LARGE)
            except Exception as problem: assert problem.status_code == 400
            async for _ in await mistral.chat.stream_async(**LARGE): pass
            async with await mistral.chat.stream_async(**LARGE) as stream: [_ async for _ in stream]
        await gemini.aio.aclose()

    sync()
    asyncio.run(in_async())
"""
OK = Answer(text="It is on its way.")
# Cohere's first call is answered at the second attempt, Mistral's first awaited one refused.
SCRIPT = [*[OK] * 3, ErrorAnswer(502, retry_after=0.01), *[OK] * 9, ErrorAnswer(400), OK, OK]
GEMINI = [("google_gemini", "models.generate_content"), ("google_gemini", "models.generate_content_stream")]
COHERE = [("cohere", "chat"), ("cohere", "chat_stream")]
MISTRAL = [("mistral", "chat.complete"), ("mistral", "chat.stream"), ("mistral", "chat.stream")]
CALLS = [*GEMINI, GEMINI[0], *COHERE, *MISTRAL, *GEMINI, *COHERE, *MISTRAL]
"""Of the program, in their order."""

RETRIED, REFUSED = 3, 12
MODELS = {
    "google_gemini": "gemini-2.5-flash",
    "cohere": "command-a-03-2025",
    "mistral": "mistral-large-latest",
}
SCENES: dict[str, Scene] = {
    "base client moved": ([MOVED], {}),
    "leaf fallback": ([], {"TESSEN_LEAF_FALLBACK": " Yes "}),
    "discovery broken too": ([MOVED, NO_DISCOVERY], {}),
    "floor broken instead": ([MOVED, NO_FLOOR], {}),
}


@pytest.fixture(scope="module")
def scenes(tmp_path_factory: pytest.TempPathFactory) -> dict[str, list[dict[str, Any]]]:
    folder = tmp_path_factory.mktemp("tiers")
    with ScriptedServer(SCRIPT * (1 + len(SCENES))) as server:
        said = play(SCENES, PROGRAM, server.url, folder)
    assert said.count("\n") == said.count("tessen: preparing ") == 1  # of the broken discovery
    return {name: events_in(folder / name) for name in SCENES}


def check_whole(events: list[dict[str, Any]], tier: int) -> None:
    """Check that every call of the program has left one event, with all that is to be known of it."""
    assert [(event["provider"], event["surface"]) for event in events] == CALLS
    assert {event["_tessen_tier"] for event in events} == {tier}
    assert {event["call_site"]["func"] for event in events} == {"sync", "in_async"}
    assert [event["model"] for event in events] == [MODELS[provider] for provider, _ in CALLS]
    refused = events.pop(REFUSED)
    assert (refused["status"], refused["quality_signals"]) == ("error", ["invalid_request"])
    for event in events:
        assert event["status"] == "ok"
        assert event["usage"]["output_tokens"] > 0
        assert event["streamed"] == event["surface"].endswith("stream")
        assert "on its way" in str(event["response_body" if event["streamed"] else "casted_response"])


def check_retry(event: dict[str, Any]) -> None:
    assert [attempt["status"] for attempt in event["attempts"]] == [502, 200]
    assert event["quality_signals"] == ["silent_retry"]


@pytest.mark.parametrize(
    ("scene", "tier"), [("base client moved", 2), ("leaf fallback", 0), ("discovery broken too", 3)]
)
def test_every_call_leaves_one_event(scene: str, tier: int, scenes: dict[str, Any]) -> None:
    check_retry(scenes[scene][RETRIED])
    check_whole(scenes[scene], tier)


def test_discovery_alone_records_what_the_sdk_made_of_an_answer(scenes: dict[str, Any]) -> None:
    """By an HTTP library that is not known, a stream's bytes cannot be followed; an answer is still one."""
    events = scenes["floor broken instead"]
    assert {event["_tessen_tier"] for event in events} == {2}
    answers = [event for event in events if event["status"] == "ok"]
    assert [event["provider"] for event in answers] == [
        *["google_gemini"] * 2,
        *("cohere", "mistral", "google_gemini", "cohere"),
    ]
    assert all("on its way." in str(event["casted_response"]) for event in answers)
    failed = [event["quality_signals"] for event in events if event["status"] == "error"]
    assert failed == [["invalid_request"]]
