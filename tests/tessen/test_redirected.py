"""Redirections that a library above urllib3 follows: one call, and none left under way."""

from __future__ import annotations

from typing import Any

import anthropic
import httpx2
import pytest
import requests
import urllib3

import tessen
from tessen import _recorder
from tests.tessen.saying import Request, Said, Saying

ASK: dict[str, Any] = {
    "model": "claude-haiku-4-5",
    "max_tokens": 9,
    "messages": [{"role": "user", "content": "hello"}],
}
USAGE = b'{"input_tokens": 3, "output_tokens": 2}'
MESSAGE = b'{"type": "message", "model": "m", "content": [], "stop_reason": "tool_use", "usage": %b}' % USAGE


def moved(request: Request) -> Said:
    """What a server says that has moved: the old address sends to the new one."""
    if request.path == "/new/v1/messages":
        return Said("application/json", [MESSAGE])
    if request.path == "/login":
        return Said("text/html", [b"<html>"])
    to = "/login" if request.path.startswith("/closed") else "/new/v1/messages"
    return Said("text/plain", [], {"location": to}, 302 if to == "/login" else 307)


@pytest.fixture
def saying(saying: Saying) -> Saying:
    saying.says = moved
    return saying


def by_requests(url: str) -> Any:
    return requests.post(url, json=ASK).status_code


def by_urllib3(url: str) -> Any:
    return urllib3.request("POST", url, json=ASK).status


@pytest.mark.parametrize("ask", [by_requests, by_urllib3])
def test_to_the_model(ask: Any, saying: Saying, log: Any) -> None:
    assert ask(f"{saying.url}/old/v1/messages") == 200
    event = log.one()
    assert (event["status"], event["quality_signals"], event["usage"]["input_tokens"]) == ("ok", [], 3)
    assert "attempts" not in event
    assert not _recorder.active._calls  # type: ignore[union-attr]


@pytest.mark.parametrize("ask", [by_requests, by_urllib3])
def test_to_a_page(ask: Any, saying: Saying, log: Any) -> None:
    assert ask(f"{saying.url}/closed/v1/messages") == 200
    event = log.one()
    assert (event["surface"], event["casted_response"]) == ("messages.create", "<html>")


def test_that_is_not_followed(saying: Saying, log: Any) -> None:
    """Nothing tells that it will not be, but what comes next."""
    requests.post(f"{saying.url}/old/v1/messages", json=ASK, allow_redirects=False)
    requests.post(f"{saying.url}/old/v1/messages", json=ASK)
    first, second = log.events()
    assert (first["status"], "usage" in first) == ("ok", False)
    assert second["usage"]["output_tokens"] == 2


def test_when_recording_ends(saying: Saying, log: Any) -> None:
    requests.post(f"{saying.url}/old/v1/messages", json=ASK, allow_redirects=False)
    tessen.shutdown()
    assert (log.one()["status"], log.one().get("outcome")) == ("ok", None)


def test_under_an_sdk(saying: Saying, log: Any) -> None:
    """Whose requests the program has requests send; the redirection is not the SDK's answer."""

    class ByRequests(httpx2.Client):
        def send(self, request: httpx2.Request, **_: Any) -> httpx2.Response:
            answer = requests.post(str(request.url), data=request.read(), headers=dict(request.headers))
            kind = {"content-type": answer.headers["content-type"]}
            return httpx2.Response(200, content=answer.content, headers=kind, request=request)

    url = f"{saying.url}/old"
    client = anthropic.Anthropic(base_url=url, api_key="key-of-the-test", http_client=ByRequests())
    client.messages.create(**ASK)
    assert (log.one()["_tessen_tier"], log.one()["usage"]["input_tokens"]) == (1, 3)
