"""The same calls as our recorder writes them, and as the released one does: seeded, under `.benchdata/`.

What belongs here is a tool-using agent's calls of two vendors, half of them asking for a tool, some streamed,
some failed. The shapes of the answers are those of the vendors' APIs (ours) and of their SDKs' dumps (the
released recorder's, which writes each of them twice).
"""

from __future__ import annotations

import json
import random
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from data import BENCHDATA, LARGE, SMALL, event

from tessen import _event
from tessen._frames import CallSite
from tessen.usage import usage_of

AGENT = "agent-00"
_POOL = 2_000
"""So many different calls, repeated with fresh ids and times."""
_EVENT, _SESSION, _TS = "e" * 32, "5" * 32, 1111111111.111111
"""What stands in a line of the pool for that which is each call's own."""
_CALLS_EACH, _AT_ONCE = 20, 8
"""Calls of a session, and sessions that go on at the same time."""
_WORDS = ("the", "order", "was", "refunded", "because", "a", "duplicate", "charge", "shows", "up", "twice")
_HEADERS = {"content-type": "application/json", "request-id": "req_011CT", "server": "cloudflare"}
_TRACEBACK = "Traceback (most recent call last):\n" + '  File "/srv/venv/agent.py", line 88, in step\n' * 8

Call = dict[str, Any]
Line = Callable[[Call], bytes]


def calls(seed: int = 7, large_every: int = 400) -> Iterator[Call]:
    """What is known of each call of the pool, whoever writes it down."""
    rng = random.Random(seed)
    for number in range(_POOL):
        vendor = rng.choice(("anthropic", "anthropic", "openai"))
        large = large_every and number % large_every == large_every - 1
        request = event(rng, 0.0, AGENT, LARGE if large else SMALL)["request_body"]
        request["model"] = {"anthropic": "claude-sonnet-4-5", "openai": "gpt-5-mini"}[vendor]
        yield {
            "vendor": vendor,
            "request": request,
            "streamed": vendor == "anthropic" and rng.random() < 0.2,
            "failed": rng.random() < 0.02,
            "answer": (_message if vendor == "anthropic" else _completion)(rng, request["model"]),
            "duration_ms": rng.lognormvariate(7, 0.7),
            "line": rng.choice((88, 120, 311)),
        }


def _message(rng: random.Random, model: str) -> dict[str, Any]:
    """An answer of the Messages API."""
    words = " ".join(rng.choices(_WORDS, k=rng.randrange(5, 60)))
    asks = rng.random() < 0.5
    content: list[dict[str, Any]] = [{"type": "text", "text": words}]
    if asks:
        used = {"order_id": f"A-{rng.randrange(10**6)}", "limit": 5}
        name = f"toolu_{rng.getrandbits(90):024x}"
        content.append({"type": "tool_use", "id": name, "name": "search_orders", "input": used})
    return {
        "model": model,
        "id": f"msg_{rng.getrandbits(90):024x}",
        "type": "message",
        "role": "assistant",
        "content": content,
        "stop_reason": "tool_use" if asks else "end_turn",
        "stop_sequence": None,
        "usage": {
            "input_tokens": rng.randrange(20, 4_000),
            "cache_creation_input_tokens": rng.choice((0, 0, 900)),
            "cache_read_input_tokens": rng.randrange(0, 30_000),
            "cache_creation": {"ephemeral_5m_input_tokens": 0, "ephemeral_1h_input_tokens": 0},
            "output_tokens": rng.randrange(20, 900),
            "service_tier": "standard",
        },
    }


