"""What the SDKs do beside asking a model: one event each, under its own name, and no chat."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

import anthropic
import httpx2
import openai
import pytest
from google import genai

from tests.tessen.sdks import Kit

MESSAGES: Any = [{"role": "user", "content": "hello"}]
ONE = {"custom_id": "a", "params": {"model": "claude-haiku-4-5", "max_tokens": 9, "messages": MESSAGES}}
LINES = ("lines.jsonl", b"{}\n")


class Place:
    """A client of every vendor."""

    def __init__(self, kit: Kit) -> None:
        self.claude = anthropic.Anthropic(base_url=kit.server.url, api_key="key-of-the-test-1", max_retries=0)
        self.gpt = openai.OpenAI(base_url=kit.server.url + "/v1", api_key="key-of-the-test-2", max_retries=0)
        self.gemini, self.cohere, self.mistral = kit.gemini, kit.cohere, kit.mistral


@pytest.fixture(scope="module")
def place() -> Iterator[Place]:
    kit = Kit()
    yield Place(kit)
    kit.close()


class Operation(NamedTuple):
    """One operation, and what is to be known of it."""

    provider: str
    surface: str
    do: Callable[[Place], Any]
    model: str | None = None
    counts: bool = False
    """Whether the tokens that its answer reports are the call's own."""


def gpt(
    surface: str, do: Callable[[Any], Any], model: str | None = None, *, counts: bool = False
) -> Operation:
    return Operation("openai", surface, lambda place: do(place.gpt), model, counts)


def claude(surface: str, do: Callable[[Any], Any], model: str | None = None) -> Operation:
    return Operation("anthropic", surface, lambda place: do(place.claude), model)


def mistral(surface: str, do: Callable[[Any], Any], model: str | None = None) -> Operation:
    return Operation("mistral", surface, lambda place: do(place.mistral), model)


OPERATIONS = [
    claude("messages.batches.create", lambda sdk: sdk.messages.batches.create(requests=[ONE])),
    claude("messages.batches.create", lambda sdk: sdk.beta.messages.batches.create(requests=[ONE])),
    claude("messages.batches.list", lambda sdk: list(sdk.messages.batches.list())),
    claude("messages.batches.retrieve", lambda sdk: sdk.messages.batches.retrieve("msgbatch_1")),
    claude("messages.batches.cancel", lambda sdk: sdk.messages.batches.cancel("msgbatch_1")),
    claude("files.create", lambda sdk: sdk.beta.files.upload(file=LINES)),
    claude(
        "messages.count_tokens",
        lambda sdk: sdk.messages.count_tokens(model="claude-haiku-4-5", messages=MESSAGES),
        "claude-haiku-4-5",
    ),
    gpt(
        "batches.create",
        lambda sdk: sdk.batches.create(
            completion_window="24h", endpoint="/v1/chat/completions", input_file_id="file-1"
        ),
    ),
    gpt("batches.list", lambda sdk: list(sdk.batches.list())),
    gpt("batches.retrieve", lambda sdk: sdk.batches.retrieve("batch_1")),
    gpt("batches.cancel", lambda sdk: sdk.batches.cancel("batch_1")),
    gpt("files.create", lambda sdk: sdk.files.create(file=LINES, purpose="batch")),
    gpt("files.list", lambda sdk: list(sdk.files.list())),
    gpt("moderations.create", lambda sdk: sdk.moderations.create(model="omni", input="hello"), "omni"),
    gpt(
        "images.generate",
        lambda sdk: sdk.images.generate(model="gpt-image-1", prompt="a moon"),
        "gpt-image-1",
        counts=True,
    ),
    gpt("models.retrieve", lambda sdk: sdk.models.retrieve("gpt-5-mini")),
    mistral(
        "batch.jobs.create",
        lambda sdk: sdk.batch.jobs.create(
            input_files=["file-1"], model="mistral-small", endpoint="/v1/chat/completions"
        ),
        "mistral-small",
    ),
    mistral("batch.jobs.list", lambda sdk: sdk.batch.jobs.list()),
    mistral("files.create", lambda sdk: sdk.files.upload(file={"file_name": "lines", "content": b"{}"})),
    mistral(
        "classifiers.moderate", lambda sdk: sdk.classifiers.moderate(model="moderate", inputs="a"), "moderate"
    ),
    mistral(
        "classifiers.moderate_chat",
        lambda sdk: sdk.classifiers.moderate_chat(model="moderate", inputs=MESSAGES),
        "moderate",
    ),
    mistral(
        "classifiers.classify", lambda sdk: sdk.classifiers.classify(model="classify", inputs="a"), "classify"
    ),
    mistral(
        "ocr.process",
        lambda sdk: sdk.ocr.process(
            model="mistral-ocr", document={"type": "document_url", "document_url": "https://host/a.pdf"}
        ),
        "mistral-ocr",
    ),
]


@pytest.mark.parametrize("operation", OPERATIONS, ids=lambda each: f"{each.provider} {each.surface}")
def test_an_operation_is_recorded_under_its_own_name(operation: Operation, place: Place, log: Any) -> None:
    answer = operation.do(place)
    event = log.one()
    assert (event["provider"], event["surface"]) == (operation.provider, operation.surface)
    assert event.get("model") == operation.model
    assert (event["status"], event["streamed"], event["quality_signals"]) == ("ok", False, [])
    assert ("usage" in event) == operation.counts
    assert answer is not None
    assert event["casted_response"]


def interacting(request: httpx2.Request) -> httpx2.Response:
    """What the API says to an interaction, plain or in events."""
    usage = {"total_input_tokens": 7, "total_output_tokens": 2, "total_thought_tokens": 3}
    steps = [{"type": "model_output", "content": [{"type": "text", "text": "On its way."}]}]
    whole = {"id": "i1", "model": "gemini-2.5-flash", "status": "completed", "steps": steps, "usage": usage}
    if not json.loads(request.content).get("stream"):
        return httpx2.Response(200, json=whole)
    event = {"event_type": "interaction.completed", "interaction": whole, "event_id": "e1"}
    lines = f"event: interaction.completed\ndata: {json.dumps(event)}\n\n".encode()
    return httpx2.Response(200, content=iter([lines]), headers={"content-type": "text/event-stream"})


@pytest.mark.parametrize("stream", [False, True], ids=["plain", "streamed"])
def test_an_interaction_with_gemini(*, stream: bool, log: Any) -> None:
    options: Any = {"httpx_client": httpx2.Client(transport=httpx2.MockTransport(interacting))}
    gemini = genai.Client(api_key="key-of-the-test-3", http_options=options)
    answer = gemini.interactions.create(model="gemini-2.5-flash", input="Where is it?", stream=stream)
    assert len(list(answer)) == 1 if stream else answer.status == "completed"
    event = log.one()
    assert (event["provider"], event["surface"]) == ("google_gemini", "interactions.create")
    assert (event["model"], event["status"], event["streamed"]) == ("gemini-2.5-flash", "ok", stream)
    assert event["_tessen_tier"] == 1
    assert not hasattr(genai.models.Models.generate_content, "__tessen__"), "no need to discover"
    assert "On its way." in str(event["response_body" if stream else "casted_response"])
    assert (event["usage"]["input_tokens"], event["usage"]["output_tokens"]) == (7, 5)


def test_a_batch_that_is_refused(place: Place, log: Any) -> None:
    with pytest.raises(anthropic.NotFoundError):
        place.claude.messages.batches.delete("msgbatch_1")
    event = log.one()
    assert (event["surface"], event["http_method"]) == ("messages.batches.delete", "DELETE")
    assert event["quality_signals"] == ["not_found"]
