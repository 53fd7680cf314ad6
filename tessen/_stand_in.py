"""A vendor's client and an HTTP library that answer at once, for measuring what the recorder adds to them.

What belongs here looks to the recorder's hooks like the real ones: the classes have the names that they wrap,
and calls go through `request` and `send`.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from types import ModuleType
from typing import Any, NamedTuple

ENVELOPE = 700
"""Bytes of an event that belong to neither body."""

_KEY = "sk-ant-api03-Zq7Xw2KvJt9RbY4mPcQ8LdG5hNfU3sEo6"
"""As long and as varied as a real one: how fast it is searched for depends on its rarest letter."""


class Headers(dict[str, str]):
    """Headers, also as bytes."""

    @property
    def raw(self) -> list[tuple[bytes, bytes]]:
        """Names and values."""
        return [(name.encode(), value.encode()) for name, value in self.items()]


class Message:
    """A request or an answer, as far as the hooks look at it."""

    method = "POST"
    url = "https://api.anthropic.com/v1/messages"
    status_code = 200

    def __init__(self, body: dict[str, Any], headers: dict[str, str]) -> None:
        self.content = json.dumps(body).encode()
        self.headers = Headers({"content-type": "application/json", **headers})


class Options(NamedTuple):
    """What an SDK's resource hands to its base client."""

    method: str
    url: str
    json_data: dict[str, Any]


class Client:
    """The HTTP library's client."""

    def __init__(self, answer: Message) -> None:
        self._answer = answer

    def send(self, request: Message) -> Message:
        """Return the answer."""
        del request
        return self._answer


class SyncAPIClient:
    """The vendor's client."""

    base_url = "https://api.anthropic.com"

    def __init__(self, size: int) -> None:
        """Prepare a call.

        Args:
            size: About how many bytes its event is to have.
        """
        text = "word " * ((size - ENVELOPE) // 10)
        model = {"model": "claude-haiku-4-5"}
        asked = {**model, "max_tokens": 900, "messages": [{"role": "user", "content": text}]}
        answered = {
            **model,
            "id": "msg_1",
            "type": "message",
            "role": "assistant",
            "content": [{"type": "text", "text": text}],
            "stop_reason": "end_turn",
            "usage": {"input_tokens": 900, "output_tokens": 300},
        }
        self._client = Client(Message(answered, {"request-id": "req_1"}))
        self._request = Message(asked, {"x-api-key": _KEY})
        self._options = Options("post", "/v1/messages", asked)

    def request(self, cast_to: object, options: Options) -> Message:
        """Send the request, as every resource of an SDK does."""
        del cast_to, options
        return self._client.send(self._request)

    def ask(self) -> Message:
        """Make the call."""
        return self.request(Message, self._options)


@contextmanager
def imported() -> Iterator[None]:
    """Have the recorder find this module where it looks for an SDK and for an HTTP library."""
    sdk, http = ModuleType("anthropic._base_client"), ModuleType("httpx2._client")
    sdk.SyncAPIClient, http.Client = SyncAPIClient, Client  # type: ignore[attr-defined]
    modules = (ModuleType("anthropic"), sdk, http)
    before = {module.__name__: sys.modules.get(module.__name__) for module in modules}
    sys.modules.update({module.__name__: module for module in modules})
    try:
        yield
    finally:
        for name, module in before.items():
            del sys.modules[name]
            if module is not None:
                sys.modules[name] = module
