"""The same events add up to the same report, to the letter: however they are read, divided, or asked for."""

from __future__ import annotations

import itertools
import json
import random
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest

from tessen import _event
from tessen.paths import log_name
from tessen.reading import full_pass as full_pass_module
from tessen.reading import scan
from tessen.reading.full_pass import Stretch, full_pass, read_stretches
from tessen.reading.learned import Learned
from tessen.reading.places import Place, places
from tessen.reading.rollup import DAY_S, Periods, Rollup
from tessen.status import Agents
from tessen.usage import Usage
from tests.logs import NOW
from tests.tessen.reading.test_learned import TOOL_FAILED, completion, message, ours, released

PERIODS = Periods(NOW - 2 * DAY_S, NOW - DAY_S, NOW - 2 * DAY_S)
"""Some of the log is older than what is counted."""

AGENTS = ("support", "billing", "reviewer")


def varied(seed: int, count: int) -> Iterator[bytes]:
    """Lines with all that patterns are made of, some calls at the same moment, some lines that are none."""
    rng = random.Random(seed)
    ts, storm = NOW - 2.5 * DAY_S, 0
    for number in range(count):
        ts += rng.choice((0.0, 0.0, 0.5, 5.0, 20.0, 15 * DAY_S / count)) if not storm else 0.5
        session = number // 100 * 14 + rng.randrange(14)
        agent = AGENTS[0 if storm else session % 3] if rng.random() < 0.95 else rng.choice(AGENTS)
        storm = storm - 1 if storm else 9 * (rng.random() < 0.02)
        own = {"agent_name": agent, "ts": round(ts, 3) + 0.001, "duration_ms": rng.choice((40.5, 60_000.5))}
        line = ids(failed(rng, own) if storm else call(rng, own), number, session)
        spoiled = rng.randrange(30)
        if spoiled == 0:
            line = line[: rng.randrange(20, len(line))] + rng.choice((b"", line))
        elif spoiled == 1:
            line = rng.choice((b"[]", b'{"level": "info"}', b"null"))
        yield line.rstrip(b"\n") + b"\n"


