"""The ways in which the reading of a stream can end, each with an event that says which."""

from __future__ import annotations

import asyncio
import gc
import time
import weakref
from collections.abc import Callable
from typing import Any

import anthropic
import httpx2
import openai
import pytest

import tessen
from capture.scripted import Answer, ErrorAnswer, ScriptedServer, ToolCall
from tessen import _recorder
from tests.gate import Gate

LONG = Answer(text="one two three four five six seven eight", chunks=8)
HELD = Answer(text="one two three four five six seven eight", chunks=8, chunk_delay=600)
"""Of which only the beginning is there before whoever reads it leaves."""
QUESTION: list[dict[str, Any]] = [{"role": "user", "content": "count"}]


def wait_for(condition: Callable[[], Any], seconds: float = 60.0) -> Any:
    """Wait for what another thread does; a generous end to the waiting, and no fixed pause."""
    end = time.monotonic() + seconds
    while not (found := condition()):
        assert time.monotonic() < end, "waited in vain"
        time.sleep(0.005)
    return found


def messages(client: Any, **more: Any) -> Any:
    return client.messages.create(
        model="claude-haiku-4-5", max_tokens=99, messages=QUESTION, stream=True, **more
    )


def chat(client: Any) -> Any:
    return client.chat.completions.create(model="gpt-5-mini", messages=QUESTION, stream=True)


def responses(client: Any) -> Any:
    return client.responses.create(model="gpt-5-mini", input="count", stream=True)


def text_of(event: dict[str, Any]) -> str:
    body = event["response_body"]
    if "choices" in body:
        return str(body["choices"][0]["message"]["content"])
    if "output" in body:
        return str(body["output"][0]["content"][0]["text"])
    return str(body["content"][0]["text"])


STREAMS = [
    pytest.param("anthropic", messages, id="messages"),
    pytest.param("openai", chat, id="chat"),
    pytest.param("openai", responses, id="responses"),
]


def after_some_content(stream: Any, log: Any, vendor: str) -> None:
    """Read until the first piece of the text has arrived."""
    for item in stream:
        dumped = item.model_dump_json()
        if "one" in dumped:
            return


@pytest.mark.parametrize(("vendor", "ask"), STREAMS)
def test_a_stream_closed_early_is_abandoned(
    vendor: str, ask: Callable[[Any], Any], server: ScriptedServer, clients: Any, log: Any
) -> None:
    server.enqueue(HELD)
    with ask(getattr(clients, vendor)()) as stream:
        after_some_content(stream, log, vendor)
    event = log.one()
    assert (event["status"], event["outcome"]) == ("ok", "abandoned")
    assert event["quality_signals"] == ["stream_abandoned"]
    assert HELD.text is not None
    assert HELD.text.startswith(text_of(event))
    assert len(text_of(event)) < len(HELD.text)
    assert event["chunks_captured"] >= 1


@pytest.mark.parametrize(("vendor", "ask"), STREAMS)
@pytest.mark.parametrize("read_some", [True, False], ids=["half read", "never read"])
def test_a_stream_that_is_dropped_is_abandoned(
    *,
    vendor: str,
    ask: Callable[[Any], Any],
    server: ScriptedServer,
    clients: Any,
    log: Any,
    read_some: bool,
) -> None:
    server.enqueue(HELD)
    stream = ask(getattr(clients, vendor)())
    if read_some:
        after_some_content(stream, log, vendor)
    dropped = weakref.ref(stream.response)
    del stream
    gc.collect()  # openai's streams refer to themselves, so that only the collector frees them
    assert dropped() is None
    (event,) = wait_for(log.events)
    assert (event["status"], event["outcome"]) == ("ok", "abandoned")
    assert event["quality_signals"] == ["stream_abandoned"]
    assert ("response_body" in event) == read_some


@pytest.mark.parametrize(("vendor", "ask"), STREAMS)
def test_an_exception_of_the_programs_own(
    vendor: str, ask: Callable[[Any], Any], server: ScriptedServer, clients: Any, log: Any
) -> None:
    server.enqueue(HELD)
    with pytest.raises(ZeroDivisionError), ask(getattr(clients, vendor)()) as stream:
        for _ in stream:
            raise ZeroDivisionError
    event = log.one()
    assert (event["status"], event["outcome"]) == ("ok", "exception")
    assert event["quality_signals"] == []


def test_an_exception_that_is_older_than_the_call_is_not_its_end(
    server: ScriptedServer, clients: Any, log: Any
) -> None:
    server.enqueue(HELD)
    try:
        raise ValueError("trouble that the call is to mend")
    except ValueError:
        with messages(clients.anthropic()) as stream:
            next(iter(stream))
    assert log.one()["outcome"] == "abandoned"


