"""One pass: the same figures from one process and from several, and in bounded memory."""

from __future__ import annotations

import json
import os
import random
import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tessen.query_match import matcher
from tessen.reading import scan
from tessen.reading.durations import EXACT, Durations
from tessen.reading.full_pass import Stretch, full_pass, shares
from tessen.reading.learned import Learned
from tessen.reading.places import places
from tessen.reading.rollup import Rollup
from tests.logs import NOW, night, write_log
from tests.tessen.reading.test_learned import ALIKE, altered


def report(folder: Path, workers: int, query: str = "") -> dict[str, Any]:
    wanted = matcher(query, NOW) if query else None
    return full_pass(places(None, folder), Rollup(), wanted, workers).report()


def sorted_names(value: Any) -> Any:
    """The figures without the order of what counts the same."""
    if isinstance(value, dict):
        return {key: sorted_names(value[key]) for key in sorted(value)}
    if isinstance(value, list):
        return sorted((sorted_names(each) for each in value), key=repr)
    return round(value, 6) if isinstance(value, float) else value


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_log(
        tmp_path_factory.mktemp("logs"), [*night(400), b"torn\n", b'{"level": "info"}\n', b"[1]\n"]
    )


@pytest.mark.parametrize("query", ["", "status:error", 'model:*haiku* "case 1"', "dur>2s -agent:support*"])
def test_several_processes_find_what_one_finds(folder: Path, query: str) -> None:
    one, three = report(folder, 1, query), report(folder, 3, query)
    for each in (one, three):
        for finding in each["findings"]:
            finding["events"] = len(finding["events"])  # which of many are named depends on who read first
    assert sorted_names(one) == sorted_names(three)
    assert one["events_total"] > 0
    assert (one["corrupt_lines"], one["foreign_lines"]) == (1, 2)


def test_every_run_says_the_same_to_the_letter(folder: Path) -> None:
    assert json.dumps(report(folder, 3)) == json.dumps(report(folder, 3))


class Parsing(Rollup):
    """Reads no line by its ends."""

    def __init__(self) -> None:
        super().__init__()
        self.scan = lambda data, start, end: None


