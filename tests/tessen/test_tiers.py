"""The three tiers, each proven by breaking the one above it in the real SDKs, in a process of its own."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from capture.scripted import Answer, ErrorAnswer, ScriptedServer
from tests.tessen.scenes import MOVED, NO_DISCOVERY, NO_FLOOR, START, Scene, events_in, play, run

RENAMED = """
    import inspect, types
    import anthropic._base_client, openai._base_client

    def rename(owner, old, new):
        '''What a release that renames a method looks like: it is gone, and its callers use the new name.'''
        setattr(owner, new, owner.__dict__[old])
        delattr(owner, old)
        for name, value in list(vars(owner).items()):
            if isinstance(value, types.FunctionType) and f"self.{old}(" in inspect.getsource(value):
                names = tuple(new if used == old else used for used in value.__code__.co_names)
                value.__code__ = value.__code__.replace(co_names=names)

    for module in (anthropic._base_client, openai._base_client):
        for owner in (module.SyncAPIClient, module.AsyncAPIClient):
            rename(owner, "request", "ask_the_server")
"""
PROGRAM = """
    import asyncio, os
    import anthropic, openai

    URL = os.environ["SERVER"]
    QUESTION = [{"role": "user", "content": "hello"}]
    MESSAGE = dict(model="claude-haiku-4-5", max_tokens=9, messages=QUESTION)
    CHAT = dict(model="gpt-5-mini", messages=QUESTION)
    RESPONSE = dict(model="gpt-5-mini", input="hello")

    def sync():
        claude = anthropic.Anthropic(base_url=URL)
        claude.messages.create(**MESSAGE)
        for _ in claude.messages.create(**MESSAGE, stream=True): pass
        with claude.messages.stream(**MESSAGE) as stream: stream.get_final_message()
        claude.messages.with_raw_response.create(**MESSAGE).parse()
        with claude.messages.with_streaming_response.create(**MESSAGE) as response: response.read()
        claude.beta.messages.create(**MESSAGE)
        try: claude.messages.create(**MESSAGE)
        except anthropic.BadRequestError: pass
        gpt = openai.OpenAI(base_url=URL + "/v1")
        gpt.chat.completions.create(**CHAT)
        for _ in gpt.chat.completions.create(**CHAT, stream=True): pass
        with gpt.chat.completions.stream(**CHAT) as stream: stream.get_final_completion()
        gpt.responses.create(**RESPONSE)
        with gpt.responses.stream(**RESPONSE) as stream: stream.get_final_response()

    async def in_async():
        claude = anthropic.AsyncAnthropic(base_url=URL)
        await claude.messages.create(**MESSAGE)
        async for _ in await claude.messages.create(**MESSAGE, stream=True): pass
        async with claude.messages.stream(**MESSAGE) as stream: await stream.get_final_message()
        gpt = openai.AsyncOpenAI(base_url=URL + "/v1")
        await gpt.chat.completions.create(**CHAT)
        await gpt.chat.completions.parse(**CHAT)
        async for _ in await gpt.chat.completions.create(**CHAT, stream=True): pass
        async with gpt.chat.completions.stream(**CHAT) as stream: await stream.get_final_completion()
        await gpt.responses.create(**RESPONSE)
        async with gpt.responses.stream(**RESPONSE) as stream: await stream.get_final_response()
        await claude.close()  # or another scene's loop is asked to
        await gpt.close()

    sync()
    asyncio.run(in_async())
"""
MESSAGES = ["messages.create", "messages.stream", "messages.stream", *["messages.create"] * 4]
CHATS = ["chat.completions.create", "chat.completions.stream", "chat.completions.stream"]
RESPONSES = ["responses.create", "responses.stream"]
# The first call is answered at the second attempt, the seventh refused.
SCRIPT = [ErrorAnswer(502), *[Answer(text="ok")] * 6, ErrorAnswer(400), *[Answer(text="ok")] * 14]
SURFACES = [*MESSAGES, *CHATS, *RESPONSES, *MESSAGES[:3], CHATS[0], *CHATS, *RESPONSES]
"""Of the program's calls, in their order."""