def _completion(rng: random.Random, model: str) -> dict[str, Any]:
    """An answer of chat completions."""
    asks = rng.random() < 0.5
    arguments = json.dumps({"order_id": f"A-{rng.randrange(10**6)}", "limit": 5})
    asked: dict[str, Any] = {"id": f"call_{rng.getrandbits(90):024x}", "type": "function"}
    asked |= {"function": {"name": "search_orders", "arguments": arguments}}
    words = None if asks else " ".join(rng.choices(_WORDS, k=rng.randrange(5, 60)))
    message: dict[str, Any] = {"role": "assistant", "content": words, "refusal": None, "annotations": []}
    tokens, more = rng.randrange(500, 30_000), rng.randrange(20, 900)
    return {
        "id": f"chatcmpl-{rng.getrandbits(90):024x}",
        "object": "chat.completion",
        "created": 1_795_557_993,
        "model": model,
        "choices": [
            {
                "index": 0,
                "message": {**message, "tool_calls": [asked]} if asks else message,
                "finish_reason": "tool_calls" if asks else "stop",
            }
        ],
        "usage": {
            "prompt_tokens": tokens,
            "completion_tokens": more,
            "total_tokens": tokens + more,
            "prompt_tokens_details": {"cached_tokens": tokens // 2, "audio_tokens": 0},
            "completion_tokens_details": {"reasoning_tokens": 0, "audio_tokens": 0},
        },
        "service_tier": "default",
        "system_fingerprint": None,
    }


_SURFACE = {"anthropic": "messages.create", "openai": "chat.completions.create"}
_URL = {
    "anthropic": "https://api.anthropic.com/v1/messages",
    "openai": "https://api.openai.com/v1/chat/completions",
}
_ERROR: dict[str, Any] = {
    "type": "RateLimitError",
    "msg": "Error code: 429 - slow down",
    "tb": _TRACEBACK,
    "status_code": 429,
}


def our_line(call: Call) -> bytes:
    """The call as our recorder writes it."""
    failed, answer = call["failed"], call["answer"]
    error = _event.Error(**_ERROR, body=b'{"type":"error"}', response_headers=_HEADERS) if failed else None
    return _event.line(
        _event.Event(
            event_id=_EVENT,
            session_id=_SESSION,
            agent_name=AGENT,
            ts=_TS,
            tier=1,
            provider=call["vendor"],
            surface="messages.stream" if call["streamed"] else _SURFACE[call["vendor"]],
            http_method="POST",
            http_url=_URL[call["vendor"]],
            call_site=CallSite("/srv/agents/billing/loop.py", call["line"], "step"),
            duration_ms=call["duration_ms"],
            request_body=_compact(call["request"]),
            streamed=call["streamed"],
            error=error,
            casted_response=None if failed or call["streamed"] else _compact(answer),
            response_body=_compact(answer) if call["streamed"] and not failed else None,
            response_headers=_HEADERS,
            chunks_captured=31 if call["streamed"] and not failed else None,
            model=call["request"]["model"],
            usage=None if failed else usage_of(answer),
            ttft_ms=412.5 if call["streamed"] else None,
            attempts=(),
            outcome="complete",
            quality_signals=("rate_limited",) if failed else (),
        )
    )


def _compact(body: dict[str, Any]) -> bytes:
    return json.dumps(body, separators=(",", ":")).encode()


_LEFT_OUT: dict[str, dict[str, Any]] = {
    "anthropic": {name: {} for name in ("cache_control", "container", "metadata", "service_tier", "system")}
    | {name: {} for name in ("speed", "stop_sequences", "thinking", "tool_choice")},
    "openai": {},
}
"""What the released recorder writes of parameters that were never sent."""


def released_line(call: Call) -> bytes:
    """The call as tessen 0.4.0 writes it."""
    vendor, streamed, failed = call["vendor"], call["streamed"], call["failed"]
    made: dict[str, Any] = {
        "event_id": _EVENT,
        "agent_name": AGENT,
        "session_id": _SESSION,
        "ts": _TS,
        "provider": vendor,
        "_tessen_tier": 1,
        "surface": "messages.stream" if streamed else _SURFACE[vendor],
        "call_type": "request",
        "call_site": {"file": "/srv/agents/billing/loop.py", "line": call["line"], "func": "step"},
        "http_method": "post",
        "http_url": _URL[vendor],
        "request_body": {**call["request"], **_LEFT_OUT[vendor]},
        "streamed": streamed,
        "duration_ms": call["duration_ms"],
    }
    answer = (_dumped_message if vendor == "anthropic" else _dumped_completion)(call["answer"])
    if failed:
        error = {**_ERROR, "body": {"type": "error"}, "response_headers": _HEADERS}
        made |= {"status": "error", "error": error}
    elif streamed:
        assembled = {**call["answer"], "_assembled_from_chunks": True, "n_chunks": 31}
        made |= {"chunks_captured": 31, "response_body": assembled, "status": "ok"}
    else:
        twice = {"casted_response": answer, "response_body": answer}
        made |= {**twice, "response_headers": {}, "status": "ok"}
    return json.dumps({**made, "quality_signals": ["rate_limited"] if failed else []}).encode()


def _dumped_message(answer: dict[str, Any]) -> dict[str, Any]:
    """A message as the SDK's objects dump: members in their order, those that never came as null."""
    content = [
        {"citations": None, **block} if block["type"] == "text" else {"caller": None, **block}
        for block in answer["content"]
    ]
    nothing = {"container": None, "diagnostics": None, "stop_details": None}
    usage = {"inference_geo": None, "output_tokens_details": None, "server_tool_use": None, "speed": None}
    return {**answer, **nothing, "content": content, "usage": {**answer["usage"], **usage}}


def _dumped_completion(answer: dict[str, Any]) -> dict[str, Any]:
    (choice,) = answer["choices"]
    message = {"audio": None, "function_call": None, "tool_calls": None, **choice["message"]}
    choices = [{**choice, "logprobs": None, "message": message}]
    return {**answer, "choices": choices, "metadata": None, "moderation": None}


WRITERS: dict[str, Line] = {"ours": our_line, "released": released_line}


def log_of(writer: str, events: int) -> Path:
    """Return a log folder with so many calls by one of `WRITERS`, made on first use."""
    folder = BENCHDATA / f"calls-{writer}-{events}"
    if (folder / "done").exists():
        return folder
    pool = [WRITERS[writer](call) + b"\n" for call in calls()]
    rng, end, session = random.Random(7), time.time(), 0
    sessions = [""] * _AT_ONCE
    (folder / AGENT).mkdir(parents=True, exist_ok=True)
    with (folder / AGENT / f"{time.strftime('%Y-%m-%d', time.gmtime(end))}.jsonl").open("wb") as out:
        for number in range(events):
            turn = number % _AT_ONCE
            if number % (_AT_ONCE * _CALLS_EACH) < _AT_ONCE:
                session += 1
                sessions[turn] = f"{session * 0x9E3779B97F4A7C15F39CC0605CEDC835 % 2**128:032x}"
            out.write(_fresh(pool[number % _POOL], rng, sessions[turn], end - (events - number) / 10))
    (folder / "done").touch()
    return folder


def _fresh(line: bytes, rng: random.Random, session: str, ts: float) -> bytes:
    line = line.replace(_EVENT.encode(), b"%032x" % rng.getrandbits(128), 1)
    line = line.replace(_SESSION.encode(), session.encode(), 1)
    return line.replace(repr(_TS).encode(), b"%.6f" % ts, 1)
