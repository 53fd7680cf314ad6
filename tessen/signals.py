"""The signals: what can be wrong with one model call, as data a person can read.

What belongs here is the list itself, in the order in which signals appear in an event's `quality_signals`:
the 19 of the documented log format (HTTP, content, cache), then three of our own. Nothing is evaluated here;
`tessen._verdict` does that when an event is built.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Kind = Literal["http", "content", "cache", "call"]
Severity = Literal["info", "warning", "error"]


@dataclass(frozen=True, slots=True)
class Signal:
    """One thing that can be wrong with a call."""

    name: str
    """As written in `quality_signals`."""
    kind: Kind
    """Where it shows: in the HTTP exchange, the answer's content, the prompt cache, or the call's course."""
    severity: Severity
    """How much it matters by itself: error (the call failed), warning (the answer is suspect), info."""
    meaning: str
    """One sentence: what happened, and so why this signal fired."""
    advice: str
    """One sentence: what to do about it."""


SIGNALS: tuple[Signal, ...] = (
    Signal(
        "rate_limited",
        "http",
        "error",
        "The vendor refused the call because calls or tokens came faster than it allows (HTTP 429).",
        "Wait as long as retry-after says, send fewer calls at once, or ask the vendor for a higher limit.",
    ),
    Signal(
        "overloaded",
        "http",
        "error",
        "The vendor is short of capacity and turned the call away (HTTP 529).",
        "Retry with growing pauses, and fall back to another model or vendor if it lasts.",
    ),
    Signal(
        "auth_error",
        "http",
        "error",
        "The vendor did not accept the API key (HTTP 401).",
        "Check that the key this process uses is present, whole, not revoked, and meant for this endpoint.",
    ),
    Signal(
        "permission_denied",
        "http",
        "error",
        "The key is valid but may not use this model, feature or region (HTTP 403).",
        "Grant the key's project access to the model, or call one it may use.",
    ),
    Signal(
        "not_found",
        "http",
        "error",
        "The model or the address does not exist for this account (HTTP 404).",
        "Check the model's name for typing errors or retirement, and the base URL's path.",
    ),
    Signal(
        "conflict",
        "http",
        "error",
        "The call collided with another change to the same resource (HTTP 409).",
        "Read the resource again and repeat the call; look for two workers doing the same job.",
    ),
    Signal(
        "unprocessable",
        "http",
        "error",
        "The request was well-formed but its values made no sense to the vendor (HTTP 422).",
        "Read the error's message for the field it names, and compare the request with the API reference.",
    ),
    Signal(
        "invalid_request",
        "http",
        "error",
        "The vendor rejected the request as malformed or too large (HTTP 400).",
        "Read the error's message for the field it names; the same request will fail again.",
    ),
    Signal(
        "connection_error",
        "http",
        "error",
        "No answer arrived: the connection was refused, reset or timed out before a status came back.",
        "Check network, DNS, proxy and the base URL, and compare the duration with the client's timeout.",
    ),
    Signal(
        "server_error",
        "http",
        "error",
        "The vendor failed while handling the call (HTTP 5xx).",
        "Retry with growing pauses; if it lasts, look at the vendor's status page and quote the request id.",
    ),
    Signal(
        "client_error",
        "http",
        "error",
        "The vendor refused the call for a reason of its own (another HTTP 4xx).",
        "Read the error's body: status and message say what was refused.",
    ),
    Signal(
        "empty_content_on_end_turn",
        "content",
        "warning",
        "The model ended its turn normally but said nothing at all.",
        "Check whether the last message leaves anything to answer; after tool results, ask for a conclusion.",
    ),
    Signal(
        "empty_content_on_stop",
        "content",
        "warning",
        "The model stopped normally with neither text, tool call nor refusal.",
        "Check whether the last message leaves anything to answer, and retry once before believing it.",
    ),
    Signal(
        "truncated_response",
        "content",
        "warning",
        "The answer was cut off because it ran into the token limit.",
        "Raise the limit on output tokens, shorten the context, or continue the answer in a second call.",
    ),
    Signal(
        "refusal",
        "content",
        "warning",
        "The model or a content filter declined to answer.",
        "Read what was asked: reword it if it was legitimate, or route such requests to a person.",
    ),
    Signal(
        "thinking_only_no_output",
        "content",
        "warning",
        "The model spent the call on thinking and produced neither text nor a tool call.",
        "Leave more output tokens than the thinking budget uses up, or lower the budget.",
    ),
    Signal(
        "invalid_tool_use_json",
        "content",
        "warning",
        "The model asked for a tool with an input that is not valid JSON.",
        "Answer the call with a tool error so that the model repeats it; truncation is the usual cause.",
    ),
    Signal(
        "invalid_tool_call_json",
        "content",
        "warning",
        "The model asked for a tool with arguments that are not valid JSON.",
        "Answer the call with a tool error so that the model repeats it, or turn on strict function schemas.",
    ),
    Signal(
        "cache_control_set_but_no_cache_activity",
        "cache",
        "warning",
        "The request marked content for the prompt cache, but nothing was read from it or written.",
        "Check that the marked prefix reaches the model's minimum length and is the same on every call.",
    ),
    Signal(
        "silent_retry",
        "call",
        "info",
        "The SDK needed more than one attempt; the program saw only the last one.",
        "Look at the attempts: what failed first, and how much waiting the retries added.",
    ),
    Signal(
        "stream_abandoned",
        "call",
        "warning",
        "The program stopped reading the stream before the model had finished.",
        "Make sure that this was meant: the tokens are paid for, and the tail of the answer was never seen.",
    ),
    Signal(
        "slow_first_token",
        "call",
        "warning",
        "The first token took several times longer than this agent's recent calls to the same model.",
        "Compare prompt size and cache reads with earlier calls; if they match, the vendor is slow now.",
    ),
)

SIGNAL_BY_NAME: dict[str, Signal] = {signal.name: signal for signal in SIGNALS}