SCENES: dict[str, Scene] = {
    "nothing broken": ([], {}),
    "request method renamed": ([RENAMED], {}),
    "leaf fallback": ([], {"TESSEN_LEAF_FALLBACK": " Yes "}),
    "discovery broken too": ([RENAMED, NO_DISCOVERY], {}),
    "floor broken instead": ([RENAMED, NO_FLOOR], {}),
}


@pytest.fixture(scope="module")
def scenes(tmp_path_factory: pytest.TempPathFactory) -> dict[str, list[dict[str, Any]]]:
    """The events of every scene, all forked from one process, in which the SDKs have been imported and used.

    They take seconds for that.
    """
    folder = tmp_path_factory.mktemp("tiers")
    with ScriptedServer(SCRIPT * (1 + len(SCENES))) as server:
        said = play(SCENES, PROGRAM, server.url, folder)
    assert said.count("\n") == said.count("tessen: preparing ") == 1  # of the broken discovery
    return {name: events_in(folder / name) for name in SCENES}


def check_whole(events: list[dict[str, Any]], tier: int) -> None:
    """Check that every call of the program has left one event, with all that is to be known of it."""
    assert [event["surface"] for event in events] == SURFACES
    assert {event["_tessen_tier"] for event in events} == {tier}
    assert {event["call_site"]["func"] for event in events} == {"sync", "in_async"}
    assert [event["status"] for event in events] == [*["ok"] * 6, "error", *["ok"] * 14]
    for event in events:
        if event["status"] == "ok":
            assert event["surface"] == CHATS[1] or event["usage"]["output_tokens"] > 0
            assert event["streamed"] == event["surface"].endswith(".stream")
            assert event["model"] in ("claude-haiku-4-5", "gpt-5-mini")
            assert event["request_body"]["model"] == event["model"]
    assert [attempt["status"] for attempt in events[0]["attempts"]] == [502, 200]
    assert events[0]["quality_signals"] == ["silent_retry"]
    assert events[6]["error"]["type"] == "BadRequestError"
    assert events[6]["quality_signals"] == ["invalid_request"]


@pytest.mark.parametrize(
    ("scene", "tier"), [("nothing broken", 1), ("request method renamed", 2), ("leaf fallback", 0)]
)
def test_every_call_leaves_one_event(scene: str, tier: int, scenes: dict[str, Any]) -> None:
    check_whole(scenes[scene], tier)


def test_a_base_client_that_moved_to_another_module(tmp_path: Path) -> None:
    """The recorder has started before the SDK is imported, whose methods are found as it is."""
    with ScriptedServer(SCRIPT) as server:
        said = run(MOVED + START + PROGRAM, server.url, tmp_path)
    assert said == ""
    check_whole(events_in(tmp_path), 2)


def test_with_two_tiers_broken_the_floor_sees_every_attempt(scenes: dict[str, Any]) -> None:
    events = scenes["discovery broken too"]
    assert {event["_tessen_tier"] for event in events} == {3}
    assert [event["surface"] for event in events] == ["messages.create", *SURFACES]
    assert [event["quality_signals"] for event in events[:2]] == [["server_error"], ["silent_retry"]]
    assert [attempt["status"] for attempt in events[1]["attempts"]] == [502, 200]
    assert {event["call_site"]["func"] for event in events} == {"sync", "in_async"}


def test_discovery_alone_records_what_the_sdk_made_of_an_answer(scenes: dict[str, Any]) -> None:
    """By an HTTP library that is not known, a stream's bytes cannot be followed; an answer is still one."""
    events = scenes["floor broken instead"]
    assert {event["_tessen_tier"] for event in events} == {2}
    resources = {event["surface"] for event in events if event["status"] == "ok"}
    assert resources == {"messages.create", "completions.create", "completions.parse", "responses.create"}
    assert all(event["usage"]["output_tokens"] > 0 for event in events if event["status"] == "ok")
    failed = [event["quality_signals"] for event in events if event["status"] == "error"]
    assert failed == [["invalid_request"]]
