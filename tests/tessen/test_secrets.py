"""No credential in any byte of the log folder, whoever asks, however it is sent, however it comes back."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import textwrap
from base64 import b64encode
from pathlib import Path
from typing import Any
from urllib.parse import quote

import anthropic
import cohere
import httpx2
import openai
import pytest
from google import genai
from mistralai.client import Mistral

import tessen
from capture.scripted import Answer, ErrorAnswer, ScriptedServer
from tessen import _config
from tessen._event import Attempt, Error, Event
from tessen._recorder import Recorder
from tests.tessen.test_inflight import until

QUESTION: list[dict[str, Any]] = [{"role": "user", "content": "hello"}]
COOKIE = "sid-of-the-user-4242"
SIGNATURE = "5f" * 32

KEYS = {
    "anthropic": ("x-api-key", "sk-ant-api03-" + "aB3_-" * 18),
    "openai": ("authorization", "Bearer sk-proj-" + "cD4_-" * 24),
    "gemini": ("x-goog-api-key", "AIza" + "eF5_-" * 7),
    "gemini, new": ("x-goog-api-key", "AQ.Ab8R" + "gH6_-" * 9),
    "cohere": ("authorization", "Bearer " + "iJ7kL8mN" * 5),
    "mistral": ("authorization", "Bearer " + "oP9qR0sT" * 4),
    "azure": ("api-key", "0123456789abcdef" * 2),
    "azure, base64": ("api-key", "a+b/c" * 10 + "=="),
    "basic": ("authorization", "Basic " + b64encode(b"user:pass+word/of the user").decode()),
}
"""What each vendor's requests are authorised with, in the shapes that vendors hand out."""


def every_byte_in(folder: Path) -> bytes:
    """Everything in a folder: names and contents."""
    parts = [str(path).encode() + b"\n" for path in folder.rglob("*")]
    return b"".join([*parts, *(path.read_bytes() for path in folder.rglob("*") if path.is_file())])


def spellings(secret: str) -> set[str]:
    escaped = secret.replace("+", "\\u002b").replace("/", "\\/")
    percent = quote(secret, safe="")
    lowered = re.sub("%..", lambda code: code[0].lower(), percent)
    return {secret, quote(secret), percent, lowered, escaped}


def assert_none_of(secrets: set[str], folder: Path) -> None:
    written = every_byte_in(folder)
    assert written
    for secret in secrets:
        for spelled in spellings(secret):
            assert spelled.encode() not in written, spelled


@pytest.mark.parametrize("vendor", KEYS)
@pytest.mark.parametrize("status", [200, 401])
def test_what_a_server_sends_back(vendor: str, status: int, log: Any) -> None:
    """A server that echoes everything it was sent: in its headers, in its body, spelled in many ways."""
    header, value = KEYS[vendor]
    secrets = {value.rpartition(" ")[2], COOKIE, SIGNATURE}
    if vendor == "basic":
        secrets |= {"pass+word/of the user", "user:pass+word/of the user"}

    def echo(request: httpx2.Request) -> httpx2.Response:
        echoed = [str(request.url), *request.headers.values(), *secrets]
        echoed += [spelled for secret in secrets for spelled in spellings(secret)]
        body = {"error": {"type": "echo", "message": json.dumps(echoed)}, "seen": echoed}
        headers = {"set-cookie": f"sid={COOKIE}-of-the-server", "x-request-id": "req_1"}
        return httpx2.Response(status, json=body, headers=headers)

    headers = {header: value, "cookie": f"a=b; session={COOKIE}"}
    url = f"https://h.example/v1/chat/completions?X-Amz-Signature={SIGNATURE}&q=kept"
    with httpx2.Client(transport=httpx2.MockTransport(echo), headers=headers) as client:
        client.post(url, json={"model": "m", "messages": [{"role": "user", "content": f"I am {value}"}]})
    assert log.one()["http_url"].endswith("&q=kept")
    assert_none_of(secrets, log.folder)
    assert f"{COOKIE}-of-the-server".encode() not in every_byte_in(log.folder)