@pytest.mark.parametrize("helper", [False, True], ids=["iterator", "helper"])
async def test_a_cancelled_task(helper: bool, server: ScriptedServer, clients: Any, log: Any) -> None:
    server.enqueue(Answer(text="a b c d", chunks=4, chunk_delay=30))
    started = asyncio.Event()

    async def ask() -> None:
        client = clients.async_anthropic()
        if helper:
            async with client.messages.stream(
                model="claude-haiku-4-5", max_tokens=99, messages=QUESTION
            ) as stream:
                async for _ in stream:
                    started.set()
        else:
            async for _ in await messages(client):
                started.set()

    task = asyncio.create_task(ask())
    await asyncio.wait_for(started.wait(), 60)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    event = log.one()
    assert (event["status"], event["outcome"], event["quality_signals"]) == ("ok", "cancelled", [])
    await clients.close()


async def test_a_task_cancelled_while_it_does_something_else(
    server: ScriptedServer, clients: Any, log: Any
) -> None:
    server.enqueue(HELD)
    started = asyncio.Event()

    async def ask() -> None:
        async with await messages(clients.async_anthropic()) as stream:
            async for _ in stream:
                started.set()
                await asyncio.Event().wait()

    task = asyncio.create_task(ask())
    await asyncio.wait_for(started.wait(), 60)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert (log.one()["status"], log.one()["outcome"]) == ("ok", "cancelled")
    await clients.close()


async def test_a_call_cancelled_before_its_answer(server: ScriptedServer, clients: Any, log: Any) -> None:
    server.enqueue(Answer(hang=True))
    client = clients.async_openai()
    task = asyncio.create_task(client.chat.completions.create(model="gpt-5-mini", messages=QUESTION))
    await asyncio.to_thread(server.wait_for_requests, 1, 60)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    event = log.one()
    assert (event["status"], event["outcome"]) == ("error", "cancelled")
    assert event["error"]["type"] == "CancelledError"
    assert event["quality_signals"] == []
    assert event["attempts"][0]["status"] is None
    await clients.close()


async def test_an_async_stream_left_by_break(server: ScriptedServer, clients: Any, log: Any) -> None:
    server.enqueue(HELD)
    client = clients.async_openai()
    async with await chat(client) as stream:
        async for _ in stream:
            break
    assert log.one()["outcome"] == "abandoned"
    await clients.close()


@pytest.mark.parametrize(("vendor", "ask"), STREAMS)
def test_a_connection_cut_in_the_middle(
    vendor: str, ask: Callable[[Any], Any], server: ScriptedServer, clients: Any, log: Any
) -> None:
    server.enqueue(Answer(text="one two three four", chunks=4, cut_after=2))
    with pytest.raises((anthropic.APIError, openai.APIError, httpx2.TransportError)):
        list(ask(getattr(clients, vendor)()))
    event = log.one()
    assert event["status"] == "error"
    assert event["error"]["type"] == "RemoteProtocolError"
    assert event["error"]["status_code"] == 200
    assert "peer closed connection" in event["error"]["msg"]
    assert event["quality_signals"] == ["connection_error"]
    assert event["streamed"] is True
    assert "one" in text_of(event)
    assert event["chunks_captured"] >= 2


def test_the_vendor_ends_a_stream_with_an_error(server: ScriptedServer, clients: Any, log: Any) -> None:
    server.enqueue(
        Answer(text="one two three four", chunks=4, cut_after=2, error=ErrorAnswer(529)),
        Answer(text="one two three four", chunks=4, cut_after=2, error=ErrorAnswer(429)),
        Answer(text="one two three four", chunks=4, cut_after=2, error=ErrorAnswer(500)),
    )
    with pytest.raises(anthropic.APIStatusError):
        list(messages(clients.anthropic()))
    with pytest.raises(openai.APIError):
        list(chat(clients.openai()))
    list(responses(clients.openai()))  # its SDK hands the failure over like any other event
    first, second, third = log.events()
    assert [event["status"] for event in log.events()] == ["error"] * 3
    assert first["quality_signals"] == ["overloaded"]
    assert first["error"]["body"]["error"]["type"] == "overloaded_error"
    assert "Traceback" in first["error"]["tb"]
    assert second["quality_signals"] == ["rate_limited"]
    assert second["error"]["type"] == "APIError"
    assert third["quality_signals"] == ["server_error"]
    assert third["response_body"]["status"] == "failed"
    assert "one" in text_of(first)


def test_an_end_without_the_last_event_is_an_error_that_nobody_raised(clients: Any, log: Any) -> None:
    """The SDK takes it for a whole answer: exactly what a log is for."""

    def serve(request: httpx2.Request) -> httpx2.Response:
        start = b'event: message_start\ndata: {"type":"message_start","message":{"id":"m","content":[]}}\n\n'
        return httpx2.Response(
            200, headers={"content-type": "text/event-stream"}, stream=httpx2.ByteStream(start)
        )

    http_client = httpx2.Client(transport=httpx2.MockTransport(serve))
    list(messages(clients.anthropic(http_client=http_client)))
    event = log.one()
    assert event["status"] == "error"
    assert event["error"]["type"] == "IncompleteStream"
    assert event["quality_signals"] == ["connection_error"]


