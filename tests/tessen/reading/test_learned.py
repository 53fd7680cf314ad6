"""Lines that are read as one like them was: whoever wrote them, and whatever somebody made of them."""

from __future__ import annotations

import json
import random
from collections.abc import Iterator
from typing import Any

import pytest

from tessen import _event
from tessen._frames import CallSite
from tessen.reading import scan as scan_module
from tessen.reading.facts import facts_of
from tessen.reading.learned import Learned
from tessen.reading.parse import Tally, events_of
from tessen.reading.scan import scan
from tessen.usage import Usage
from tests.tessen.reading.test_mend import GEMINI, old, wrapped

Json = dict[str, Any]


@pytest.fixture(autouse=True)
def eager(monkeypatch: pytest.MonkeyPatch) -> None:
    """Learn from the first line of a kind, not only from the hundredth."""
    monkeypatch.setattr(scan_module, "_learned", Learned(credit=10**9))


def message(words: str, tokens: int = 25, *, stop: str = "end_turn", tool: Any = None) -> Json:
    """An answer of Anthropic's."""
    content: list[Json] = [{"citations": None, "text": words, "type": "text"}]
    if tool is not None:
        content.append({"id": "toolu_1", "input": tool, "name": "search", "type": "tool_use"})
    usage = {
        "cache_creation": {"ephemeral_1h_input_tokens": 0, "ephemeral_5m_input_tokens": 0},
        "cache_creation_input_tokens": 7,
        "cache_read_input_tokens": tokens * 2,
        "input_tokens": tokens,
        "output_tokens": 10,
        "service_tier": "standard",
    }
    answer = {"id": f"msg_{tokens}", "content": content, "model": "claude-sonnet-4-5"}
    return {**answer, "role": "assistant", "stop_reason": stop, "type": "message", "usage": usage}


def completion(words: str | None, tokens: int = 25, *, arguments: str | None = None) -> Json:
    """An answer of chat completions."""
    call = {"id": "call_1", "function": {"arguments": arguments, "name": "search"}, "type": "function"}
    calls = None if arguments is None else [call]
    choice = {"finish_reason": "stop", "index": 0, "message": {"content": words, "tool_calls": calls}}
    usage = {"completion_tokens": 5, "prompt_tokens": tokens, "prompt_tokens_details": {"cached_tokens": 3}}
    return {"id": "chatcmpl", "choices": [choice], "created": tokens, "model": "gpt-5-mini", "usage": usage}


def ours(answer: Json, **changes: Any) -> bytes:
    """A call as our recorder writes it."""
    body = json.dumps(answer, separators=(",", ":")).encode()
    event = _event.Event(
        event_id="07a0b2ce624441cb95e4af255d86796c",
        session_id="1" * 32,
        agent_name="support",
        ts=1_795_436_583.16,
        tier=1,
        provider="anthropic",
        surface="messages.create",
        http_method="POST",
        http_url="https://api.anthropic.com/v1/messages",
        call_site=CallSite("/srv/agent.py", 7, "f"),
        duration_ms=58.7,
        request_body=b'{"model":"m","messages":[]}',
        streamed=False,
        error=None,
        casted_response=body,
        response_body=None,
        response_headers={"request-id": str(random.Random(len(body)).random())},
        chunks_captured=None,
        model="m",
        usage=Usage(100, 20, 30, 0, 0),
        ttft_ms=None,
        attempts=(),
        outcome="complete",
        quality_signals=(),
    )
    return _event.line(event._replace(**changes))


def released(answer: Json, provider: str = "anthropic", **changes: Any) -> bytes:
    """The same as 0.4.0 writes it."""
    return json.dumps(old(provider, answer, **changes)).encode()


def learn(*lines: bytes) -> None:
    for line in (*lines, *lines):
        scan(line)


TOOL_FAILED = json.dumps(
    {
        "messages": [
            {"role": "assistant", "content": [{"type": "tool_use", "id": "t", "name": "look", "input": {}}]},
            {"role": "user", "content": [{"type": "tool_result", "tool_use_id": "t", "is_error": True}]},
        ]
    },
    separators=(",", ":"),
).encode()

