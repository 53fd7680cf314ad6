"""Makes the logs that the benchmarks run on: seeded, realistic in size and shape, kept under `.benchdata/`.

An event is a conversation of a tool-using agent. One in `LARGE_EVERY` holds a context of `LARGE` bytes.
"""

from __future__ import annotations

import argparse
import json
import random
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

BENCHDATA = Path(__file__).resolve().parent.parent / ".benchdata"
SMALL = 2_000
LARGE = 50_000
LARGE_EVERY = 20
MODELS = (
    ("anthropic", "messages.create", "claude-sonnet-4-5"),
    ("anthropic", "messages.stream", "claude-haiku-4-5"),
    ("openai", "chat.completions.create", "gpt-5-mini"),
    ("openai", "responses.create", "gpt-5"),
)
_WORDS = [
    "the",
    "order",
    "was",
    "refunded",
    "because",
    "a",
    "duplicate",
    "charge",
    "on",
    "invoice",
    "shows",
    "up",
    "in",
    "ledger",
    "twice",
    "again",
]

_TOOL = {
    "name": "search_orders",
    "description": "Find orders.",
    "input_schema": {
        "type": "object",
        "properties": {"order_id": {"type": "string"}, "limit": {"type": "integer"}},
    },
}
_REST = 1_350
"""About what an event is without its messages, in bytes."""


def _messages(rng: random.Random, size: int) -> list[dict[str, Any]]:
    """A conversation of about this many bytes: a question, tools called and their results."""
    messages: list[dict[str, Any]] = [{"role": "user", "content": " ".join(rng.choices(_WORDS, k=12))}]
    size -= 110
    while size > 0:
        call = f"toolu_{rng.getrandbits(40):010x}"
        result = " ".join(rng.choices(_WORDS, k=max(5, min(size // 8, 200))))
        used = {"type": "tool_use", "id": call, "name": "search_orders", "input": {"order_id": "A-17"}}
        messages.append({"role": "assistant", "content": [{"type": "text", "text": "Let me look."}, used]})
        answer = {"type": "tool_result", "tool_use_id": call, "content": f'found "{result}"\n'}
        messages.append({"role": "user", "content": [answer]})
        size -= 330 + len(result)
    return messages


def event(rng: random.Random, ts: float, agent: str, size: int) -> dict[str, Any]:
    """One event of about this many bytes, in the recorder's order of fields."""
    provider, surface, model = rng.choice(MODELS)
    failed = rng.random() < 0.02
    words = " ".join(rng.choices(_WORDS, k=20))
    made: dict[str, Any] = {
        "event_id": f"{rng.getrandbits(128):032x}",
        "session_id": f"{rng.getrandbits(10) * 0x9E3779B97F4A7C15F39CC0605CEDC835 % 2**128:032x}",
        "agent_name": agent,
        "ts": round(ts, 6),
        "_tessen_tier": 1,
        "provider": provider,
        "surface": surface,
        "call_type": "request",
        "http_method": "post",
        "http_url": "https://api.example.com/v1/messages",
        "call_site": {"file": f"/srv/agents/{agent}/loop.py", "line": 88, "func": "step"},
        "duration_ms": round(rng.lognormvariate(7, 0.7), 3),
        "request_body": {
            "model": model,
            "max_tokens": 4096,
            "tools": [_TOOL],
            "messages": _messages(rng, size - _REST),
        },
        "streamed": surface.endswith("stream"),
        "status": "error" if failed else "ok",
    }
    if failed:
        made["error"] = {
            "type": "RateLimitError",
            "msg": "slow down",
            "tb": "",
            "status_code": 429,
            "body": {},
        }
    else:
        made["casted_response"] = {
            "id": "msg_01",
            "type": "message",
            "role": "assistant",
            "model": model,
            "content": [{"type": "text", "text": words}],
            "stop_reason": "end_turn",
            "usage": {"input_tokens": 1200, "output_tokens": 80},
        }
        made["usage"] = {
            "input_tokens": rng.randrange(500, 40_000),
            "output_tokens": rng.randrange(20, 900),
            "cache_read_tokens": rng.choice((0, 400)),
            "cache_write_tokens": 0,
            "reasoning_tokens": 0,
        }
    made |= {"model": model, "v": 2, "quality_signals": ["rate_limited"] if failed else []}
    return made


def lines(
    count: int, *, seed: int = 7, agent: str = "billing", large_every: int = LARGE_EVERY, end: float = 0.0
) -> Iterator[bytes]:
    """Yield this many lines with their newlines; times run up to `end` (now when 0), ten a second."""
    rng = random.Random(seed)
    start = (end or time.time()) - count / 10
    for number in range(count):
        large = large_every and number % large_every == large_every - 1
        made = event(rng, start + number / 10, agent, LARGE if large else SMALL)
        yield json.dumps(made, ensure_ascii=False, separators=(", ", ": ")).encode() + b"\n"


def log_folder(
    name: str,
    *,
    events: int,
    agents: int = 4,
    large_every: int = LARGE_EVERY,
    file_bytes: int = 100 * 2**20,
) -> Path:
    """Return a log folder with this many events, made on first use.

    A pool of 4,000 different lines is repeated with fresh ids and times, so that a gigabyte takes seconds.
    """
    folder = BENCHDATA / f"{name}-{events}-{agents}-{large_every}"
    if (folder / "done").exists():
        return folder
    end = time.time()
    per_agent = events // agents
    for number in range(agents):
        _write_agent(folder, f"agent-{number:02d}", per_agent, number, large_every, file_bytes, end)
    (folder / "done").touch()
    return folder


def _write_agent(  # noqa: PLR0917 - one caller, just above
    folder: Path, agent: str, events: int, seed: int, large_every: int, file_bytes: int, end: float
) -> None:
    rng = random.Random(seed)
    pool = list(lines(min(events, 2_000), seed=seed, agent=agent, large_every=large_every, end=end))
    (folder / agent).mkdir(parents=True, exist_ok=True)
    date = time.strftime("%Y-%m-%d", time.gmtime(end))
    part, written = 0, 0
    out = (folder / agent / f"{date}.jsonl").open("wb")
    for number in range(events):
        line = _fresh(pool[number % len(pool)], rng, end - (events - number) / 10)
        if written + len(line) > file_bytes:
            out.close()
            part, written = part + 1, 0
            out = (folder / agent / f"{date}.{part}.jsonl").open("wb")
        written += out.write(line)
    out.close()


def _fresh(line: bytes, rng: random.Random, ts: float) -> bytes:
    """The line with another event id and time."""
    before, _, rest = line.partition(b'"ts": ')
    tail = rest[rest.index(b",") :]
    return b'{"event_id": "%032x' % rng.getrandbits(128) + before[46:] + b'"ts": %.6f' % ts + tail


def main() -> None:
    """Make a log folder and say where it is."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--events", type=int, default=500_000)
    parser.add_argument("--agents", type=int, default=4)
    parser.add_argument("--large-every", type=int, default=0)
    options = parser.parse_args()
    print(log_folder("talk", events=options.events, agents=options.agents, large_every=options.large_every))


if __name__ == "__main__":
    main()
