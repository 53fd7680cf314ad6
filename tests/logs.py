"""Log folders for the app's tests: real lines on disk, the same ones every time.

`night` is a small seeded night of four agents, which ends at `NOW`; `write_log` puts lines on disk.
"""

from __future__ import annotations

import json
import random
from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from tessen.paths import log_name, safe_agent

NOW = datetime(2026, 11, 23, 3, 14, 15, tzinfo=UTC).timestamp()
"""The stopped clock of the app's tests, seconds since the epoch."""

Event = dict[str, Any]

ANSWERS = (
    "The order was charged twice; I have drafted the refund.",
    "Two invoices share the number 2231. The second is a copy.",
    "Nothing to do: the ledger balances to the cent.",
    "お客様の注文を確認しました。",
    "Ready to merge: 3 comments, none blocking.",
)
MODELS = {"anthropic": "claude-haiku-4-5", "openai": "gpt-5-mini-2025-08-07"}
SURFACES = {"anthropic": "messages.create", "openai": "chat.completions.create"}


def make_event(number: int, agent: str, ts: float, **changes: Any) -> Event:
    """One ok event of the Messages API, in the recorder's key order; `changes` replace or add fields."""
    event: Event = {
        "event_id": f"{number:032x}",
        "session_id": f"{hash_of(agent) + number // 7:032x}",
        "agent_name": agent,
        "ts": ts,
        "_tessen_tier": 1,
        "provider": "anthropic",
        "surface": "messages.create",
        "call_type": "request",
        "http_method": "POST",
        "http_url": "https://api.anthropic.com/v1/messages",
        "call_site": {"file": "/srv/agent.py", "line": 40 + number % 5, "func": "step"},
        "duration_ms": 640.0,
        "request_body": {
            "model": MODELS["anthropic"],
            "max_tokens": 1024,
            "messages": [{"role": "user", "content": f"Handle case {number}."}],
        },
        "streamed": False,
        "status": "ok",
        "casted_response": answer(ANSWERS[number % len(ANSWERS)]),
        "usage": {"input_tokens": 4_200, "output_tokens": 310},
        "model": MODELS["anthropic"],
        "v": 2,
        "quality_signals": [],
    }
    return {**event, **changes}


def answer(text: str, stop: str = "end_turn") -> Event:
    """A plain answer of the Messages API."""
    return {
        "id": "msg_01",
        "type": "message",
        "role": "assistant",
        "model": MODELS["anthropic"],
        "content": [{"type": "text", "text": text}],
        "stop_reason": stop,
        "usage": {"input_tokens": 4_200, "output_tokens": 310},
    }


def make_error(number: int, agent: str, ts: float, status: int = 429, kind: str = "RateLimitError") -> Event:
    """One failed call."""
    signal = {429: "rate_limited", 529: "overloaded", 500: "server_error"}[status]
    message = f"{status} number of requests has exceeded your per-minute limit"
    event = make_event(number, agent, ts, status="error", quality_signals=[signal], duration_ms=180.0)
    for key in ("casted_response", "usage"):
        del event[key]
    event["error"] = {"type": kind, "msg": message, "tb": "Traceback …", "status_code": status, "body": None}
    return event


def night(count: int = 120, seed: int = 3) -> list[Event]:
    """A night that ends at `NOW`: traffic of four agents, a storm of rate limits, some anomalies."""
    rng = random.Random(seed)
    agents = ("support_triage", "billing_reconciler", "code_reviewer", "invoice_ocr")
    events = []
    for number in range(count):
        ts = NOW - (count - number) * 11.0
        agent = rng.choice(agents)
        if count - 22 <= number < count - 8:
            events.append(make_error(number, "billing_reconciler", ts))
        else:
            events.append(_calm(number, agent, ts, rng))
    return events


def _calm(number: int, agent: str, ts: float, rng: random.Random) -> Event:
    signals = rng.choices(([], ["truncated_response"], ["silent_retry"], ["refusal"]), (20, 1, 1, 0.6))[0]
    tokens = {"input_tokens": rng.randrange(600, 40_000), "output_tokens": rng.randrange(20, 1_900)}
    return make_event(
        number,
        agent,
        ts,
        duration_ms=round(rng.lognormvariate(7, 0.8), 1),
        usage=tokens,
        quality_signals=signals,
        streamed=rng.random() < 0.4,
    )


def write_log(folder: Path, events: Iterable[Event | bytes], agent: str = "support_triage") -> Path:
    """Append events to the files a recorder would write them to; raw bytes go to `agent`'s as they are."""
    lines: defaultdict[Path, list[bytes]] = defaultdict(list)
    date = datetime.fromtimestamp(NOW, UTC).strftime("%Y-%m-%d")
    for event in events:
        if isinstance(event, bytes):
            lines[folder / safe_agent(agent) / log_name(date)].append(event)
            continue
        day = datetime.fromtimestamp(event["ts"], UTC).strftime("%Y-%m-%d")
        path = folder / safe_agent(event["agent_name"]) / log_name(day)
        lines[path].append(json.dumps(event, ensure_ascii=False).encode("utf-8", "surrogatepass") + b"\n")
    for path, parts in lines.items():
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("ab") as file:
            file.write(b"".join(parts))
    return folder


def hash_of(text: str) -> int:
    """A number for a text, the same in every process."""
    return int.from_bytes(text.encode("utf-8", "surrogatepass")[:8], "big") << 64


HOSTILE: Sequence[str] = (
    "\x1b]0;owned\x07title",
    "\x1b]52;c;aGFja2Vk\x07clipboard",
    "\x1b]8;;http://evil.example\x07link\x1b]8;;\x07",
    "\x1bP+q544e\x1b\\dcs",
    "\x1b[2J\x1b[H\x1b[31mcleared",
    "\x9b31mc1",
    "nul\x00del\x7fbell\x07",
    "abc\u202etxt.exe\u2066x\u2069",
    "zero\u200bwidth\u200d\ufeff",
    "[red]markup[/red] [@click=app.quit]quit[/] [/]",
    "lone\ud800surrogate",
    "line\u2028break\u2029para\r\n\ttab",
    "日本語のテキスト" * 5 + "😀" * 5,
    "e" + "\u0301" * 200,
    "\U000e0041\ue000\u3164",
)
"""Texts that try to act on a terminal, on a parser of markup, or on the eye."""

each_hostile_text = pytest.mark.parametrize("text", HOSTILE, ids=range(len(HOSTILE)))
