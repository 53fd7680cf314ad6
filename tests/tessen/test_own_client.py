"""HTTP clients of the program's own under the SDKs, and requests by the SDKs' own `post`."""

from __future__ import annotations

from typing import Any

import anthropic
import httpx2
import pytest

from capture.scripted import ErrorAnswer, ScriptedServer
from tessen import _recorder
from tests.tessen.test_call import QUESTION, ask


def test_a_client_that_leaves_the_sending_to_another(server: ScriptedServer, clients: Any, log: Any) -> None:
    """As programs wrap one to log what is sent; the request is the call's, also one that asks no chat."""
    inner = httpx2.Client()

    class Outer(httpx2.Client):
        def send(self, request: httpx2.Request, **more: Any) -> httpx2.Response:
            return inner.send(request, **more)

    client = clients.openai(http_client=Outer(), max_retries=1)
    client.embeddings.create(model="text-embedding-3-small", input="hello")
    server.enqueue(ErrorAnswer(503, retry_after=0.01))
    ask(client)
    embedded, asked = log.events()
    assert (embedded["surface"], embedded["status"]) == ("embeddings.create", "ok")
    assert [attempt["status"] for attempt in asked["attempts"]] == [503, 200]


def test_a_client_that_has_an_answer_where_the_server_has_none(clients: Any, log: Any) -> None:
    kept = {"choices": [], "model": "kept"}

    class Keeping(httpx2.Client):
        def send(self, request: httpx2.Request, **more: Any) -> httpx2.Response:
            try:
                return super().send(request, **more)
            except httpx2.ConnectError:
                return httpx2.Response(200, json=kept, request=request)

    ask(clients.openai(http_client=Keeping(), base_url="http://127.0.0.1:9/v1"))
    event = log.one()
    assert (event["status"], event["model"]) == ("ok", "gpt-5-mini")
    assert event["attempts"][0]["error"].startswith("ConnectError")
    assert not _recorder.active._calls  # type: ignore[union-attr]


@pytest.mark.parametrize("retries", [0, 1])
def test_a_hook_that_raises_for_the_status(
    retries: int, server: ScriptedServer, clients: Any, log: Any
) -> None:
    """The SDK takes it for a broken connection; the server has answered all the same."""
    hook: Any = httpx2.Response.raise_for_status
    http_client = httpx2.Client(event_hooks={"response": [lambda response: hook(response)]})
    server.enqueue(ErrorAnswer(429, retry_after=0.01))
    client = clients.anthropic(http_client=http_client, max_retries=retries)
    if retries:
        ask(client)
    else:
        with pytest.raises(anthropic.APIConnectionError):
            ask(client)
    event = log.one()
    assert event["quality_signals"] == (["silent_retry"] if retries else ["rate_limited"])
    assert (event["attempts"][0]["status"], event["attempts"][0]["retry_after_s"]) == (429, 0.01)


SURFACES = {"/v1": ["chat.completions.create"], "": ["chat.completions.create", "embeddings.create"]}


@pytest.mark.parametrize("base", SURFACES)
def test_a_request_by_the_clients_own_post(base: str, server: ScriptedServer, clients: Any, log: Any) -> None:
    client = clients.openai(base_url=server.url + base)
    client.post(
        f"{server.url}/v1/chat/completions",
        body={"model": "gpt-5-mini", "messages": QUESTION},
        cast_to=object,
    )
    if not base:
        client.post("/v1/embeddings", body={"model": "e", "input": "hello"}, cast_to=object)
    assert [event["surface"] for event in log.events()] == SURFACES[base]
    assert all(event["usage"]["input_tokens"] for event in log.events())
