"""One call of the backlog: the event that the recorder would have written for it.

The members and their order are those of the documented log format; bodies come from the scripted server's own
dialects, so that they look like what the live part of the night records.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from random import Random

import orjson

from capture.scripted import Answer, ErrorAnswer
from capture.scripted.dialects import dialect_named
from capture.scripted.reply import Ids, Reply, settle
from tessen_tui.demo.cast import Agent, Json

SURFACES = {
    "anthropic": ("messages.create", "messages.stream"),
    "openai_chat": ("chat.completions.create", "chat.completions.stream"),
    "openai_responses": ("responses.create", "responses.stream"),
}
PATHS = {
    "anthropic": "/v1/messages",
    "openai_chat": "/v1/chat/completions",
    "openai_responses": "/v1/responses",
}
ERRORS = {
    429: ("RateLimitError", "rate_limit_error", "rate_limited"),
    529: ("OverloadedError", "overloaded_error", "overloaded"),
}
"""What the SDK raises, what the vendor calls it, and the signal it becomes, by status."""

NOT_RECORDED = ("organization", "organization-id")
"""Ends of header names that the recorder leaves out."""

TOKENS_PER_S = 90
"""How fast the models of the backlog write."""


@dataclass(frozen=True, slots=True)
class Call:
    """One logical call, with everything that led to its end."""

    agent: Agent
    session_id: str
    body: Json
    answers: Sequence[Answer]
    """One for each attempt; only the last can be something else than an error."""
    call_site: Json
    ids: Ids
    at: float
    """Unix time in seconds at which it started."""


def event_of(call: Call, random: Random) -> tuple[Json, Json | None]:
    """Return a call's event, and the model's answer if there was one."""
    final = call.answers[-1]
    attempts = [_attempt(answer, random) for answer in call.answers]
    waited = sum(attempt["duration_ms"] for attempt in attempts[:-1]) / 1000 + 0.5 * (len(attempts) - 1)
    if final.error is not None:
        seconds = waited + 0.2
        event = _head(call, seconds, random) | {"status": "error", "error": _error(final.error, call.ids)}
        signals = [ERRORS[final.error.status][2]] + ["silent_retry"] * (len(attempts) > 1)
        event |= {"attempts": attempts, "model": call.agent.model, "v": 2, "quality_signals": signals}
        return event, None
    dialect = dialect_named(call.agent.api)
    prompt = dialect.read(call.body, dialect.paths[0])
    reply = settle(final, prompt, len(orjson.dumps(call.body)), call.ids)
    seconds = waited + final.ttft + reply.usage.output / TOKENS_PER_S
    answer = _answer(call, reply)
    event = _head(call, seconds, random) | {"status": "ok"} | _variant(call, reply, answer)
    event |= _additions(call, reply, waited + final.ttft, attempts)
    return event | {"quality_signals": _signals(call, reply, len(attempts))}, answer


def _head(call: Call, seconds: float, random: Random) -> Json:
    agent = call.agent
    return {
        "event_id": f"{random.getrandbits(128):032x}",
        "session_id": call.session_id,
        "agent_name": agent.name,
        "ts": round(call.at, 6),
        "_tessen_tier": 1,
        "provider": agent.sdk,
        "surface": SURFACES[agent.api][agent.streamed],
        "call_type": "request",
        "http_method": "POST",
        "http_url": f"http://127.0.0.1{PATHS[agent.api]}",
        "call_site": call.call_site,
        "duration_ms": round(seconds * 1000, 3),
        "request_body": call.body,
        "streamed": agent.streamed,
    }


def _answer(call: Call, reply: Reply) -> Json:
    answer = dialect_named(call.agent.api).plain(reply, call.body)
    for name in ("created", "created_at"):
        if name in answer:
            answer[name] = int(call.at)
    return answer


def _variant(call: Call, reply: Reply, answer: Json) -> Json:
    dialect = dialect_named(call.agent.api)
    sent = dialect.headers(reply.ids.make("req_01"), 200)
    headers = {name: value for name, value in sent.items() if not name.endswith(NOT_RECORDED)}
    if not call.agent.streamed:
        return {"casted_response": answer, "response_headers": headers}
    chunks = sum(1 for _ in dialect.stream(reply, call.body))
    return {"response_body": answer, "chunks_captured": chunks, "response_headers": headers}


def _additions(call: Call, reply: Reply, first_token_s: float, attempts: list[Json]) -> Json:
    usage = reply.usage
    return {
        **({"ttft_ms": round(first_token_s * 1000, 3)} if call.agent.streamed else {}),
        **({"attempts": attempts} if len(attempts) > 1 else {}),
        "usage": {
            "input_tokens": usage.input,
            "output_tokens": usage.output,
            "cache_read_tokens": usage.cache_read,
            "cache_write_tokens": usage.cache_write,
            "reasoning_tokens": usage.reasoning,
        },
        "model": reply.model,
        "v": 2,
    }


def _attempt(answer: Answer, random: Random) -> Json:
    error = answer.error
    return {
        "status": error.status if error else answer.status,
        "duration_ms": round(random.uniform(90, 240), 3),
        "error": ERRORS[error.status][1] if error else None,
        "retry_after_s": error.retry_after if error else None,
        "request_id": f"req_01{random.getrandbits(88):022x}",
    }


def _error(error: ErrorAnswer, ids: Ids) -> Json:
    body = dialect_named("anthropic").error(error, ids.make("req_01"))
    name = ERRORS[error.status][0]
    return {
        "type": name,
        "msg": f"Error code: {error.status} - {body}",
        "tb": f"anthropic.{name}: Error code: {error.status}\n",
        "status_code": error.status,
        "body": body,
        "response_headers": {} if error.retry_after is None else {"retry-after": f"{error.retry_after:g}"},
    }


def _signals(call: Call, reply: Reply, attempts: int) -> list[str]:
    usage = reply.usage
    seen = {
        "empty_content_on_end_turn": reply.text is None and not reply.tool_calls and not reply.refusal,
        "truncated_response": reply.stop == "max_tokens",
        "refusal": reply.refusal is not None,
        "invalid_tool_call_json": not all(_is_json(call.arguments) for call in reply.tool_calls),
        "cache_control_set_but_no_cache_activity": call.agent.cached
        and not usage.cache_read + usage.cache_write,
        "silent_retry": attempts > 1,
    }
    return [name for name, holds in seen.items() if holds]


def _is_json(text: str) -> bool:
    try:
        orjson.loads(text)
    except orjson.JSONDecodeError:
        return False
    return True