@pytest.mark.parametrize("vendor", ["anthropic", "openai"])
@pytest.mark.parametrize("form", ["error", "answer", "stream", "traceback"])
def test_an_sdk_whose_key_comes_back(
    vendor: str, form: str, server: ScriptedServer, clients: Any, log: Any
) -> None:
    key = "key+of/the=user-" + "x1Y2" * 6
    client = getattr(clients, vendor)(api_key=key, default_headers={"cookie": f"session={COOKIE}"})
    echoed = f"key {key}, {quote(key, safe='')} and {COOKIE}"
    ask = client.messages.create if vendor == "anthropic" else client.chat.completions.create
    asked = {"model": "m", "max_tokens": 9, "messages": QUESTION}
    if form == "error":
        server.enqueue(ErrorAnswer(401, message=echoed))
        with pytest.raises((anthropic.AuthenticationError, openai.AuthenticationError)):
            ask(**asked)
    elif form == "traceback":
        with pytest.raises(TypeError):
            ask(**asked, extra_body={echoed: object()})
    else:
        server.enqueue(Answer(text=echoed, chunks=3 if form == "stream" else 1))
        answer = ask(**asked, stream=form == "stream")
        if form == "stream":
            list(answer)
    assert len(log.events()) == 1
    assert_none_of({key, COOKIE}, log.folder)


SIGNED = {
    f"https://bucket.s3.amazonaws.com/a.png?X-Amz-Date=20261124T000000Z&X-Amz-Signature={SIGNATURE}",
    f"https://storage.googleapis.com/bucket/a.png?X-Goog-Expires=9&X-Goog-Signature={SIGNATURE}",
    "https://mine.blob.core.windows.net/a.png?sv=2024-11-04&sr=b&sig=q8Zr%2Bw0kPd7sVtXy5uJhG2fLc9mNb4Ae%3D",
    "https://d1.cloudfront.net/a.png?Expires=1790000000&Signature=hJ4~kQ9vZ2-xW7yT5uR3p__&Key-Pair-Id=K2JCJ",
}
SIGNATURES = {SIGNATURE, "q8Zr%2Bw0kPd7sVtXy5uJhG2fLc9mNb4Ae%3D", "hJ4~kQ9vZ2-xW7yT5uR3p__"}


def ask_with(vendor: str, text: str, url: str, *, stream: bool) -> None:
    """Ask one vendor's SDK, and read its answer."""
    said: Any = [{"role": "user", "content": text}]
    if vendor == "anthropic":
        claude = anthropic.Anthropic(base_url=url, api_key="key-of-the-test-0a1b2c3d")
        answer: Any = claude.messages.create(model="m", max_tokens=9, messages=said, stream=stream)
    elif vendor == "openai":
        gpt = openai.OpenAI(base_url=f"{url}/v1", api_key="key-of-the-test-0a1b2c3d")
        answer = gpt.chat.completions.create(model="m", messages=said, stream=stream)
    elif vendor == "cohere":
        command = cohere.ClientV2(api_key="key-of-the-test-0a1b2c3d", base_url=url)
        answer = (command.chat_stream if stream else command.chat)(model="m", messages=said)
    elif vendor == "mistral":
        mistral = Mistral(api_key="key-of-the-test-0a1b2c3d", server_url=url)
        answer = (mistral.chat.stream if stream else mistral.chat.complete)(model="m", messages=said)
    else:
        gemini = genai.Client(api_key="key-of-the-test-0a1b2c3d", http_options={"base_url": url})
        models = gemini.models
        generate = models.generate_content_stream if stream else models.generate_content
        answer = generate(model="m", contents=text)
    if stream:
        list(answer)


@pytest.mark.parametrize("stream", [False, True], ids=["plain", "streamed"])
@pytest.mark.parametrize("vendor", ["anthropic", "openai", "cohere", "mistral", "google_gemini"])
def test_signed_addresses_in_what_is_asked_and_answered(
    *, vendor: str, stream: bool, server: ScriptedServer, log: Any
) -> None:
    text = "Look at " + " and ".join(sorted(SIGNED))
    server.enqueue(Answer(text=text, chunks=7))
    ask_with(vendor, text, server.url, stream=stream)
    event = log.one()
    assert (event["provider"], event["streamed"], event["status"]) == (vendor, stream, "ok")
    assert str(event).count("bucket.s3.amazonaws.com/a.png") == 2
    assert_none_of(SIGNATURES, log.folder)


