"""The matrix of Gemini, Cohere and Mistral: sync and async, plain and both kinds of streaming, real SDKs."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from typing import Any

import cohere
import httpx2
import pytest
from google import genai

import tessen
from capture.scripted import Answer, ErrorAnswer, ToolCall, Usage
from tessen import blocks
from tessen.blocks import Text, Thinking
from tessen.exchange import Exchange
from tests.tessen import sdks
from tests.tessen.sdks import KEYS, MODELS, PLAIN, STREAMED, SURFACES, Kit

ANSWERS = {
    "text": Answer(text="It is on its way — 明日.\nReally.", usage=Usage(input=30, output=9, cache_read=12)),
    "tools": Answer(
        text="Looking.",
        tool_calls=[ToolCall("find", {"order_id": "A-17", "n": 1.5}), ToolCall("noop", {})],
        usage=Usage(input=30, output=9),
    ),
    "thinking": Answer(thinking="Let me see.", text="Done.", usage=Usage(input=30, output=9, reasoning=4)),
}
COMMON = (
    "event_id session_id agent_name ts _tessen_tier provider surface call_type http_method http_url "
    "call_site duration_ms request_body streamed status"
)
IDS = ("id", "responseId", "created")
each_vendor = pytest.mark.parametrize("vendor", PLAIN)


@pytest.fixture(scope="module")
def kit() -> Iterator[Kit]:
    kit = Kit()
    yield kit
    kit.close()


def without_ids(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: without_ids(item) for key, item in value.items() if key not in IDS}
    return [without_ids(item) for item in value] if isinstance(value, list) else value


@pytest.mark.parametrize("kind", ANSWERS)
@each_vendor
def test_a_streamed_answer_is_recorded_as_the_same_answer_in_one_piece(
    vendor: str, kind: str, kit: Kit, log: Any
) -> None:
    ways = PLAIN[vendor] + STREAMED[vendor]
    kit.server.enqueue(*[ANSWERS[kind]] * len(ways))
    for ask in ways:
        ask(kit)
    events = log.events()
    bodies = [event.get("casted_response") or event["response_body"] for event in events]
    assert [without_ids(body) for body in bodies] == [without_ids(bodies[0])] * 6
    assert [event["usage"] for event in events] == [events[0]["usage"]] * 6
    assert [event["usage"]["input_tokens"] for event in events] == [30] * 6
    assert [event["status"] for event in events] == ["ok"] * 6
    assert [event["quality_signals"] for event in events] == [[]] * 6


@each_vendor
def test_usage_is_counted_as_everywhere(vendor: str, kit: Kit, log: Any) -> None:
    """Input includes what came from the cache, output includes the thinking."""
    kit.server.enqueue(ANSWERS["text"], ANSWERS["thinking"])
    PLAIN[vendor][0](kit)
    STREAMED[vendor][0](kit)
    cached, thought = (event["usage"] for event in log.events())
    assert (cached["input_tokens"], cached["cache_read_tokens"], cached["output_tokens"]) == (30, 12, 9)
    assert (thought["input_tokens"], thought["output_tokens"]) == (30, 9)
    assert thought["reasoning_tokens"] == (4 if vendor == "google_gemini" else 0)


@each_vendor
def test_the_shape_of_an_event(vendor: str, kit: Kit, log: Any) -> None:
    ways = PLAIN[vendor] + STREAMED[vendor]
    kit.server.enqueue(*[ANSWERS["text"]] * len(ways))
    for ask in ways:
        ask(kit)
    events = log.events()
    for event, received in zip(events, kit.server.requests[-len(ways) :], strict=True):
        streamed = event["streamed"]
        variant = "response_body chunks_captured response_headers ttft_ms" if streamed else ""
        variant = variant or "casted_response response_headers"
        assert " ".join(event) == f"{COMMON} {variant} usage model v quality_signals"
        assert event["request_body"] == received.json
        assert (event["provider"], event["model"]) == (vendor, MODELS[vendor])
        assert event["surface"] == SURFACES[vendor][streamed]
        query = f"?{received.query}" if received.query else ""
        assert event["http_url"] == f"{kit.server.url}{received.path}{query}"
        assert (event["http_method"], event["_tessen_tier"], event["v"]) == ("POST", 1, 2)
        assert event["call_site"]["file"] == sdks.__file__
        assert not streamed or 0 < event["ttft_ms"] <= event["duration_ms"]
        assert not streamed or event["chunks_captured"] > 1
    assert [event["streamed"] for event in events] == [False] * 2 + [True] * 4


STATUSES = {
    400: "invalid_request",
    401: "auth_error",
    403: "permission_denied",
    404: "not_found",
    409: "conflict",
    418: "client_error",
    422: "unprocessable",
    429: "rate_limited",
    500: "server_error",
    529: "overloaded",
}


@pytest.mark.parametrize("status", STATUSES)
@each_vendor
def test_every_http_error_is_one_with_the_sdks_own_exception(
    vendor: str, status: int, kit: Kit, log: Any
) -> None:
    ways = PLAIN[vendor] + STREAMED[vendor]
    raised = []
    kit.server.enqueue(*[ErrorAnswer(status, retry_after=0)] * len(ways))
    for n, ask in enumerate(ways, 1):
        with pytest.raises(Exception) as caught:
            ask(kit)
        raised.append(caught.value)
        assert len(log.events()) == n, "the event is there when the program gets the exception"
    for event, problem in zip(log.events(), raised, strict=True):
        error = event["error"]
        assert event["status"] == "error"
        assert (error["type"], error["status_code"]) == (type(problem).__name__, status)
        assert error["msg"] == str(problem)
        assert type(problem).__name__ in error["tb"]
        assert isinstance(error["body"], dict)
        assert event["quality_signals"] == [STATUSES[status]]
        assert event["model"] == MODELS[vendor]
        assert [attempt["status"] for attempt in event["attempts"]] == [status]
    assert [event["surface"] for event in log.events()] == [SURFACES[vendor][n >= 2] for n in range(6)]


@each_vendor
def test_no_server_at_all(vendor: str, log: Any) -> None:
    lost = Kit()
    lost.server.__exit__(None, None, None)
    for ask in (PLAIN[vendor][0], STREAMED[vendor][1]):
        with pytest.raises(Exception):  # noqa: B017 - each SDK has its own
            ask(lost)
    assert [event["quality_signals"] for event in log.events()] == [["connection_error"]] * 2
    assert [event["error"]["status_code"] for event in log.events()] == [None] * 2
    assert log.last()["attempts"][0]["error"]


@each_vendor
def test_an_answer_that_is_no_json(vendor: str, kit: Kit, log: Any) -> None:
    kit.server.enqueue(Answer(text="hello", malformed=True))
    with pytest.raises(Exception):  # noqa: B017 - each SDK has its own
        PLAIN[vendor][0](kit)
    event = log.one()
    assert event["quality_signals"] == []
    if vendor != "google_gemini":  # whose SDK parses outside its base client
        assert event["status"] == "error"


SOUND = ToolCall("find", {"order_id": "A-1"})
BROKEN = ToolCall("find", raw_arguments='{"order_id": "A-1')
FIRING = {
    "empty_content_on_stop": Answer(empty=True),
    "truncated_response": Answer(text="It is", stop="max_tokens"),
    "invalid_tool_call_json": Answer(text="Looking.", tool_calls=[BROKEN]),
    "thinking_only_no_output": Answer(thinking="Hm.", stop="stop_sequence"),
}
QUIET = {
    "a tool call without text": Answer(tool_calls=[SOUND]),
    "thinking and a tool call": Answer(thinking="Hm.", tool_calls=[SOUND]),
    "thinking and text": Answer(thinking="Hm.", text="Yes."),
    "a tool without arguments": Answer(tool_calls=[ToolCall("now")]),
    "escapes in arguments": Answer(tool_calls=[ToolCall("find", {"a": '"\\é月'})]),
    "a stop sequence": Answer(text="and", stop="stop_sequence"),
}


@pytest.mark.parametrize("signal", FIRING)
@each_vendor
def test_what_triggers_a_signal(vendor: str, signal: str, kit: Kit, log: Any) -> None:
    kit.server.enqueue(*[FIRING[signal]] * 2)
    PLAIN[vendor][0](kit)
    STREAMED[vendor][0](kit)
    both = signal == "thinking_only_no_output" and vendor != "cohere"  # who alone tells a stop sequence
    expected = ["empty_content_on_stop", signal] if both else [signal]
    assert [event["quality_signals"] for event in log.events()] == [expected] * 2
    assert [event["status"] for event in log.events()] == ["ok"] * 2


@pytest.mark.parametrize("case", QUIET)
@each_vendor
def test_what_nearly_triggers_a_signal(vendor: str, case: str, kit: Kit, log: Any) -> None:
    kit.server.enqueue(*[QUIET[case]] * 2)
    PLAIN[vendor][0](kit)
    STREAMED[vendor][0](kit)
    assert [event["quality_signals"] for event in log.events()] == [[]] * 2


@pytest.mark.parametrize(
    "answer",
    [
        Answer(refusal="I will not."),
        Answer(text="I", stop="content_filter"),
        Answer(empty=True, stop="content_filter"),
    ],
    ids=["safety", "prohibited content", "a blocked prompt"],
)
def test_geminis_refusals(answer: Answer, kit: Kit, log: Any) -> None:
    kit.server.enqueue(answer, answer)
    PLAIN["google_gemini"][0](kit)
    STREAMED["google_gemini"][0](kit)
    assert [event["quality_signals"] for event in log.events()] == [["refusal"]] * 2
    plain, streamed = log.events()
    assert without_ids(streamed["response_body"]) == without_ids(plain["casted_response"])


@pytest.mark.parametrize("vendor", ["cohere", "mistral"])
def test_an_answer_that_ends_as_an_error_under_http_200(vendor: str, kit: Kit, log: Any) -> None:
    kit.server.enqueue(*[Answer(text="I", stop="failed")] * 2)
    PLAIN[vendor][0](kit)
    STREAMED[vendor][0](kit)
    for event in log.events():
        assert (event["status"], event["quality_signals"]) == ("error", ["server_error"])
        assert "I" in str(event["response_body"])


@each_vendor
def test_a_stream_closed_early_is_abandoned(vendor: str, kit: Kit, log: Any) -> None:
    kit.server.enqueue(Answer(text="word " * 200, chunks=100))
    stream = {
        "google_gemini": lambda: kit.gemini.models.generate_content_stream(**sdks.gemini()),
        "cohere": lambda: kit.cohere.chat_stream(**sdks.chat_v2()),
        "mistral": lambda: iter(kit.mistral.chat.stream(**sdks.mistral())),
    }[vendor]()
    for _ in range(4):
        next(stream)
    del stream
    event = log.one()
    assert (event["outcome"], event["quality_signals"]) == ("abandoned", ["stream_abandoned"])
    assert "word" in str(event["response_body"])


@each_vendor
def test_an_exception_of_the_programs_own(vendor: str, kit: Kit, log: Any) -> None:
    kit.server.enqueue(Answer(text="word " * 200, chunks=100))
    manager = {
        "google_gemini": lambda: sdks.closing(kit.gemini.models.generate_content_stream(**sdks.gemini())),
        "cohere": lambda: kit.cohere.with_raw_response.chat_stream(**sdks.chat_v2()),
        "mistral": lambda: kit.mistral.chat.stream(**sdks.mistral()),
    }[vendor]()
    with pytest.raises(LookupError), manager as stream:
        next(iter(getattr(stream, "data", stream)))
        raise LookupError("mine")
    event = log.one()
    assert (event["outcome"], event["status"]) == ("exception", "ok")


@each_vendor
def test_a_cancelled_task(vendor: str, kit: Kit, log: Any) -> None:
    kit.server.enqueue(Answer(text="word " * 20, cut_after=1, hang=True))

    async def cancel() -> None:
        reading = asyncio.Event()
        task = asyncio.create_task(sdks.read_async(vendor, kit, reading.set))
        await reading.wait()
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task

    kit.run(cancel())
    assert log.one()["outcome"] == "cancelled"
    assert log.one()["surface"] == SURFACES[vendor][1]


@each_vendor
def test_a_stream_cut_in_the_middle(vendor: str, kit: Kit, log: Any) -> None:
    kit.server.enqueue(Answer(text="word " * 20, chunks=9, cut_after=4))
    with pytest.raises(Exception):  # noqa: B017 - each SDK has its own
        STREAMED[vendor][0](kit)
    event = log.one()
    assert (event["status"], event["quality_signals"]) == ("error", ["connection_error"])
    assert "word" in str(event["response_body"])


@each_vendor
def test_the_vendor_ends_a_stream_with_an_error(vendor: str, kit: Kit, log: Any) -> None:
    kit.server.enqueue(Answer(text="word " * 20, cut_after=2, error=ErrorAnswer(503)))
    try:
        STREAMED[vendor][0](kit)
    except Exception as problem:
        assert vendor != "cohere", problem
    event = log.one()
    assert event["status"] == "error"
    assert event["quality_signals"] == [{"mistral": "rate_limited"}.get(vendor, "server_error")]
    assert event["error"]["body"]
    assert "word" in str(event["response_body"])


def test_a_retry_that_the_program_never_saw(kit: Kit, log: Any) -> None:
    kit.server.enqueue(ErrorAnswer(503, retry_after=0.01), Answer(text="ok"))
    kit.cohere.chat(**sdks.chat_v2(request_options={"max_retries": 1}))
    event = log.one()
    assert [attempt["status"] for attempt in event["attempts"]] == [503, 200]
    assert event["attempts"][0]["retry_after_s"] == 0.01
    assert event["quality_signals"] == ["silent_retry"]


def test_other_operations_are_recorded_as_such(kit: Kit, log: Any) -> None:
    kit.gemini.models.embed_content(model="gemini-embedding-001", contents=["a", "b"])
    kit.gemini.models.count_tokens(model="gemini-2.5-flash", contents="a")
    kit.gemini.models.get(model="gemini-2.5-flash")
    kit.cohere.embed(model="embed-v4.0", texts=["a"], input_type="search_query", embedding_types=["float"])
    kit.cohere.rerank(model="rerank-v3.5", query="q", documents=["a", "b"])
    kit.mistral.embeddings.create(model="mistral-embed", inputs=["a"])
    kit.mistral.models.list()
    events = log.events()
    assert [event["surface"] for event in events] == [
        *("models.embed_content", "models.count_tokens", "models.retrieve", "embed", "rerank"),
        *("embeddings.create", "models.list"),
    ]
    assert [event["model"] for event in events if "model" in event] == [
        *("gemini-embedding-001", "gemini-2.5-flash", "embed-v4.0", "rerank-v3.5", "mistral-embed"),
    ]
    assert [event["surface"] for event in events if "usage" in event] == ["embed", "embeddings.create"]
    assert {tuple(event["quality_signals"]) for event in events} == {()}


def test_filling_in_the_middle(kit: Kit, log: Any) -> None:
    kit.server.enqueue(Answer(text="return 1"), Answer(text="return 1"))
    kit.mistral.fim.complete(model="codestral-latest", prompt="def one():")
    list(kit.mistral.fim.stream(model="codestral-latest", prompt="def one():"))
    plain, streamed = log.events()
    assert (plain["surface"], streamed["surface"]) == ("fim.complete", "fim.stream")
    assert without_ids(streamed["response_body"]) == without_ids(plain["casted_response"])


def test_no_key_in_any_byte(kit: Kit, log: Any) -> None:
    for ways in (*PLAIN.values(), *STREAMED.values()):
        kit.server.enqueue(Answer(text=" ".join(KEYS)), ErrorAnswer(401, message=" ".join(KEYS)))
        ways[0](kit)
        with pytest.raises(Exception):  # noqa: B017 - each SDK has its own
            ways[0](kit)
    written = b"\n".join(log.lines())
    assert len(log.events()) == 12
    for vendor, key in zip(PLAIN, KEYS, strict=True):
        lines = [line for line in log.lines() if f'"provider":"{vendor}"'.encode() in line]
        assert len(lines) == 4
        assert not any(key.encode() in line for line in lines)
    assert b"[redacted]" in written


@each_vendor
def test_the_inspector_reads_what_was_recorded(vendor: str, kit: Kit, log: Any) -> None:
    answer = Answer(thinking="Hm.", text="Looking.", tool_calls=[SOUND], usage=Usage(input=30, output=9))
    kit.server.enqueue(answer, answer)
    PLAIN[vendor][0](kit)
    STREAMED[vendor][0](kit)
    for event in log.events():
        seen = Exchange.from_event(event)
        (said,) = seen.answers
        thoughts = [block.text for block in said.blocks if isinstance(block, Thinking)]
        texts = [block.text for block in said.blocks if isinstance(block, Text)]
        (call,) = [block for block in said.blocks if isinstance(block, blocks.ToolCall)]
        assert sorted(thoughts + texts) == ["Hm.", "Looking."]
        assert (call.name, call.arguments, call.valid) == ("find", {"order_id": "A-1"}, True)
        assert seen.request.messages[0].blocks == (Text(sdks.QUESTION),)
        assert seen.request.tools[0].name == "find"
        assert (seen.model, seen.usage and seen.usage.input_tokens) == (MODELS[vendor], 30)
        assert seen.stop_reason


def test_the_inspector_shows_why_gemini_could_not_call_a_tool(kit: Kit, log: Any) -> None:
    kit.server.enqueue(Answer(tool_calls=[BROKEN]))
    PLAIN["google_gemini"][0](kit)
    (said,) = Exchange.from_event(log.one()).answers
    assert said.stop_reason == "MALFORMED_FUNCTION_CALL"
    assert "A-1" in str(said.blocks)


@pytest.mark.parametrize(
    ("address", "body", "vendor", "surface"),
    [
        (
            "https://generativelanguage.googleapis.com/v1beta/models/gemini-2.5-pro:generateContent",
            {"contents": []},
            "google_gemini",
            "models.generate_content",
        ),
        ("https://api.cohere.com/v2/chat", {"model": "m"}, "cohere", "chat"),
        ("https://api.mistral.ai/v1/chat/completions", {"model": "m"}, "mistral", "chat.complete"),
        ("https://api.mistral.ai/v1/agents/completions", {"agent_id": "a"}, "mistral", "agents.complete"),
        (
            "https://api.groq.com/openai/v1/chat/completions",
            {"model": "m"},
            "openai",
            "chat.completions.create",
        ),
    ],
)
def test_an_address_tells_the_vendor_where_no_sdk_does(
    address: str, body: Any, vendor: str, surface: str, log: Any
) -> None:
    answer = httpx2.Response(200, json={"modelVersion": "gemini-2.5-pro-001"})
    client = httpx2.Client(transport=httpx2.MockTransport(lambda request: answer))
    client.post(address, json=body, headers={"authorization": "Bearer 0123456789-a-secret"})
    event = log.one()
    assert (event["provider"], event["surface"], event["_tessen_tier"]) == (vendor, surface, 3)
    assert event["http_url"] == address
    assert event.get("model") == ("gemini-2.5-pro-001" if vendor == "google_gemini" else body.get("model"))


def test_gemini_awaited_through_every_library(kit: Kit, log: Any) -> None:
    """It takes aiohttp where that is installed, or a client of the program's own."""
    options = {"base_url": kit.server.url, "httpx_async_client": httpx2.AsyncClient()}
    own = genai.Client(api_key=sdks.GEMINI_KEY, http_options=options)

    async def ask(client: Any) -> None:
        await client.models.generate_content(**sdks.gemini())
        async for _ in await client.models.generate_content_stream(**sdks.gemini()):
            pass
        await client.models.embed_content(model="gemini-embedding-001", contents="a")

    for client in (kit.gemini.aio, own.aio):
        kit.run(ask(client))
    assert [event["surface"] for event in log.events()] == [
        *("models.generate_content", "models.generate_content_stream", "models.embed_content")
    ] * 2
    assert all(event.get("casted_response") or event["response_body"] for event in log.events())
    assert {event["_tessen_tier"] for event in log.events()} == {1}


