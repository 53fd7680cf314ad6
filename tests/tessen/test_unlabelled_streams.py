"""Streams of events that the server calls something else, or nothing; the SDKs read them all the same."""

from __future__ import annotations

from typing import Any

import openai
import pytest

from tests.tessen.saying import Said, Saying, data_of

CHUNK = {"id": "c", "object": "chat.completion.chunk", "created": 1, "model": "m"}
SAYS = {**CHUNK, "choices": [{"index": 0, "delta": {"content": "hello"}, "finish_reason": "stop"}]}
COUNTS = {**CHUNK, "choices": [], "usage": {"prompt_tokens": 3, "completion_tokens": 2, "total_tokens": 5}}


def ask(saying: Saying) -> Any:
    client = openai.OpenAI(base_url=f"{saying.url}/v1", api_key="key-of-the-test-1", max_retries=0)
    asked: list[Any] = [{"role": "user", "content": "hello"}]
    return client.chat.completions.create(model="m", messages=asked, stream=True)


@pytest.mark.parametrize("kind", ["", "text/plain", "application/json", "Text/Event-Stream"])
def test_events_by_any_name(kind: str, saying: Saying, log: Any) -> None:
    saying.say(kind, b": hello\n\n", data_of(SAYS), data_of(COUNTS), b"data: [DONE]\n\n")
    assert len(list(ask(saying))) == 2
    event = log.one()
    assert (event["status"], event.get("outcome"), event["quality_signals"]) == ("ok", None, [])
    assert (event["chunks_captured"], event["usage"]["input_tokens"]) == (2, 3)
    assert event["response_body"]["choices"][0]["message"]["content"] == "hello"


def test_no_events_by_their_name_are_kept_as_they_are(saying: Saying, log: Any) -> None:
    saying.say("application/json", b'{"detail": "no streams here"}')
    assert list(ask(saying)) == []
    assert log.one()["response_body"] == {"detail": "no streams here"}


def test_events_that_cannot_be_decoded(saying: Saying, log: Any, capsys: pytest.CaptureFixture[str]) -> None:
    pieces = [data_of(SAYS), data_of(COUNTS)]
    saying.says = lambda request: Said("text/event-stream", pieces, {"content-encoding": "gzip"})
    with pytest.raises(openai.APIConnectionError):
        list(ask(saying))
    event = log.one()
    assert (event["status"], event.get("outcome")) == ("error", None)
    assert "decompressing" in event["error"]["msg"]
    assert capsys.readouterr().err == ""