def test_what_a_vendor_is_to_ask_other_servers_with(server: ScriptedServer, log: Any) -> None:
    """Both vendors let a request name MCP servers, with tokens; gateways want headers."""
    token, more = (
        "tokenOfTheServer0123",
        {"apikey": "keyOfTheGateway0123", "Helicone-Auth": "Bearer helicone-0123"},
    )
    claude = anthropic.Anthropic(base_url=server.url, api_key=KEYS["anthropic"][1], default_headers=more)
    claude.beta.messages.create(
        model="claude-haiku-4-5",
        max_tokens=9,
        messages=QUESTION,  # type: ignore[arg-type]
        mcp_servers=[
            {"type": "url", "name": "docs", "url": "https://m.example/", "authorization_token": token}
        ],
    )
    gpt = openai.OpenAI(base_url=f"{server.url}/v1", api_key="k" * 24)
    tool: Any = {"type": "mcp", "server_label": "docs", "server_url": "https://m.example/"}
    for secret in ({"authorization": token}, {"headers": {"X-API-Key": token}}):
        gpt.responses.create(model="gpt-5", input="hello", tools=[tool | secret])
    search = {"endpoint": "https://s.example/", "authentication": {"type": "api_key", "key": token}}
    for secrets in ({"api_key": token}, {"data_sources": [{"type": "azure_search", "parameters": search}]}):
        gpt.chat.completions.create(model="gpt-5", messages=QUESTION, extra_body=secrets)  # type: ignore[arg-type]
    assert len(log.events()) == 5
    assert_none_of({token, "keyOfTheGateway0123", "helicone-0123"}, log.folder)


def test_an_exception_that_prints_the_answers_headers(server: ScriptedServer, log: Any) -> None:
    """Cohere's do: a cookie's value and an echoed key are taken out, and nothing else."""
    cookie, echoed = "Zq7Xw2KvJt9RbY4m", "Bearer iJ7kL8mN-of-somebody-else"
    headers = {
        "Set-Cookie": f"__cf_bm={cookie}; Path=/; Max-Age=31536000; Domain=.cohere.example; HttpOnly",
        "X-Upstream-Authorization": echoed,
        "X-Cache-Key": "/v2/chat",
    }
    server.enqueue(Answer(error=ErrorAnswer(400, message="no"), headers=headers))
    client = cohere.ClientV2(api_key="qR5sT6uV7wX8yZ9aB0cD", base_url=server.url)
    with pytest.raises(cohere.BadRequestError) as raised:
        client.chat(model="m", messages=[cohere.UserChatMessageV2(content="hello")])
    assert cookie in str(raised.value)
    assert_none_of({cookie, echoed, echoed.removeprefix("Bearer ")}, log.folder)
    message = log.one()["error"]["msg"]
    assert "__cf_bm=[redacted]; Path=/; Max-Age=31536000; Domain=.cohere.example" in message
    assert "/v2/chat" in message
    assert log.one()["http_url"].endswith("/v2/chat")


def test_a_key_that_no_header_can_carry(clients: Any, log: Any) -> None:
    """HTTP libraries quote what they refuse: mostly a key that was read with its line's end."""
    secret = "q7W2e9R4t6Y1u3I8"
    for end in ("\n", "\0x", "\n'", "'\"\n"):
        with pytest.raises(openai.APIConnectionError):
            clients.openai(default_headers={"x-of-no-known-name": secret + end}).models.list()
    assert [event["status"] for event in log.events()] == ["error"] * 4
    assert_none_of({secret}, log.folder)