def test_a_stream_that_the_sdk_never_hands_over(clients: Any, log: Any) -> None:
    """It has begun when something between the SDK and the program fails: one event, nothing left behind."""
    responses = []

    def fail_afterwards(request: Any, call_next: Any) -> Any:
        responses.append(call_next(request))
        raise LookupError("in between")

    client = clients.anthropic(middleware=[fail_afterwards])
    with pytest.raises(LookupError):
        messages(client)
    responses.clear()
    gc.collect()
    event = log.one()
    assert (event["status"], event["error"]["type"], event["streamed"]) == ("error", "LookupError", True)
    assert _recorder.active is not None
    assert not _recorder.active._streams


def test_an_event_that_the_sdk_cannot_read(server: ScriptedServer, clients: Any, log: Any) -> None:
    server.enqueue(Answer(text="one two three", malformed=True))
    with pytest.raises(ValueError):
        list(messages(clients.anthropic()))
    event = log.one()
    assert event["status"] == "error"
    assert event["error"]["type"] == "JSONDecodeError"


def test_tool_input_that_is_not_json_is_kept_as_text(server: ScriptedServer, clients: Any, log: Any) -> None:
    server.enqueue(Answer(tool_calls=[ToolCall("find", raw_arguments='{"id": ')]))
    list(messages(clients.anthropic()))
    event = log.one()
    assert event["response_body"]["content"][0]["input"] == '{"id": '
    assert event["quality_signals"] == ["invalid_tool_use_json"]


@pytest.mark.parametrize("encoding", ["gzip", "deflate"])
def test_a_compressed_stream_is_read_all_the_same(encoding: str, clients: Any, log: Any) -> None:
    import gzip
    import zlib

    data = b"".join(
        b'data: {"id":"c","object":"chat.completion.chunk","created":1,"model":"m",'
        b'"choices":[{"index":0,"delta":{"content":"%d "}}]}\n\n' % n
        for n in range(50)
    )
    data += b"data: [DONE]\n\n"
    body = gzip.compress(data) if encoding == "gzip" else zlib.compress(data)

    class Trickle(httpx2.SyncByteStream):
        def __iter__(self) -> Any:
            return (body[at : at + 7] for at in range(0, len(body), 7))

    headers = {"content-type": "text/event-stream", "content-encoding": encoding}
    transport = httpx2.MockTransport(lambda request: httpx2.Response(200, headers=headers, stream=Trickle()))
    read = [
        chunk.choices[0].delta.content
        for chunk in chat(clients.openai(http_client=httpx2.Client(transport=transport)))
    ]
    assert text_of(log.one()) == "".join(read) == "".join(f"{n} " for n in range(50))


def test_memory_of_a_long_stream_stays_near_its_text(log: Any) -> None:
    """What is kept while a stream passes is its text, not its events."""
    import tracemalloc

    from tessen.vendors.openai_chat import ChatAssembler

    assembler = ChatAssembler()
    data = '{"choices":[{"index":0,"delta":{"content":"twenty characters ok"}}]}'
    assembler.feed(None, data)
    tracemalloc.start()
    for _ in range(20_000):
        assembler.feed(None, data)
    kept, _ = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert kept < 2 * 20 * 20_000


def test_streams_left_open_are_recorded_when_recording_ends(
    server: ScriptedServer, clients: Any, log: Any
) -> None:
    server.enqueue(LONG)
    with Gate(server, after=b"one") as gate:
        stream = messages(clients.anthropic(base_url=gate.url))
        after_some_content(stream, log, "anthropic")
        assert log.events() == []
        tessen.shutdown()
        assert log.one()["outcome"] == "abandoned"
        gate.opened.set()
        assert len(list(stream)) > 3  # the program goes on undisturbed
    assert len(log.events()) == 1


@pytest.mark.parametrize(("vendor", "ask"), STREAMS)
def test_a_stream_that_the_users_hook_reads_first_is_complete(
    vendor: str, ask: Callable[[Any], Any], server: ScriptedServer, clients: Any, log: Any
) -> None:
    """A hook of the HTTP client may look at the whole answer; the program then gets what was read."""
    server.enqueue(LONG)
    with httpx2.Client(event_hooks={"response": [lambda response: response.read()]}) as http:
        read = [item.model_dump_json() for item in ask(getattr(clients, vendor)(http_client=http))]
    assert read
    gc.collect()
    event = log.one()
    assert (event["status"], text_of(event)) == ("ok", LONG.text)
    assert "outcome" not in event


def test_an_awaited_stream_that_the_users_hook_reads_first_is_complete(
    server: ScriptedServer, clients: Any, log: Any
) -> None:
    async def hook(response: Any) -> None:
        await response.aread()

    async def run() -> int:
        async with httpx2.AsyncClient(event_hooks={"response": [hook]}) as http:
            return len([item async for item in await messages(clients.async_anthropic(http_client=http))])

    server.enqueue(LONG)
    assert asyncio.run(run())
    gc.collect()
    event = log.one()
    assert (event["status"], text_of(event)) == ("ok", LONG.text)
    assert "outcome" not in event
