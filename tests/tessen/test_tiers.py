"""The three tiers, each proven by breaking the one above it in the real SDKs, in a process of its own."""

from __future__ import annotations

import textwrap
from pathlib import Path
from typing import Any

import pytest

from capture.scripted import Answer, ErrorAnswer, ScriptedServer
from tessen import inflight
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


ENDS = """
    import anthropic, os, signal, sys, time

    def ask():
        with anthropic.Anthropic(base_url=os.environ["SERVER"]) as client:
            client.messages.create(model="m", max_tokens=9, messages=[{"role": "user", "content": "hello"}])

    def ends(kept=[]):
        try: ask()
        except anthropic.BadRequestError as problem: kept.append(problem)

    def ends_in_the_exception():
        ask()

    def killed():
        try: ask()
        except anthropic.BadRequestError:
            os.kill(os.getpid(), signal.SIGKILL)

    def killed_while_it_waits():
        time.sleep = lambda seconds: os.kill(os.getpid(), signal.SIGKILL)
        ask()

    def forks_while_it_waits():
        def sleep(seconds):
            if os.fork() == 0: sys.exit()
            os.wait()
        time.sleep = sleep
        ask()

    sys.excepthook = lambda *_: None
    for scene in (ends, ends_in_the_exception, killed, killed_while_it_waits, forks_while_it_waits):
        child = os.fork()
        if child == 0:
            tessen.init(agent_name=scene.__name__)
            scene()
            sys.exit()
        os.waitpid(child, 0)
"""
"""What programs do right after a failure, each in a process of its own and with a log of its own."""
ENDS_SCRIPT = [*[ErrorAnswer(400)] * 3, *[ErrorAnswer(429)] * 2, Answer(text="ok")]
ENDED = {
    "ends": ("error", [400], ["invalid_request"]),
    "ends_in_the_exception": ("error", [400], ["invalid_request"]),
    "forks_while_it_waits": ("ok", [429, 200], ["silent_retry"]),
}


SCENES: dict[str, Scene] = {
    "nothing broken": ([], {}),
    "request method renamed": ([RENAMED], {}),
    "leaf fallback": ([], {"TESSEN_LEAF_FALLBACK": " Yes "}),
    "discovery broken too": ([MOVED, NO_DISCOVERY], {}),
    "floor broken instead": ([MOVED, NO_FLOOR], {}),
    "ending": ([MOVED, NO_DISCOVERY], {}),
}


@pytest.fixture(scope="module")
def played(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder with the log of every scene, all forked from one process that has used the SDKs before.

    They take seconds to be imported.
    """
    folder = tmp_path_factory.mktemp("tiers")
    with ScriptedServer([*SCRIPT * len(SCENES), *ENDS_SCRIPT]) as server:
        said = play(SCENES, PROGRAM, server.url, folder, {"ending": ENDS})
    assert said.count("\n") == said.count("tessen: preparing ") == 2  # of the broken discovery
    return folder


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
    assert events[6]["error"]["type"] == ("BadRequestError" if tier < 3 else "HTTPStatusError")
    assert events[6]["quality_signals"] == ["invalid_request"]


@pytest.mark.parametrize(
    ("scene", "tier"),
    [
        ("nothing broken", 1),
        ("request method renamed", 2),
        ("leaf fallback", 0),
        ("discovery broken too", 3),
    ],
)
def test_every_call_leaves_one_event(scene: str, tier: int, played: Path) -> None:
    check_whole(events_in(played / scene), tier)


def test_a_base_client_that_moved_to_another_module(tmp_path: Path) -> None:
    """The recorder has started before the SDK is imported, whose methods are found as it is."""
    with ScriptedServer(SCRIPT) as server:
        said = run(MOVED + START + PROGRAM, server.url, tmp_path)
    assert said == ""
    check_whole(events_in(tmp_path), 2)


def test_discovery_alone_records_what_the_sdk_made_of_an_answer(played: Path) -> None:
    """By an HTTP library that is not known, a stream's bytes cannot be followed; an answer is still one."""
    events = events_in(played / "floor broken instead")
    assert {event["_tessen_tier"] for event in events} == {2}
    resources = {event["surface"] for event in events if event["status"] == "ok"}
    assert resources == {"messages.create", "completions.create", "completions.parse", "responses.create"}
    assert all(event["usage"]["output_tokens"] > 0 for event in events if event["status"] == "ok")
    failed = [event["quality_signals"] for event in events if event["status"] == "error"]
    assert failed == [["invalid_request"]]


@pytest.mark.parametrize("scene", ENDED)
def test_a_program_that_ends_right_after_a_failure(scene: str, played: Path) -> None:
    (event,) = events_in(played / "ending" / scene)
    attempts = [attempt["status"] for attempt in event["attempts"]]
    assert (event["status"], attempts, event["quality_signals"]) == ENDED[scene]
    assert inflight.read(played / "ending" / scene).calls == ()


@pytest.mark.parametrize("scene", ["killed", "killed_while_it_waits"])
def test_a_program_that_is_killed_right_after_a_failure(scene: str, played: Path) -> None:
    """It leaves its event; or evidence of it, where nobody knew yet whether another attempt would follow."""
    lost = [call.event_id for call in inflight.read(played / "ending" / scene).calls if call.lost]
    written = [event["event_id"] for event in events_in(played / "ending" / scene)]
    assert len({*lost, *written}) == 1
    assert scene == "killed" or not written


WARNED = """
    import asyncio, os, sys, warnings
    import anthropic

    OLD = dict(model="claude-2.1", max_tokens=9, messages=[{"role": "user", "content": "hello"}])

    def sync():
        claude = anthropic.Anthropic(base_url=os.environ["SERVER"])
        claude.messages.create(**OLD)
        for _ in claude.messages.create(**OLD, stream=True): pass
        with claude.messages.stream(**OLD) as stream: stream.get_final_message()

    async def in_async():
        claude = anthropic.AsyncAnthropic(base_url=os.environ["SERVER"])
        await claude.messages.create(**OLD)
        async for _ in await claude.messages.create(**OLD, stream=True): pass
        async with claude.messages.stream(**OLD) as stream: await stream.get_final_message()
        await claude.close()

    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        sync()
        asyncio.run(in_async())
    for each in caught:
        print(each.category.__name__, each.filename, each.lineno, file=sys.stderr)
"""


@pytest.fixture(scope="module")
def warned(tmp_path_factory: pytest.TempPathFactory) -> str:
    """The warnings of the program without a recorder."""
    with ScriptedServer([Answer(text="ok")] * 6) as server:
        said = run("\n" + textwrap.dedent(WARNED), server.url, tmp_path_factory.mktemp("nothing"))
    assert said.count("DeprecationWarning <string>") == 3
    return said


@pytest.mark.parametrize(
    "broken",
    ["", 'import os; os.environ["TESSEN_LEAF_FALLBACK"] = "1"', MOVED],
    ids=["trunk", "leaf", "discovered"],
)
def test_warnings_name_the_line_that_they_name_without_the_recorder(
    broken: str, warned: str, tmp_path: Path
) -> None:
    """Python shows most of them only where they name the program's own code."""
    first = "\n".join(map(textwrap.dedent, (broken, START)))
    with ScriptedServer([Answer(text="ok")] * 6) as server:
        said = run(f"exec({first!r})\n{textwrap.dedent(WARNED)}", server.url, tmp_path)
    assert len(events_in(tmp_path)) == 6
    assert said == warned
