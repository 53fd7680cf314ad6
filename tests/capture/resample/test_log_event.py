"""Events of a production log asked again: recorded from the real SDKs of all five vendors."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import anthropic
import openai
import pytest

import tessen
from capture.scripted import Answer, Received, ScriptedServer
from tests.capture.resample.conftest import KEY, Harness, holds_secret
from tests.tessen import sdks
from tests.tessen.sdks import Kit

CALLS: dict[str, Callable[[Kit], Any]] = {
    "anthropic": lambda kit: claude(kit).messages.create(**sdk_request()),
    "anthropic streamed": lambda kit: list(claude(kit).messages.create(**sdk_request(), stream=True)),
    "chat": lambda kit: gpt(kit).chat.completions.create(model="gpt-4.1", messages=sdks.MESSAGES),
    "responses streamed": lambda kit: list(
        gpt(kit).responses.create(model="gpt-4.1", input="é ✓", stream=True)
    ),
    "google_gemini": sdks.gemini_plain,
    "google_gemini streamed": sdks.gemini_iterated,
    "cohere": sdks.cohere_plain,
    "cohere streamed": sdks.cohere_iterated,
    "mistral": sdks.mistral_plain,
    "mistral streamed": lambda kit: list(kit.mistral.chat.stream(**sdks.mistral())),
}


@dataclass
class Recording:
    log_dir: Path
    ids: dict[str, str]
    sent: dict[str, Received]


def sdk_request() -> dict[str, Any]:
    return {"model": "claude-sonnet-4-5", "max_tokens": 50, "messages": sdks.MESSAGES}


def claude(kit: Kit) -> anthropic.Anthropic:
    return anthropic.Anthropic(base_url=kit.server.url, api_key=KEY)


def gpt(kit: Kit) -> openai.OpenAI:
    return openai.OpenAI(base_url=f"{kit.server.url}/v1", api_key=KEY)


@pytest.fixture(scope="module")
def recording(tmp_path_factory: pytest.TempPathFactory) -> Recording:  # type: ignore[override]
    folder, kit = tmp_path_factory.mktemp("log"), Kit()
    tessen.init(agent_name="billing", log_dir=str(folder))
    try:
        for call in CALLS.values():
            call(kit)
    finally:
        tessen.shutdown()
        sent = dict(zip(CALLS, kit.server.requests, strict=True))
        kit.close()
    (log,) = folder.glob("billing/*.jsonl")
    events = [json.loads(line) for line in log.read_bytes().splitlines()]
    return Recording(folder, dict(zip(CALLS, (each["event_id"] for each in events), strict=True)), sent)


@pytest.mark.parametrize("name", CALLS)
def test_an_event_is_asked_again_as_it_was(
    name: str, recording: Recording, server: ScriptedServer, harness: Harness
) -> None:
    event = f"billing:{recording.ids[name]}"
    server.enqueue(Answer(text="Something else."))
    options = ("--log-dir", recording.log_dir, "--base-url", server.url, "--json")
    code, out, err = harness("resample", event, *options)
    assert (code, err.count("\n")) == (0, 1), (out, err)
    was, sent = recording.sent[name], server.requests[0]
    assert (sent.path, sent.query) == (was.path, was.query)
    assert sent.body == was.body
    said = json.loads(out)
    (sample,) = said["samples"]
    assert (sample["asked"], sample["error"]) == (f"event {event}", None)
    assert sample["streamed"] is name.endswith("streamed")
    assert sample["usage"]["output_tokens"] > 0
    assert said["summary"]["texts"][0]["text"] == "Something else."
    assert (Path(said["folder"]) / "sample_01.json").is_file()
    assert KEY in json.dumps(sent.headers)
    assert holds_secret(recording.log_dir) == []


def test_another_model_and_temperature_for_gemini_too(
    recording: Recording, server: ScriptedServer, harness: Harness
) -> None:
    event = f"billing:{recording.ids['google_gemini'][:8]}"
    options = ("--model", "gemini-2.5-pro", "--temperature", 0.5, "--base-url", server.url)
    code, _, err = harness("resample", event, "--log-dir", recording.log_dir, *options)
    assert code == 0, err
    was = recording.sent["google_gemini"].path
    assert server.requests[0].path == was.replace("gemini-2.5-flash", "gemini-2.5-pro") != was
    assert server.requests[0].json["generationConfig"]["temperature"] == 0.5


def test_an_event_is_edited_like_a_request(
    recording: Recording, server: ScriptedServer, harness: Harness, tmp_path: Path
) -> None:
    event = f"billing:{recording.ids['cohere']}"
    _, dumped, _ = harness("resample-edit", event, "--log-dir", recording.log_dir, "--dump")
    edited = json.loads(dumped)
    edited["messages"][0]["content"] = "Where is it?"
    (tmp_path / "edit.json").write_text(json.dumps(edited))
    options = ("--input", tmp_path / "edit.json", "--log-dir", recording.log_dir, "--base-url", server.url)
    assert harness("resample-edit", event, *options)[0] == 0
    assert server.requests[0].json == edited
    folder = recording.log_dir / f"billing/resamples/{recording.ids['cohere']}_v01"
    assert json.loads((folder / "variant.json").read_bytes())["edits"][0]["path"] == "messages[0].content"


@pytest.mark.parametrize(
    ("event", "line", "said"),
    [
        ("nobody:0123456789", b"", "there is no log of this agent"),
        ("a:0123456789", b'{"event_id": "0123"', "there is no event 0123456789"),
        ("a:012345", b'{"event_id": "0123456"}\n{"event_id":"0123457"}', "2 events begin so"),
        ("a:012345", b'{"event_id": "0123456", "request_body": null}', "body is not on record"),
        (
            "a:012345",
            b'{"event_id": "0123456", "provider": "openai", "http_url": "https://api.openai.com/v1/responses",'
            b' "request_body": {"input": "my card is [redacted]"}}',
            "something was taken out of its request",
        ),
        (
            "a:012345",
            b'{"event_id": "0123456", "provider": "openai", "http_url": "https://evil.example/v1/responses",'
            b' "request_body": {"input": "x", "model": "gpt-4.1"}}',
            "the request went to evil.example, which is no vendor's",
        ),
        (
            "a:012345",
            b'{"event_id": "0123456", "provider": "openai", "http_url": "https://api.openai.com/v1/files",'
            b' "request_body": {"input": "x", "model": "gpt-4.1"}}',
            "asks no model",
        ),
    ],
)
def test_what_cannot_be_asked_again_says_why(
    event: str, line: bytes, said: str, harness: Harness, tmp_path: Path
) -> None:
    (tmp_path / "a").mkdir()
    (tmp_path / "a/2026-01-01.jsonl").write_bytes(line + b"\n")
    (tmp_path / "a/2026-01-02.jsonl").write_bytes(b"")
    code, out, err = harness("resample", event, "--log-dir", tmp_path)
    assert (code, out, err.count("\n")) == (1, "", 1)
    assert said in err