ALIKE: dict[str, tuple[bytes, bytes]] = {
    "ours": (
        ours(message("one")),
        ours(message("two words", 31), usage=Usage(7, 8, 9, 10, 11), request_body=TOOL_FAILED),
    ),
    "ours, a tool": (
        ours(message("one", tool={"q": "tea", "n": [1, 2]})),
        ours(message("other", 7, tool={"limit": 5, "of": {"a": None}})),
    ),
    "ours, streamed": (
        ours(message("one"), streamed=True, ttft_ms=12.5, chunks_captured=3),
        ours(message("2"), streamed=True, ttft_ms=9.25, chunks_captured=12),
    ),
    "anthropic": (released(message("one")), released(message('\u00fc 2\n"x"', 31))),
    "anthropic, a tool": (
        released(message("one", tool={"q": "tea"})),
        released(message("other", 7, tool={"b": "\u2028", "a": 1.5})),
    ),
    "anthropic, cut off": (
        released(message("one", stop="max_tokens")),
        released(message("more", stop="max_tokens")),
    ),
    "openai": (released(completion("one"), "openai"), released(completion("two", 9), "openai")),
    "openai, a tool": (
        released(completion(None, arguments='{"q": "tea"}'), "openai"),
        released(completion(None, 9, arguments='{"q": "x", "n": 3}'), "openai"),
    ),
}


@pytest.mark.parametrize("kind", ALIKE)
def test_a_line_is_read_once_two_like_it_were_parsed(kind: str) -> None:
    first, other = ALIKE[kind]
    learn(first)
    for line in (first, other):
        assert scan(line) == facts_of(json.loads(line), len(line))


DIFFERENT: dict[str, tuple[bytes, bytes]] = {
    "an answer that says nothing": (released(message("one")), released(message(" \n"))),
    "one that begins with a strange space": (released(message("one")), released(message("\u2003"))),
    "another stop": (released(message("one")), released(message("one", stop="refusal"))),
    "a part of a batch": (
        released(message("one")),
        released(message("one")).replace(b'"standard"', b'"batch"'),
    ),
    "kept for an hour": (
        ours(message("one")),
        ours(message("one")).replace(b'"ephemeral_1h_input_tokens":0', b'"ephemeral_1h_input_tokens":9'),
    ),
    "arguments that are no JSON": (
        released(completion(None, arguments='{"q": "tea"}'), "openai"),
        released(completion(None, arguments='{"q": "te'), "openai"),
    ),
    "two different answers": (
        released(message("one")),
        json.dumps({**old(answer=message("one")), "casted_response": message("x")}).encode(),
    ),
    "an HTTP error called ok": (
        released(message("one")),
        released(message("one")).replace(b'"streamed"', b'"response_status": 429, "streamed"'),
    ),
    "an error beside": (
        released(message("one")),
        released(message("one")).replace(b'"status"', b'"error": {"type": "X"}, "status"'),
    ),
    "a marker for the cache": (
        released({**message("one"), "usage": {"input_tokens": 3, "cache_read_input_tokens": 0}}),
        released(
            {**message("one"), "usage": {"input_tokens": 3, "cache_read_input_tokens": 0}},
            request_body={"cache_control": {"type": "ephemeral"}, "messages": []},
        ),
    ),
    "Gemini's, in a string": (
        released(wrapped(GEMINI), "google_gemini"),
        released(wrapped({**GEMINI, "modelVersion": "other"}), "google_gemini"),
    ),
}


@pytest.mark.parametrize("kind", DIFFERENT)
def test_a_line_that_says_something_else_is_not_taken_for_one_like_it(kind: str) -> None:
    first, other = DIFFERENT[kind]
    learn(first)
    for _ in range(3):
        assert scan(other) in (None, facts_of(json.loads(other), len(other)))


