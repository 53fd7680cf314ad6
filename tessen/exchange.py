"""One event as an exchange between a program and a model, the same for every vendor.

What belongs here is the picture itself and how an event's own fields are read into it; the vendors' bodies
are read by `tessen._protocols`. Everything tolerates missing and wrongly typed fields: what is not
understood is kept as it came, and nothing raises. Event fields are those of the log format, old recorders'
shapes included.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from tessen._protocols import anthropic, converse, gemini, openai_chat, openai_responses
from tessen._shapes import first, items, mapping, number, text, whole
from tessen.blocks import Answer, Request
from tessen.usage import Usage, normalise, usage_of


@dataclass(frozen=True, slots=True)
class Attempt:
    """One HTTP request made for the call."""

    status: int | None
    """HTTP status; None when no answer came."""
    duration_ms: float | None
    error: str | None
    retry_after_s: float | None
    """How long the vendor asked to wait, in seconds."""
    request_id: str | None


@dataclass(frozen=True, slots=True)
class Failure:
    """Why the call failed."""

    type: str
    message: str
    status: int | None
    traceback: str
    body: Any
    """The vendor's error body, parsed where it is JSON."""


@dataclass(frozen=True, slots=True)
class CallSite:
    """The line of the user's program that made the call."""

    file: str
    line: int | None
    func: str


@dataclass(frozen=True, slots=True)
class Exchange:
    """What one event says, for people. Text is raw: not yet safe for a terminal."""

    event_id: str
    session_id: str
    agent: str
    ts: float
    """Start of the call, seconds since the epoch, UTC; 0.0 where the event has none."""
    provider: str | None
    surface: str | None
    method: str | None
    url: str | None
    model: str | None
    """The model that answered, else the one asked."""
    asked_model: str | None
    streamed: bool
    duration_ms: float | None
    ttft_ms: float | None
    """From the start of the call to the first content."""
    error: bool
    outcome: str
    """complete, abandoned, cancelled, exception or killed."""
    signals: tuple[str, ...]
    call_site: CallSite | None
    request: Request
    answers: tuple[Answer, ...]
    answer_facts: dict[str, Any]
    """What else the answer's body says, such as its id and service tier; nulls left out."""
    usage: Usage | None
    """None where neither the event nor the answer reports one."""
    raw_usage: dict[str, Any]
    """The vendor's own usage object."""
    attempts: tuple[Attempt, ...]
    failure: Failure | None
    headers: dict[str, str]
    """The answer's headers that were recorded."""
    chunks: int | None
    """Chunks of the stream that were read."""
    extra: dict[str, Any] = field(default_factory=dict)
    """Fields of the event that have no other place here."""

    @property
    def stop_reason(self) -> str | None:
        """Why the model stopped, in the vendor's words; of the first answer where there are several."""
        return self.answers[0].stop_reason if self.answers else None

    @classmethod
    def from_event(cls, event: dict[str, Any]) -> Exchange:
        """Read an event of any recorder's version; never raises."""
        asked, answered = _request_body(event), response_body(event)
        protocol = _protocol(event, asked, answered)
        request = protocol.request(asked)
        asked_model = text(asked.get("model")) or _model_in_url(event.get("http_url"))
        answered_model = text(first(answered, "model", "modelVersion", "model_version"))
        return cls(
            event_id=text(event.get("event_id")) or "",
            session_id=text(event.get("session_id")) or "",
            agent=text(event.get("agent_name")) or "",
            ts=number(event.get("ts")) or 0.0,
            provider=text(event.get("provider")),
            surface=text(event.get("surface")),
            method=text(event.get("http_method")),
            url=text(event.get("http_url")),
            model=text(event.get("model")) or answered_model or asked_model,
            asked_model=asked_model,
            streamed=event.get("streamed") is True,
            duration_ms=number(event.get("duration_ms")),
            ttft_ms=number(event.get("ttft_ms")),
            error=event.get("status") == "error" or bool(mapping(event.get("error"))),
            outcome=text(event.get("outcome")) or "complete",
            signals=tuple(s for s in items(event.get("quality_signals")) if isinstance(s, str)),
            call_site=_call_site(event.get("call_site")),
            request=request,
            answers=protocol.answers(answered),
            answer_facts=_answer_facts(event, answered),
            usage=normalise(event.get("usage")) or usage_of(answered),
            raw_usage=mapping(first(answered, "usage", "usageMetadata", "usage_metadata", "meta")),
            attempts=tuple(_attempt(a) for a in items(event.get("attempts"))),
            failure=_failure(event.get("error")),
            headers=_headers(event),
            chunks=whole(event.get("chunks_captured")),
            extra={k: v for k, v in event.items() if k not in _EVENT_KEYS},
        )