def test_an_http_error_over_which_nobody_raises(kit: Kit, log: Any) -> None:
    """Its event waits for an exception, but not for ever."""
    kit.server.enqueue(ErrorAnswer(500), ErrorAnswer(429), Answer(text="ok"))
    base = kit.cohere._client_wrapper.httpx_client
    request = {"model": "command-a-03-2025", "messages": sdks.MESSAGES}
    for _ in range(2):
        base.request("v2/chat", method="POST", json=request, request_options=sdks.ONCE)
    PLAIN["cohere"][0](kit)
    kit.server.enqueue(ErrorAnswer(400))
    base.request("v2/chat", method="POST", json=request, request_options=sdks.ONCE)
    tessen.shutdown()
    statuses = [(event.get("error") or {}).get("status_code") for event in log.events()]
    assert statuses == [500, 429, None, 400]


def test_an_exception_made_for_another_call_is_not_this_ones(kit: Kit, log: Any) -> None:
    cohere.BadRequestError(body={"message": "made by the program"})
    kit.server.enqueue(ErrorAnswer(429))
    with pytest.raises(cohere.TooManyRequestsError):
        PLAIN["cohere"][0](kit)
    cohere.BadRequestError(body={"message": "made by the program"})
    assert log.one()["error"]["type"] == "TooManyRequestsError"


@each_vendor
def test_the_program_sees_the_same_with_recording_on_and_off(vendor: str, kit: Kit, log: Any) -> None:
    def see() -> list[str]:
        kit.server.enqueue(*[Answer(text="ok", usage=Usage(input=1, output=1))] * 6, *[ErrorAnswer(429)] * 6)
        seen = []
        for ask in (PLAIN[vendor] + STREAMED[vendor]) * 2:
            try:
                result = ask(kit)
            except Exception as problem:
                result = problem
            seen.append(f"{type(result)} {[type(item) for item in result] if type(result) is list else ''}")
        return seen

    recorded = see()
    assert len(log.events()) == 12
    tessen.shutdown()
    assert see() == recorded