def test_the_figures_are_those_of_parsing_every_line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Of lines of both recorders, of what somebody made of them, of torn, foreign and glued ones."""
    monkeypatch.setattr(scan, "_learned", Learned(credit=10_000))
    write_log(tmp_path, odd_lines(random.Random(5), 400))
    quick, slow = Rollup(), Parsing()
    read: list[bool] = []
    quick.scan = lambda *span: (found := scan.scan_row(*span), read.append(found is not None))[0]
    found = [full_pass(places(None, tmp_path), sink, workers=1).report() for sink in (quick, slow)]
    for each in found:
        for finding in each["findings"]:
            finding["events"] = len(finding["events"])  # which of many are named depends on who read first
    assert sorted_names(found[0]) == sorted_names(found[1])
    tallies = [
        (tally.events, tally.corrupt_lines, tally.foreign_lines) for tally in (quick.tally, slow.tally)
    ]
    assert tallies[0] == tallies[1]
    assert min(tallies[0]) > 15
    assert sum(read) > 200


def odd_lines(rng: random.Random, count: int) -> Iterator[bytes]:
    """Lines as recorders write them, one in four of them spoiled behind its request or before it."""
    for number in range(count):
        kind = rng.choice(list(ALIKE))
        line = rng.choice(ALIKE[kind])
        session, event = f"{number % 40:032x}", f"{number:032x}"
        line = re.sub(rb'("session_id": ?")\w{32}', rb"\g<1>%b" % session.encode(), line, count=1)
        line = re.sub(rb'("event_id": ?")\w{32}', rb"\g<1>%b" % event.encode(), line, count=1)
        spoiled = rng.randrange(16)
        if spoiled < 2:
            separators = (",", ":") if kind.startswith("ours") else (", ", ": ")
            line = json.dumps(altered(rng, json.loads(line)), separators=separators).encode()
        elif spoiled == 2:
            line = line[: rng.randrange(20, 300)] + rng.choice((b"", line))
        elif spoiled == 3:
            line = rng.choice((b"[]", b'{"level": "info"}', b"null", b"7"))
        yield line + b"\n"


class Interrupted(Rollup):
    """Its process gets Ctrl-C while others read."""

    def merge(self, other: Rollup) -> None:
        raise KeyboardInterrupt


class Killed(Rollup):
    """Every other process is killed before it has given its sums."""

    def pack(self) -> None:
        os.kill(os.getpid(), signal.SIGKILL)


@pytest.mark.parametrize(("sink", "ends"), [(Interrupted, KeyboardInterrupt), (Killed, ChildProcessError)])
def test_no_process_is_left_behind(
    folder: Path, monkeypatch: pytest.MonkeyPatch, sink: type[Rollup], ends: type[BaseException]
) -> None:
    children: list[int] = []
    fork = os.fork
    monkeypatch.setattr(os, "fork", lambda: (children.append(child := fork()), child)[1])
    with pytest.raises(ends):
        full_pass(places(None, folder), sink(), workers=3)
    assert len(children) == 2
    for child in children:
        with pytest.raises(ChildProcessError):
            os.waitpid(child, os.WNOHANG)


def test_work_is_divided_almost_evenly_and_nothing_of_it_is_lost() -> None:
    a, b = Path("a"), Path("b")
    work = [Stretch(a, 0, 100), Stretch(b, 40, 50), Stretch(b, 60, 61)]
    assert shares(work, 3) == [
        [Stretch(a, 0, 38)],
        [Stretch(a, 38, 75)],
        [Stretch(a, 75, 100), Stretch(b, 40, 50), Stretch(b, 60, 61)],
    ]
    assert shares([], 2) == [[]]


def test_figures_are_those_of_a_plain_count(folder: Path) -> None:
    found, events = report(folder, 2), night(400)
    assert found["events_total"] == len(events)
    assert found["error_events"] == sum(event["status"] == "error" for event in events)
    assert found["tokens"]["input"] == sum(event.get("usage", {}).get("input_tokens", 0) for event in events)
    durations = sorted(event["duration_ms"] for event in events)
    assert found["duration_ms"]["max"] == durations[-1]
    assert found["duration_ms"]["p50"] == durations[199]
    usages = [event["usage"] for event in events if "usage" in event]
    cost = sum(usage["input_tokens"] * 1e-6 + usage["output_tokens"] * 5e-6 for usage in usages)
    assert found["total_cost_usd"] == pytest.approx(cost, abs=1e-5)


def test_memory_does_not_grow_with_the_log(tmp_path: Path) -> None:
    """Of either process, the most memory ever resident; a line of ten megabytes is among the others."""
    write_log(tmp_path, night(100))
    path = next(tmp_path.rglob("*.jsonl"))
    line = path.read_bytes().split(b"\n")[0]
    big = line.replace(b"Handle case", b"x" * 10_000_000, 1)
    with path.open("ab") as out:
        for _ in range(200):
            out.write((line + b"\n") * 100)
        out.write(big + b"\n")
    code = """
import json, re, resource, sys
from tessen.cli import main
main(["analyze", sys.argv[1], "--json"])
own = int(re.search(r"VmHWM:\\s*(\\d+)", open("/proc/self/status").read())[1])
print(json.dumps([own, resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss]), file=sys.stderr)
"""
    done = subprocess.run([sys.executable, "-c", code, tmp_path], capture_output=True, text=True, check=True)
    assert json.loads(done.stdout)["events_total"] == 20_101
    assert max(json.loads(done.stderr)) < 64 * 1024  # kB


def test_percentiles_of_many_durations_are_within_half_a_percent() -> None:
    many = Durations()
    other = Durations()
    for start in range(0, 5 * EXACT, EXACT // 2):
        (many if start % EXACT else other).extend([float(n) for n in range(start, start + EXACT // 2)])
    many.merge(other)
    for share in (0.5, 0.95, 0.99):
        assert many.percentile(share) == pytest.approx(share * 5 * EXACT, rel=0.006)
    assert many.max == 5 * EXACT - 1
    assert len(many) == 5 * EXACT
