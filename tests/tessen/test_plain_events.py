"""Streams of events that no vendor's file takes apart: what of them is one text, and how they end."""

from __future__ import annotations

import json
from typing import Any

import openai
import pytest

from tessen._plain_events import MOST_KEPT, PlainEvents
from tests.tessen.saying import Saying, data_of


def kept(*events: Any, named: str | None = None) -> Any:
    plain = PlainEvents()
    for event in events:
        plain.feed(named, json.dumps(event))
    return plain.body()


def choice(index: int, text: str, **more: Any) -> dict[str, Any]:
    return {"id": "c", "choices": [{"index": index, "text": text, "logprobs": None}], **more}


def test_pieces_of_one_text_are_joined() -> None:
    assert kept({"type": "d", "delta": "a"}, {"type": "d", "delta": "b"}) == [{"type": "d", "delta": "ab"}]
    assert kept(choice(0, "a"), choice(1, "x"), choice(0, "b"), choice(1, "y")) == [
        choice(0, "ab"),
        choice(1, "xy"),
    ]


def test_what_is_told_beside_the_text_keeps_no_pieces_apart() -> None:
    """The first piece often says who speaks, and the last why no more follows."""
    first = {**choice(0, "sk-"), "event_id": "1", "role": "assistant"}
    second = {**choice(0, "ant"), "event_id": "2", "sequence_number": 2}
    third = {"id": "c", "choices": [{"index": 0, "text": "-key", "finish_reason": "stop"}], "usage": {"n": 1}}
    (joined,) = kept(first, second, third)
    assert joined == {
        "id": "c",
        "choices": [{"index": 0, "text": "sk-ant-key", "logprobs": None, "finish_reason": "stop"}],
        **{"event_id": "2", "sequence_number": 2, "role": "assistant", "usage": {"n": 1}},
    }


@pytest.mark.parametrize(
    "other",
    [
        {"type": "d", "item_id": "2", "delta": "b"},
        {"type": "d", "item_id": "1", "delta": {"text": "b"}},
        {"type": "d", "item_id": "1", "delta": "b", "text": "c"},
        {"type": "e", "item_id": "1", "delta": "b"},
        {"type": "d", "item_id": "1", "delta": "b", "more": "m" * 5000},
        {"type": "d", "item_id": "1"},
        ["b"],
        "b",
        None,
    ],
)
def test_what_belongs_to_something_else_stays_apart(other: Any) -> None:
    first = {"type": "d", "item_id": "1", "delta": "a"}
    assert kept(first, other) == [first, other]


def test_lists_of_other_lengths_lose_no_text() -> None:
    one, two = {"text": "a"}, {"text": "b", "of": [1, 2]}
    assert kept([one, {"n": 1}], [two], [{"text": "c"}, {"n": 2}, 3]) == [
        [{"text": "abc", "of": [1, 2]}, {"n": 2}]
    ]


def test_an_event_that_is_nested_deeply_is_kept() -> None:
    deep = "[" * 900 + "]" * 900
    plain = PlainEvents()
    plain.feed(None, deep)
    plain.feed(None, '{"text":"a"}')
    assert plain.body()[1:] == [{"text": "a"}]


def test_a_name_that_the_data_does_not_say_is_kept() -> None:
    assert kept({"object": "x", "text": "a"}, named="x") == [{"object": "x", "text": "a"}]
    assert kept({"text": "a"}, {"text": "b"}, named="x") == [{"event": "x", "data": {"text": "ab"}}]


def test_data_that_is_not_json_is_kept_as_text() -> None:
    plain = PlainEvents()
    for data in ("one", "[" * 5000, '{"text":"a"}'):
        plain.feed(None, data)
    assert plain.body() == ["one", "[" * 5000, {"text": "a"}]


def test_what_is_cut_is_counted_and_ends_in_a_whole_word() -> None:
    plain = PlainEvents()
    for text in ("some words ", "w" * (MOST_KEPT - 700), "w" * 700, " and more"):
        plain.feed(None, json.dumps({"text": text}))
    assert (plain.cut, plain.chunks) == (True, 4)
    assert plain.body() == [{"text": "some words "}]


def ask(saying: Saying) -> Any:
    client = openai.OpenAI(base_url=f"{saying.url}/v1", api_key="key-of-the-test-1", max_retries=0)
    return client.completions.create(model="m", prompt="hello", stream=True)


def test_a_stream_that_ends_with_its_mark(saying: Saying, log: Any) -> None:
    """The SDK stops at the mark, and does not read the end of the body."""
    saying.say("text/event-stream", data_of(choice(0, "a"), choice(0, "b")), b"data: [DONE]\n\n")
    assert [item.choices[0].text for item in ask(saying)] == ["a", "b"]
    event = log.one()
    assert (event["surface"], event["status"], event.get("outcome")) == ("completions.create", "ok", None)
    assert (event["streamed"], event["chunks_captured"], event["quality_signals"]) == (True, 2, [])
    assert event["response_body"] == [choice(0, "ab")]


def test_a_stream_that_ends_without_one(saying: Saying, log: Any) -> None:
    saying.say("text/event-stream", data_of(choice(0, "a")))
    assert len(list(ask(saying))) == 1
    assert (log.one()["status"], log.one().get("outcome")) == ("ok", None)


def test_a_stream_that_is_closed_early(saying: Saying, log: Any) -> None:
    saying.say("text/event-stream", data_of(choice(0, "a")), data_of(choice(0, "b")) * 2000)
    with ask(saying) as stream:
        next(iter(stream))
    event = log.one()
    assert (event["status"], event["outcome"]) == ("ok", "abandoned")
    assert event["response_body"][0]["choices"][0]["text"].startswith("a")


@pytest.mark.parametrize("before", [0, MOST_KEPT], ids=["soon", "after the cut"])
def test_the_tokens_that_one_event_tells(before: int, saying: Saying, log: Any) -> None:
    counts = {"usage": {"prompt_tokens": 3, "completion_tokens": 2}}
    text = choice(0, "a b " * (before // 4), usage=None)
    saying.say("text/event-stream", data_of(text, {"choices": [], **counts}), b"data: [DONE]\n\n")
    assert len(list(ask(saying))) == 2
    assert (log.one()["usage"]["input_tokens"], log.one()["usage"]["output_tokens"]) == (3, 2)


@pytest.mark.parametrize("before", [0, MOST_KEPT], ids=["soon", "after the cut"])
def test_a_stream_that_the_vendor_ends_with_an_error(before: int, saying: Saying, log: Any) -> None:
    error = {"error": {"type": "server_error", "message": "no more"}}
    saying.say("text/event-stream", data_of(choice(0, "a b " * (before // 4)), error))
    with pytest.raises(openai.APIError, match="no more"):
        list(ask(saying))
    event = log.one()
    assert (event["status"], event["error"]["type"], event["error"]["msg"]) == (
        "error",
        "APIError",
        "no more",
    )
    assert event["error"]["body"] == error