def call(rng: random.Random, own: dict[str, Any]) -> bytes:
    """A call of some kind, by either recorder, of either vendor."""
    tokens = rng.choice((0, 7, 900, 900, 60_000, 190_000))
    asked = rng.choice(({"order": 1, "limit": 5}, {"limit": 5, "order": 1}, {"order": rng.randrange(40)}))
    counted: dict[str, Any] = {"usage": Usage(tokens, 90, tokens // 2, 0, 0), "model": "claude-sonnet-4-5"}
    attempts = (_event.Attempt(429, 1.0, None, None, None),) * 4
    kinds = (
        lambda: ours(message("one", tool=asked), **counted, **own),
        lambda: ours(message("one", tool=asked), **counted, **own),
        lambda: released(message("one", tokens + 1, tool=asked), **own),
        lambda: released(completion(None, tokens + 1, arguments=json.dumps(asked)), "openai", **own),
        lambda: ours(message("two"), **counted, request_body=TOOL_FAILED, **own),
        lambda: ours(message("three"), **counted, attempts=attempts, **own),
        lambda: ours(message("four"), **counted | {"model": "unheard-of"}, outcome="abandoned", **own),
        lambda: ours(message("five"), **counted, streamed=True, ttft_ms=12.5, **own),
        lambda: failed(rng, own),
    )
    return rng.choice(kinds)()


def failed(rng: random.Random, own: dict[str, Any]) -> bytes:
    """A call that failed, for one of two reasons."""
    kind, status, signal = rng.choice((("RateLimitError", 429, "rate_limited"), ("APIError", 500, "x")))
    error = _event.Error(kind, "no", "", status, b"null", {})
    changes = {"casted_response": None, "usage": None, "error": error, "quality_signals": (signal,)}
    return ours({}, **changes, **own)


def ids(line: bytes, number: int, session: int) -> bytes:
    """The line with an event's id of its own, and a session's; ids are in no order."""
    event = json.loads(line)
    line = line.replace(event["event_id"].encode(), b"%032x" % (number * 7_919 % 10_007), 1)
    return line.replace(event["session_id"].encode(), b"%032x" % (session + 1), 1)


class Parsing(Rollup):
    """Reads no line by its ends."""

    def __init__(self, periods: Periods) -> None:
        super().__init__(periods)
        self.scan = lambda data, start, end: None


def written(folder: Path, lines: Sequence[bytes], files: int = 1) -> Path:
    """A log folder that holds the lines, in so many files."""
    size = -(-len(lines) // files)
    (folder / "support").mkdir(parents=True)
    for number in range(files):
        part = lines[number * size : (number + 1) * size]
        (folder / "support" / log_name("2026-11-23", number)).write_bytes(b"".join(part))
    return folder


def told(rollup: Rollup) -> str:
    """The report, to the letter."""
    return json.dumps(rollup.report())


def reference(folder: Path) -> str:
    return told(full_pass(places(None, folder), Parsing(PERIODS), workers=1))


LINES = list(varied(11, 420))


@pytest.fixture(scope="module")
def expected(tmp_path_factory: pytest.TempPathFactory) -> str:
    """What the lines add up to: each of them parsed, by one process, from one file."""
    report = reference(written(tmp_path_factory.mktemp("logs"), LINES))
    found = {finding["kind"] for finding in json.loads(report)["findings"]}
    assert found >= {"error_storm", "tool_loop", "failing_tool", "retry_storm", "no_answer", "stall"}
    return report


@pytest.mark.parametrize("credit", [0, 100, 10**9], ids=["nothing learned", "bit by bit", "at once"])
@pytest.mark.parametrize(
    "divided", [(1, 1), (1, 4), (2, 1), (3, 2)], ids="{0[0]} processes, {0[1]} files".format
)
def test_however_it_is_read_and_divided(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, expected: str, credit: int, divided: tuple[int, int]
) -> None:
    workers, files = divided
    monkeypatch.setattr(scan, "_learned", Learned(credit=credit))
    sink = full_pass(places(None, written(tmp_path, LINES, files)), Rollup(PERIODS), workers=workers)
    assert told(sink) == expected
    assert told(sink) == expected


@pytest.mark.parametrize("order", itertools.permutations(range(3)))
def test_in_whatever_order_parts_are_merged(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, expected: str, order: tuple[int, ...]
) -> None:
    monkeypatch.setattr(scan, "_learned", Learned(credit=10**9))
    (found,) = places(None, written(tmp_path, LINES, 3))
    parts = [full_pass([Place(found.agent, (path,))], Rollup(PERIODS)) for path in found.files]
    whole = Rollup(PERIODS)
    for number in order:
        whole.merge(parts[number])
    assert told(whole) == expected


@pytest.mark.parametrize("seed", range(3))
def test_asking_in_between_changes_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, seed: int
) -> None:
    """After every few lines, some of them read by their ends by now, and twice in a row."""
    lines = list(varied(seed, 160))
    path = next(written(tmp_path / "log", lines).rglob("*.jsonl"))
    monkeypatch.setattr(scan, "_learned", Learned(credit=300))
    asked, rng = Rollup(PERIODS), random.Random(seed)
    start = number = 0
    while number < len(lines):
        more = lines[number : number + rng.randrange(1, 9)]
        number += len(more)
        stop = start + sum(map(len, more))
        read_stretches([Stretch(path, start, stop)], asked, None)
        start = stop
        found = asked.findings()
        assert asked.findings() == found
        fresh = Parsing(PERIODS)
        read_stretches([Stretch(path, 0, stop)], fresh, None)
        assert told(asked) == told(fresh)
    assert found


@pytest.mark.parametrize("workers", [1, 2, 3])
def test_status_however_it_is_divided(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, workers: int) -> None:
    monkeypatch.setattr(full_pass_module, "WORTH_SHARING", 0)
    agents = full_pass(places(None, written(tmp_path, LINES, 2)), Agents(None), workers=workers)
    told = {name: agent.as_dict(name) for name, agent in sorted(agents.by_name().items())}
    parsing = Agents(None)
    parsing.scan = lambda data, start, end: None
    full_pass(places(None, tmp_path), parsing, workers=1)
    slow = {name: agent.as_dict(name) for name, agent in sorted(parsing.by_name().items())}
    assert json.dumps(told) == json.dumps(slow)
