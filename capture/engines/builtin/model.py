"""Asking the model: one request, repeated politely where the trouble may pass."""

from __future__ import annotations

import asyncio
import http.client
import random
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

import orjson

from capture.engines.builtin.dialects import DIALECTS, ModelAnswer

Json = dict[str, Any]

ATTEMPTS = 5
FIRST_PAUSE_S = 0.5
LONGEST_PAUSE_S = 30.0
TIMEOUT_S = 1800.0
"""Of silence. The recorder in between has its own, and says better what went wrong."""
PASSING = (408, 409, 429, 500, 502, 503, 504, 529)


class ModelError(Exception):
    """The model could not be asked, or did not answer. The message is one line."""


@dataclass(frozen=True, slots=True)
class _Response:
    status: int
    headers: http.client.HTTPMessage
    body: bytes


class Model:
    """A model behind an address: the recorder's, on this machine, so that plain HTTP is all it takes."""

    def __init__(self, base_url: str, protocol: str, model: str, key: str, max_tokens: int) -> None:
        self._dialect = DIALECTS[protocol]
        self._address = urlsplit(base_url.rstrip("/") + self._dialect.path)
        self._name = model
        self._max_tokens = max_tokens
        self._headers = {"content-type": "application/json", **self._dialect.headers(key)}

    async def ask(
        self,
        system: str,
        messages: Sequence[Json],
        tools: Sequence[Json],
        *,
        model: str | None,
        agent: str | None,
    ) -> ModelAnswer:
        """Ask for the next answer of a conversation.

        Args:
            system: The system prompt.
            messages: The conversation.
            tools: The tools on offer.
            model: In place of the usual one.
            agent: The subagent that asks; None for the main one.

        Raises:
            ModelError: there was no answer, or one that makes no sense.
        """
        body = self._dialect.request(model or self._name, system, messages, tools, self._max_tokens)
        headers = self._headers | ({"x-harness-agent-id": agent} if agent else {})
        response = await self._send(orjson.dumps(body), headers)
        try:
            return self._dialect.answer(orjson.loads(response.body))
        except (orjson.JSONDecodeError, LookupError, TypeError) as error:
            raise ModelError(f"the answer makes no sense: {type(error).__name__}: {error}") from None

    async def _send(self, body: bytes, headers: dict[str, str]) -> _Response:
        pause = FIRST_PAUSE_S
        for attempt in range(1, ATTEMPTS + 1):
            last = attempt == ATTEMPTS
            try:
                response = await asyncio.to_thread(self._post, body, headers)
            except (OSError, http.client.HTTPException) as error:
                if last:
                    raise ModelError(f"no answer from the model: {error or type(error).__name__}") from None
            else:
                if response.status == http.client.OK:
                    return response
                refused = response.headers.get("x-should-retry") == "false"
                if last or refused or response.status not in PASSING:
                    raise ModelError(f"{response.status}: {_message(response)}")
                pause = max(pause, _seconds(response.headers.get("retry-after")))
            await asyncio.sleep(min(pause, LONGEST_PAUSE_S) * random.uniform(0.8, 1.2))
            pause *= 2
        raise AssertionError("unreachable")

    def _post(self, body: bytes, headers: dict[str, str]) -> _Response:
        address = self._address
        connection = http.client.HTTPConnection(address.hostname or "", address.port, timeout=TIMEOUT_S)
        try:
            connection.request("POST", address.path, body, headers)
            response = connection.getresponse()
            return _Response(response.status, response.headers, response.read())
        finally:
            connection.close()


def _message(response: _Response) -> str:
    """Return an error response's own words, in one line."""
    try:
        error = orjson.loads(response.body)["error"]
        text = error["message"] if isinstance(error, dict) else error
    except (orjson.JSONDecodeError, LookupError, TypeError):
        text = response.body[:200].decode(errors="replace")
    return " ".join(str(text).split())


def _seconds(header: str | None) -> float:
    try:
        return float(header or 0)
    except ValueError:
        return 0.0
