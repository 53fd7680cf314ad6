"""Credentials in what a program tells of itself: in exceptions, names and tools. In no byte."""

from __future__ import annotations

import gzip
import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import anthropic
import httpx2
import pytest

import tessen
from tests.tessen.ingest import Ingest
from tests.tessen.test_secrets import every_byte_in

KEY = "sk-ant-api03-" + "aB3_-" * 12
TOKEN = "Zq7LmN2pR9sT4vW8xY1c"
"""Known from the environment, and by no looks."""
PASSWORD = "pa55w0rd-of-mine"
OPAQUE = "opaque-value-0123456789"
"""Known by the name that stands before it."""
SHIPPING_KEY = "tk_live_0123456789-secret-of-the-shipper"
SECRETS = (KEY, TOKEN, PASSWORD, OPAQUE, SHIPPING_KEY)


class Telling:
    """An object of the program's that prints what it holds."""

    def __repr__(self) -> str:
        return f"<Telling {KEY} {TOKEN}>"


def noted() -> None:
    problem = ValueError("said in a note")
    problem.add_note(f"asked https://me:{PASSWORD}@h.example/ with {KEY} and {TOKEN}")
    raise problem


def noted_by_hand() -> None:
    problem = ValueError("said in a note")
    problem.__notes__ = [Telling(), f"with {TOKEN}"]  # type: ignore[list-item]
    raise problem


def caused() -> None:
    try:
        raise KeyError(KEY, Telling())
    except KeyError as cause:
        raise ValueError("said in a cause") from cause


def raised_meanwhile() -> None:
    try:
        raise RuntimeError(f"https://me:{PASSWORD}@h.example/?token={OPAQUE}")
    except RuntimeError:
        raise ValueError(f"said meanwhile: {TOKEN}")  # noqa: B904 - it is what is tried


def grouped() -> None:
    inner = ExceptionGroup(f"inner {TOKEN}", [KeyError(Telling())])
    inner.add_note(KEY)
    raise ExceptionGroup(f"said in a group, {KEY}", [ValueError(TOKEN), inner])


def with_headers() -> None:
    headers = {"Authorization": OPAQUE, "a": [("authorization", f"Token {OPAQUE}")]}
    raise ValueError(f"said in headers: {headers} {json.dumps({'authorization': OPAQUE})}")


def with_bytes() -> None:
    raise ValueError("said in bytes", KEY.encode(), [(b"authorization", OPAQUE.encode())], TOKEN.encode())


def of_such_a_class() -> None:
    raise type(f"Said{TOKEN}", (Exception,), {})("said by a class")


def unsayable() -> None:
    class UnsayableError(Exception):
        def __str__(self) -> str:
            raise ValueError(KEY)

    raise UnsayableError(KEY)


RAISING: list[Callable[[], None]] = [
    *(noted, noted_by_hand, caused, raised_meanwhile, grouped),
    *(with_headers, with_bytes, of_such_a_class, unsayable),
]


@pytest.fixture
def ingest() -> Iterator[Ingest]:
    with Ingest() as server:
        yield server


@pytest.fixture
def folder(ingest: Ingest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """The log folder of a recorder that ships, and whose agent has a key for a name."""
    monkeypatch.setenv("TOOL_TOKEN", TOKEN)
    told = {"api_key": SHIPPING_KEY, "ingest_url": ingest.url, "flush_interval_sec": 60.0}
    tessen.init(agent_name=f"agent {KEY} of {TOKEN}", log_dir=tmp_path, **told)  # type: ignore[arg-type]
    yield tmp_path
    tessen.shutdown()


def parts_of_secrets(written: bytes) -> list[bytes]:
    secrets = [secret.encode() for secret in SECRETS]
    parts = [secret[at : at + 8] for secret in secrets for at in range(len(secret) - 7)]
    return [part for part in parts if part in written]


def client(answer: Callable[[httpx2.Request], httpx2.Response]) -> anthropic.Anthropic:
    transport = httpx2.Client(transport=httpx2.MockTransport(answer))
    return anthropic.Anthropic(api_key="key-of-the-test-1", max_retries=0, http_client=transport)


def ask(claude: anthropic.Anthropic, **more: Any) -> Any:
    question: Any = [{"role": "user", "content": "hello"}]
    return claude.messages.create(model="m", max_tokens=9, messages=question, **more)


@pytest.mark.parametrize("raising", RAISING)
def test_an_exception(raising: Callable[[], None], ingest: Ingest, folder: Path) -> None:
    def answer(request: httpx2.Request) -> httpx2.Response:
        raising()
        raise AssertionError

    with pytest.raises(anthropic.APIConnectionError) as raised:
        ask(client(answer))
    assert raised.value.__cause__ is not None
    assert tessen.flush(60)
    (request,) = ingest.requests
    assert parts_of_secrets(every_byte_in(folder)) == []
    assert parts_of_secrets(gzip.decompress(request.body)) == []
    (event,) = request.events
    assert "[redacted]" in event["error"]["tb"] or raising is unsayable
    assert type(raised.value.__cause__).__name__.startswith(event["attempts"][0]["error"][:4])


def test_names_and_tools(ingest: Ingest, folder: Path) -> None:
    usage = {"input_tokens": 1, "output_tokens": 1}
    message = {"id": "m", "type": "message", "role": "assistant", "model": "m", "content": [], "usage": usage}
    schema = {
        "type": "object",
        "properties": {KEY: {"default": TOKEN, "examples": [f"Bearer {KEY}", OPAQUE]}},
    }
    schema["description"] = f'{{"authorization": "{OPAQUE}"}}'
    schema["properties"] = {KEY: {"default": TOKEN, "examples": [f"Bearer {KEY}"]}}
    tool = {"name": f"find_{TOKEN}", "description": f"with {KEY}", "input_schema": schema}
    with tessen.session(f"session of {KEY}/{TOKEN}"):
        ask(
            client(lambda request: httpx2.Response(200, json=message)),
            tools=[tool],
            metadata={"user_id": f"https://me:{PASSWORD}@h.example/"},
        )
    assert tessen.flush(60)
    (request,) = ingest.requests
    assert parts_of_secrets(every_byte_in(folder)) == []
    assert parts_of_secrets(gzip.decompress(request.body)) == []
    (event,) = request.events
    assert request.json["agent_name"] == event["agent_name"] == "agent [redacted] of [redacted]"
    assert event["session_id"] == "session of [redacted]/[redacted]"
    assert event["request_body"]["tools"][0]["name"] == "find_[redacted]"
    assert [path.name for path in folder.iterdir()] == ["agent__redacted__of__redacted_"]


def test_a_document_about_the_code(ingest: Ingest, folder: Path) -> None:
    from tessen import _ship

    assert _ship.ship_document("manifest", {"files": [KEY, TOKEN, f"https://me:{PASSWORD}@h.example/"]})
    assert tessen.flush(60)
    (request,) = ingest.requests
    assert parts_of_secrets(gzip.decompress(request.body)) == []
    assert request.json["agent_name"] == "agent [redacted] of [redacted]"
