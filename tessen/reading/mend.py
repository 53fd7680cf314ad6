"""What the released recorders (0.3, 0.4) got wrong, read right where their record allows it.

What belongs here is the difference between those logs and ours, one function a fault; docs/reading.md lists
them. Everything works on one event and never raises. Events of our own recorder pass through untouched.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator
from typing import Any

from tessen._protocols.gemini import unwrapped
from tessen._shapes import first, items, mapping, text, whole
from tessen._verdict import http_signal
from tessen.signals import SIGNALS
from tessen.usage import normalise, usage_of

COMPUTED = "computed_signals"
"""The key under which a mended event names the signals that its recorder missed."""

_ORDER = {signal.name: number for number, signal in enumerate(SIGNALS)}
_STATUS_IN_MESSAGE = re.compile(r"([45]\d\d) ")
_NAME_IN_MESSAGE = re.compile(r"'type': '([a-z_]+)'")
_CREDENTIALS = frozenset(
    [
        *("authorization", "proxy-authorization", "x-api-key", "api-key", "x-goog-api-key", "cookie"),
        *("x-amz-security-token", "ocp-apim-subscription-key"),
    ]
)
_TRANSPORT = frozenset(
    [
        *("ConnectError", "ConnectTimeout", "ReadError", "ReadTimeout", "WriteError", "WriteTimeout"),
        *("PoolTimeout", "ProxyError", "RemoteProtocolError", "LocalProtocolError", "CloseError"),
        *("APITimeoutError", "ConnectionResetError", "ConnectionRefusedError", "BrokenPipeError"),
        *("IncompleteRead", "ClientConnectorError", "ServerDisconnectedError"),
    ]
)
"""Exceptions of connections whose base classes, which ours records, stand in no old log."""


def is_old(event: dict[str, Any]) -> bool:
    """Whether a released recorder wrote an event, and it has not been mended yet."""
    return "v" not in event and COMPUTED not in event


def mended(event: dict[str, Any]) -> dict[str, Any]:
    """Return an old event as our recorder would have written it, as far as its record allows.

    Added: `usage`, `model`, and `computed_signals`, which names those in `quality_signals` that the recorder
    missed. Decoded: answers kept as an HTTP response with their JSON in a string. Left out: parameters that
    were never sent, written as `{}`, and credentials. Corrected: a status of `ok` beside an HTTP error.

    Args:
        event: As parsed; not changed.

    Returns:
        The event itself where there is nothing to mend.
    """
    if not is_old(event):
        return event
    better = dict(event)
    better["request_body"] = request_body(event)
    if "request_headers" in event:
        better["request_headers"] = _without_credentials(mapping(event["request_headers"]))
    for key in ("casted_response", "response_body"):
        if key in event:
            better[key] = _decoded(event[key])
    _correct_failure(better)
    answered = response_body(better)
    usage = normalise(event.get("usage")) or usage_of(answered)
    if usage is not None:
        better["usage"] = usage.as_dict()
    if (model := model_of(better, answered)) is not None:
        better["model"] = model
    recorded = [name for name in items(event.get("quality_signals")) if isinstance(name, str)]
    computed = [name for name in _signals(better, answered) if name not in recorded]
    better[COMPUTED] = computed
    better["quality_signals"] = sorted(recorded + computed, key=lambda name: _ORDER.get(name, len(_ORDER)))
    return better


def request_body(event: dict[str, Any]) -> Any:
    """The request's body; the released recorders write {} for each parameter that was left out."""
    body = event.get("request_body")
    if "v" in event or not isinstance(body, dict):
        return body
    return {key: value for key, value in body.items() if value != {}}


def response_body(event: dict[str, Any]) -> dict[str, Any]:
    """The answer's body: as parsed by the SDK, else as it came, else the error's; {} where there is none."""
    for candidate in (event.get("casted_response"), event.get("response_body")):
        if isinstance(candidate, dict) and candidate:
            return unwrapped(candidate) if isinstance(candidate.get("body"), str) else candidate
    return mapping(mapping(event.get("error")).get("body"))