def test_a_key_that_only_the_environment_knows(
    server: ScriptedServer, clients: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Another vendor's key, which a server or a tool quotes: no request of this call carried it."""
    key = "iJ7kL8mN" * 5
    monkeypatch.setenv("CO_API_KEY", key)
    tessen.init(agent_name="agent", log_dir=tmp_path)
    server.enqueue(Answer(text=f"your environment says {key}"))
    question = [{"role": "user", "content": f"what is {key}?"}]
    clients.anthropic().messages.create(model="m", max_tokens=9, messages=question)
    tessen.shutdown()
    assert_none_of({key}, tmp_path)
    assert b"your environment says [redacted]" in every_byte_in(tmp_path)


def test_a_call_in_flight(server: ScriptedServer, tmp_path: Path) -> None:
    key = "sk-ant-api03-" + "aB3_-" * 18
    server.enqueue(Answer(hang=True))
    code = f"""
        import tessen, anthropic
        client = anthropic.Anthropic(base_url={server.url!r})
        tessen.init(agent_name="agent-" + client.api_key)
        asked = dict(model="m-" + client.api_key, max_tokens=9, messages={QUESTION!r})
        with tessen.session("s-" + client.api_key):
            client.messages.create(**asked, extra_query={{"sig": "{SIGNATURE}"}})
    """
    environment = {**os.environ, "TESSEN_LOG_DIR": str(tmp_path), "ANTHROPIC_API_KEY": key}
    with subprocess.Popen([sys.executable, "-c", textwrap.dedent(code)], env=environment) as process:
        until(lambda: b"}" in b"".join(path.read_bytes() for path in tmp_path.rglob(".inflight/*.json")))
        process.kill()
    assert_none_of({key, SIGNATURE}, tmp_path)
    for told in (b'"m-[redacted]"', b'"s-[redacted]"', b'"agent-[redacted]"', b"/agent-_redacted_/"):
        assert told in every_byte_in(tmp_path)


def test_patterns_and_functions_together(server: ScriptedServer, clients: Any, tmp_path: Path) -> None:
    def redact(text: str) -> str:
        if "bomb" in text:
            raise RuntimeError(text)
        return text.replace("Ann", "***")

    tessen.init(agent_name="agent", log_dir=tmp_path, redact=[r"\d{4}-\d{4}", re.compile("(?i)iban"), redact])
    server.enqueue(Answer(text="dear Ann, 1234-5678"), Answer(text="a bomb of Ann"))
    client = clients.anthropic()
    for _ in range(2):
        client.messages.create(model="m", max_tokens=9, messages=[{"role": "user", "content": "IBAN of Ann"}])
    tessen.shutdown()
    first, second = (json.loads(line) for line in next(tmp_path.rglob("*.jsonl")).read_bytes().splitlines())
    assert first["request_body"]["messages"][0]["content"] == "[redacted] of ***"
    assert first["casted_response"]["content"][0]["text"] == "dear ***, [redacted]"
    assert second["casted_response"]["content"][0]["text"] == "[withheld]"
    assert (second["status"], second["provider"], second["agent_name"]) == ("ok", "anthropic", "agent")


def test_a_function_that_asks_a_model_is_not_asked_about_its_own_calls(
    server: ScriptedServer, clients: Any, tmp_path: Path
) -> None:
    client = clients.anthropic()

    def redact(text: str) -> str:
        if "hello" in text:
            client.messages.create(model="judge", max_tokens=9, messages=QUESTION)
        return text

    tessen.init(agent_name="agent", log_dir=tmp_path, redact=redact)
    client.messages.create(model="m", max_tokens=9, messages=QUESTION)
    tessen.shutdown()
    judged, asked = (json.loads(line) for line in next(tmp_path.rglob("*.jsonl")).read_bytes().splitlines())
    assert (judged["model"], judged["request_body"]["messages"][0]["content"]) == ("judge", "[withheld]")
    assert (asked["model"], asked["request_body"]["messages"][0]["content"]) == ("m", "hello")
    assert len(server.requests) == 2


def test_one_function_or_one_pattern_need_no_list(clients: Any, tmp_path: Path) -> None:
    for redact in (str.upper, "hello", re.compile("hello")):
        tessen.init(agent_name="agent", log_dir=tmp_path, redact=redact)
        clients.anthropic().messages.create(model="m", max_tokens=9, messages=QUESTION)
    tessen.shutdown()
    lines = next(tmp_path.rglob("*.jsonl")).read_bytes().splitlines()
    said = [json.loads(line)["request_body"]["messages"][0]["content"] for line in lines]
    assert said == ["HELLO", "[redacted]", "[redacted]"]


def test_an_event_that_cannot_be_cleaned_is_withheld(tmp_path: Path) -> None:
    """JSON too deep to be read, with something in it to take out: the event is written, its texts are not."""
    deep = b"[" * 5000 + b'"hello"' + b"]" * 5000
    event = Event(
        event_id="0" * 32,
        session_id="1" * 32,
        agent_name="agent",
        ts=1.5,
        tier=1,
        provider="anthropic",
        surface="messages.create",
        http_method="POST",
        http_url="https://h.example/?hello",
        call_site=None,
        duration_ms=1.0,
        request_body=deep,
        streamed=False,
        error=Error("ValueError", "hello", "hello", 400, deep, {}),
        casted_response=None,
        response_body=deep,
        response_headers={},
        chunks_captured=None,
        model="m",
        usage=None,
        ttft_ms=None,
        attempts=(Attempt(400, 1.0, "hello", None, None),),
        outcome="complete",
        quality_signals=("invalid_request",),
    )
    recorder = Recorder(_config.load(log_dir=tmp_path, redact=["he.lo"]), "agent")
    recorder.record(event, frozenset())
    recorder.close(10)
    (line,) = next(tmp_path.rglob("*.jsonl")).read_bytes().splitlines()
    written = json.loads(line)
    assert b"hello" not in line
    assert (written["error"]["type"], written["error"]["msg"]) == ("ValueError", "[withheld]")
    assert [written[name] for name in ("request_body", "response_body")] == ["[withheld]"] * 2
