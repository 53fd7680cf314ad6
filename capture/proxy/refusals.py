"""Answers of the proxy's own, for requests to which the API gave none.

What belongs here is which errors there are, in the shape in which the engine's API states its own.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import NamedTuple

from capture.proxy.formats import ANTHROPIC
from capture.proxy.headers import Headers, values_of

BAD_GATEWAY = 502


class Refusal(NamedTuple):
    """An error as an answer."""

    status: int
    reason: bytes
    headers: Headers
    """All but those of the body."""
    body: bytes


Refuser = Callable[[str | None, Headers, str], Refusal]
"""Takes the protocol spoken, as far as the path tells; the request's headers, which tell where the path does
not; and what went wrong."""


def no_answer(api_format: str | None, headers: Headers, message: str) -> Refusal:
    """Return what is said when the API failed; an SDK may try again."""
    body = (
        _of_anthropic("api_error", message)
        if _speaks_anthropic(api_format, headers)
        else _of_openai("server_error", "bad_gateway", message)
    )
    return Refusal(BAD_GATEWAY, b"Bad Gateway", [], body)


def not_sent(api_format: str | None, headers: Headers, message: str) -> Refusal:
    """Return what is said when the request may not go up, for what it would cost.

    It is what each API says to an account without money, and nobody tries again: Claude Code does after a
    400, with another body, and Codex after a 402.
    """
    final = [(b"x-should-retry", b"false")]
    if _speaks_anthropic(api_format, headers):
        return Refusal(402, b"Payment Required", final, _of_anthropic("billing_error", message))
    body = _of_openai("invalid_request_error", "billing_hard_limit_reached", message)
    return Refusal(400, b"Bad Request", final, body)


def _speaks_anthropic(api_format: str | None, headers: Headers) -> bool:
    return api_format == ANTHROPIC or bool(values_of(headers, b"anthropic-version"))


def _of_anthropic(kind: str, message: str) -> bytes:
    return json.dumps({"type": "error", "error": {"type": kind, "message": message}}).encode()


def _of_openai(kind: str, code: str, message: str) -> bytes:
    return json.dumps({"error": {"message": message, "type": kind, "param": None, "code": code}}).encode()