def model_of(event: dict[str, Any], answered: dict[str, Any]) -> str | None:
    """The model that answered; else the one that was asked; None where neither is named."""
    named = text(event.get("model")) or answered_model(answered)
    return (
        named or text(mapping(event.get("request_body")).get("model")) or model_in_url(event.get("http_url"))
    )


def answered_model(answered: dict[str, Any]) -> str | None:
    """The model that an answer's body names."""
    return text(first(answered, "model", "modelVersion", "model_version"))


def model_in_url(url: object) -> str | None:
    """The model that a Gemini URL names: `…/models/<model>:generateContent`."""
    _, found, tail = (text(url) or "").partition("/models/")
    return text(tail.partition(":")[0]) if found and ":" in tail else None


def _without_credentials(headers: dict[str, Any]) -> dict[str, Any]:
    """The headers of a request; released recorders wrote the API key among them."""
    return {k: "(a credential, left out)" if k.lower() in _CREDENTIALS else v for k, v in headers.items()}


def _decoded(body: Any) -> Any:
    """An answer that was recorded as `{headers, body: "<json>"}`."""
    if isinstance(body, dict) and isinstance(body.get("body"), str):
        return unwrapped(body) or body
    return body


def _correct_failure(event: dict[str, Any]) -> None:
    """The status of a failure: named in the message only, or beside an event that says ok."""
    error = mapping(event.get("error"))
    status = whole(event.get("response_status"))
    if error:
        event["status"] = "error"
        if error.get("status_code") is None and (found := _stated_status(error, status)):
            event["error"] = {**error, "status_code": found}
    elif status is not None and status >= 400:
        event["status"] = "error"
        body = response_body(event)
        event["error"] = {"type": "HTTPStatusError", "msg": "", "tb": "", "status_code": status, "body": body}


def _stated_status(error: dict[str, Any], status: int | None) -> int | None:
    """The HTTP status of a failure: the HTTP layer's, else the one its message starts with."""
    if status is not None and status >= 400:
        return status
    match = _STATUS_IN_MESSAGE.match(text(error.get("msg")) or "")
    return int(match[1]) if match else None


def _signals(event: dict[str, Any], answered: dict[str, Any]) -> list[str]:
    if event.get("status") == "error":
        error = mapping(event.get("error"))
        found = http_signal(_names(error), whole(error.get("status_code")))
        return [found] if found else []
    return _content_signals(event, answered) if answered else []


def _names(error: dict[str, Any]) -> Iterator[str]:
    """What a failure is called: by the vendor, in its body or a message that quotes it; then by Python."""
    body = mapping(error.get("body"))
    stated = mapping(body.get("error")) or body
    yield from (name for name in (text(stated.get("type")), text(stated.get("code"))) if name)
    yield from reversed(_NAME_IN_MESSAGE.findall(text(error.get("msg")) or ""))
    kind = text(error.get("type")) or ""
    yield kind
    if kind in _TRANSPORT:
        yield "TransportError"


def _content_signals(event: dict[str, Any], answered: dict[str, Any]) -> list[str]:
    """What the vendors' own judges find wrong with an answer."""
    from tessen.reading import dialects  # which imports every vendor's file: only for old logs

    judge = dialects.judge_of(event, answered)
    if judge is None:
        return []
    try:
        return judge(_marked_request(event, answered), answered)
    except (TypeError, ValueError, AttributeError, RecursionError):
        return []  # bodies of any shape, judged by code that knows its vendor's


def _marked_request(event: dict[str, Any], answered: dict[str, Any]) -> bytes | None:
    """The request as bytes where it may hold a cache marker; the judges look for nothing else in it.

    None, too, where the released recorders lost the counts of a stream: that says nothing about the cache.
    """
    body = event.get("request_body")
    counts = mapping(answered.get("usage")).get("cache_read_input_tokens")
    if counts is None or not isinstance(body, dict) or not _mentions_cache([body]):
        return None
    return json.dumps(body).encode()


def _mentions_cache(values: Iterable[Any]) -> bool:
    waiting = list(values)
    while waiting:
        value = waiting.pop()
        if isinstance(value, dict):
            if "cache_control" in value:
                return True
            waiting += value.values()
        elif isinstance(value, list):
            waiting += value
    return False