def test_nothing_is_learned_before_enough_was_parsed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(scan_module, "_learned", Learned())
    line = ours(message("one"))
    read = [scan(line) is not None for _ in range(200)]
    assert not any(read[:100])
    assert all(read[120:])


HOSTILE: tuple[Any, ...] = (
    *(
        None,
        True,
        False,
        0,
        -1,
        1.5,
        10**30,
        "",
        " ",
        "\u2028",
        "x",
        '"',
        "\\",
        "\ud800",
        [],
        {},
        [1],
        {"a": {}},
    ),
    *("error", "batch", "end_turn", "refusal", 'a "streamed":true b', {"streamed": True, "status": "error"}),
    {"usage": {"input_tokens": 5}, "model": "other", "quality_signals": ["x"]},
    {"type": "tool_use", "name": "n", "input": {"request_body": 1}},
)


def places(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """The path to each value in a JSON value."""
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, inner in items:
        yield (*path, key)
        yield from places(inner, (*path, key))


def altered(rng: random.Random, event: Json) -> Json:
    """The event, with one value of it replaced, gone, moved to the end or with a strange neighbour."""
    event = json.loads(json.dumps(event))
    *way, last = rng.choice(list(places(event)))
    inside = event
    for step in way:
        inside = inside[step]
    change = rng.randrange(4)
    if change == 0 or isinstance(inside, list):
        inside[last] = rng.choice(HOSTILE)
    elif change == 1:
        del inside[last]
    elif change == 2:
        inside[last] = inside.pop(last)
    else:
        name = rng.choice(["usage", "model", "streamed", "status", "error", "v", "ts", "body", "name", "x"])
        inside[name] = rng.choice(HOSTILE)
    return event


def torn(rng: random.Random, line: bytes) -> bytes:
    """The line, cut and glued, with members twice, with odd spaces or numbers that are none."""
    at = rng.randrange(20, len(line))
    return rng.choice(
        [
            line[:at],
            line[:at] + line,
            line + line,
            line[:-1] + b', "ts": 7.5, "agent_name": "twice"}',
            line.replace(b": ", b" : ").replace(b", ", b" ,\t"),
            line.replace(b"10", b"NaN"),
            line.replace(b'"usage"', b'"usage": {"input_tokens": 1, "output_tokens": 2}, "usage"', 1),
            line.replace(b'"streamed"', b'"streamed": true, "streamed"', 1),
            line[:at] + b"\xff\x00" + line[at:],
        ]
    )


@pytest.mark.parametrize("kind", ALIKE)
def test_whatever_is_made_of_a_line_it_is_read_as_parsing_reads_it_or_not_at_all(
    kind: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(scan_module, "_learned", Learned(credit=1_500))  # enough for a dozen kinds of lines
    rng = random.Random(kind)
    lines = ALIKE[kind]
    learn(*lines)
    separators = (",", ":") if kind.startswith("ours") else (", ", ": ")
    read = 0
    for _ in range(120):
        changed = altered(rng, json.loads(rng.choice(lines)))
        line = json.dumps(changed, separators=separators).encode()
        read += agrees(line)
        agrees(torn(rng, line), trusted=line)
    assert read > 10  # a change within what is free is read


def agrees(line: bytes, trusted: bytes = b"") -> bool:
    """Whether a line is read; if so, as parsing reads it.

    That the request is JSON is not checked: a line that is torn there may be read, if its ends are a line's.
    """
    for _ in range(3):
        found = scan(line)
        if found is None:
            continue
        parsed = [facts_of(event, len(line)) for event in events_of(line, Tally())]
        assert parsed == [found] or (trusted and not parsed and is_broken_in_request(line))
    return found is not None


def is_broken_in_request(line: bytes) -> bool:
    """Whether a line is JSON but for its request."""
    start, stop = line.index(b'"request_body":') + 15, line.rindex(b'"streamed":')
    try:
        json.loads(line[:start] + b"0," + line[stop:])
    except ValueError:
        return False
    return True