def response_body(event: dict[str, Any]) -> dict[str, Any]:
    """The answer's body: as parsed by the SDK, else as it came, else the error's; {} where there is none."""
    for candidate in (event.get("casted_response"), event.get("response_body")):
        if isinstance(candidate, dict) and candidate:
            return gemini.unwrapped(candidate) if isinstance(candidate.get("body"), str) else candidate
    return mapping(mapping(event.get("error")).get("body"))


_EVENT_KEYS = frozenset(
    [
        *("event_id", "session_id", "agent_name", "ts", "_tessen_tier", "provider", "surface", "call_type"),
        *("http_method", "http_url", "call_site", "duration_ms", "request_body", "streamed", "status"),
        *("casted_response", "response_body", "response_headers", "chunks_captured", "error"),
        *("quality_signals", "ttft_ms", "attempts", "outcome", "usage", "model", "v"),
    ]
)
_ANSWER_KEYS = frozenset(
    [
        *("content", "choices", "output", "candidates", "message", "role", "model", "type", "object"),
        *("usage", "usageMetadata", "usage_metadata", "stop_reason", "error"),
        *("_assembled_from_chunks", "n_chunks"),
    ]
)


@dataclass(frozen=True, slots=True)
class _Protocol:
    """The two readers of a protocol."""

    request: Callable[[dict[str, Any]], Request]
    answers: Callable[[dict[str, Any]], tuple[Answer, ...]]


_ANTHROPIC = _Protocol(anthropic.read_request, anthropic.read_answers)
_CHAT = _Protocol(openai_chat.read_request, openai_chat.read_answers)
_RESPONSES = _Protocol(openai_responses.read_request, openai_responses.read_answers)
_CONVERSE = _Protocol(converse.read_request, converse.read_answers)
_GEMINI = _Protocol(gemini.read_request, gemini.read_answers)


def _protocol(event: dict[str, Any], asked: dict[str, Any], answered: dict[str, Any]) -> _Protocol:
    """Which protocol was spoken: by the bodies' shape, since compatible servers wear any name."""
    surface = text(event.get("surface")) or ""
    if (
        "contents" in asked
        or "candidates" in answered
        or event.get("provider") in ("google_gemini", "gemini")
    ):
        return _GEMINI
    if surface.startswith("converse") or isinstance(mapping(answered.get("output")).get("message"), dict):
        return _CONVERSE
    if (
        surface.startswith("responses")
        or "output" in answered
        or ("input" in asked and "messages" not in asked)
    ):
        return _RESPONSES
    if "choices" in answered or isinstance(answered.get("message"), dict):
        return _CHAT
    if event.get("provider") == "anthropic" or "stop_reason" in answered or surface.startswith("messages"):
        return _ANTHROPIC
    return _CHAT


def _request_body(event: dict[str, Any]) -> dict[str, Any]:
    """The request's body; the released recorders write {} for each parameter that was left out."""
    body = mapping(event.get("request_body"))
    return body if "v" in event else {k: v for k, v in body.items() if v != {}}


def _model_in_url(url: object) -> str | None:
    """The model that a Gemini URL names: `…/models/<model>:generateContent`."""
    _, found, tail = (text(url) or "").partition("/models/")
    return text(tail.partition(":")[0]) if found and ":" in tail else None


def _answer_facts(event: dict[str, Any], answered: dict[str, Any]) -> dict[str, Any]:
    """What the answer's body says beside its content; an error's body is told with the error."""
    if answered is mapping(event.get("error")).get("body"):
        return {}
    return {k: v for k, v in answered.items() if k not in _ANSWER_KEYS and v is not None}


def _call_site(value: object) -> CallSite | None:
    """The call site, where there is one."""
    site = mapping(value)
    file = text(site.get("file"))
    return CallSite(file, whole(site.get("line")), text(site.get("func")) or "") if file else None


def _attempt(value: object) -> Attempt:
    """One attempt."""
    attempt = mapping(value)
    error = attempt.get("error")
    return Attempt(
        status=whole(attempt.get("status")),
        duration_ms=number(attempt.get("duration_ms")),
        error=text(error) or text(mapping(error).get("type")),
        retry_after_s=number(attempt.get("retry_after_s")),
        request_id=text(attempt.get("request_id")),
    )


def _failure(value: object) -> Failure | None:
    """The error, where there is one."""
    error = mapping(value)
    if not error:
        return None
    return Failure(
        type=text(error.get("type")) or "error",
        message=text(error.get("msg")) or "",
        status=whole(error.get("status_code")),
        traceback=text(error.get("tb")) or "",
        body=error.get("body"),
    )


def _headers(event: dict[str, Any]) -> dict[str, str]:
    """The recorded headers of the answer or of the error, as text."""
    headers = event.get("response_headers") or mapping(event.get("error")).get("response_headers")
    return {k: v if isinstance(v, str) else repr(v) for k, v in mapping(headers).items()}
