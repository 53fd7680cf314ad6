"""The newest events of any number of agents: the right ones, with little held and few files open."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable, Iterator
from functools import partial
from itertools import islice
from pathlib import Path

import pytest

from tessen.query_match import matcher
from tessen.reading import merge, walk
from tessen.reading import newest as newest_module
from tessen.reading.found import Found
from tessen.reading.merge import MOST_RUNNING, merged
from tessen.reading.newest import newest
from tessen.reading.parse import Tally
from tessen.reading.places import places
from tests.logs import NOW, make_error, make_event, write_log

AGENTS = ("a", "b", "c")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Three agents, two files each, whose calls alternate; one line has two events glued together."""
    events = [
        (make_error if n % 5 == 0 else make_event)(n, AGENTS[n % 3], NOW - 90_000 + n * 1_000)
        for n in range(100)
    ]
    write_log(tmp_path, events)
    glued = [json.dumps(make_event(n, "a", NOW + 20_000 + n)).encode() for n in (200, 201)]
    write_log(tmp_path, [b"".join(glued) + b"\n", b'{"event_id": "torn', b"\n"], agent="a")
    return tmp_path


@pytest.mark.parametrize("most", [0, 1, 2, 3, 7, 60, 10**30])
@pytest.mark.parametrize("query", [None, "status:error", "agent:a"])
def test_many_events_are_read_again_and_are_the_same(
    folder: Path, monkeypatch: pytest.MonkeyPatch, most: int, query: str | None
) -> None:
    def ids() -> tuple[list[int], int]:
        tally = Tally()
        wanted = None if query is None else matcher(query)
        found = newest(places(None, folder), None, wanted, most, tally)
        return [int(each.facts.event_id, 16) for each in found], tally.corrupt_lines

    held = ids()
    monkeypatch.setattr(newest_module, "MOST_HELD", 0)
    assert ids() == held
    assert len(held[0]) == min(most, {None: 102, "status:error": 20, "agent:a": 36}[query])
    assert held[0][-1:] == ([] if not most else [95] if query == "status:error" else [201])


@pytest.mark.parametrize("query", [None, "status:error"])
@pytest.mark.parametrize("order", [walk.oldest_first, walk.newest_first])
def test_the_order_is_the_same_however_few_streams_run(
    folder: Path, monkeypatch: pytest.MonkeyPatch, query: str | None, order: Callable[..., Iterator[Found]]
) -> None:
    """Where one runs, the others are closed and opened again, in the midst of what is glued together, too."""
    write_log(folder, [make_event(300 + n, "b", NOW + 20_000.5 + n / 4) for n in range(4)])

    def told() -> tuple[list[tuple[int, str]], int, int]:
        tally = Tally()
        wanted = None if query is None else matcher(query)
        found = list(order(places(None, folder), None, wanted, tally))
        ids = [(int(each.facts.event_id, 16), each.event["agent_name"]) for each in found]
        return ids, tally.corrupt_lines, tally.foreign_lines

    many = told()
    monkeypatch.setattr(merge, "MOST_RUNNING", 1)
    assert told() == many
    assert len(many[0]) == (106 if query is None else 20)
    assert many[1:] == (1, 0)


def test_streams_are_opened_when_they_are_due() -> None:
    running: set[int] = set()
    most = [0]

    def stream(number: int, _: Tally, last: float | None) -> Iterator[float]:
        assert last is None
        running.add(number)
        most[0] = max(most[0], len(running))
        try:
            yield from (number + each / 10 for each in range(3))
        finally:
            running.discard(number)

    streams = [partial(stream, number) for number in range(1_000)]
    found = list(islice(merged(streams, float, float, Tally()), 300))
    assert found == [number + each / 10 for number in range(100) for each in range(3)]
    assert most[0] <= 3


def test_few_of_many_streams_run_at_a_time() -> None:
    """All have something at every moment; each goes on where it stopped, and nothing is counted twice."""
    running: set[int] = set()
    most = [0]

    def stream(number: int, tally: Tally, last: tuple[int, int] | None) -> Iterator[tuple[int, int]]:
        running.add(number)
        most[0] = max(most[0], len(running))
        try:
            for turn in range(last[0] + 1 if last else 0, 5):
                tally.corrupt_lines += 1
                yield turn, number
        finally:
            running.discard(number)

    streams = [partial(stream, number) for number in range(3 * MOST_RUNNING)]
    tally = Tally()
    found = list(merged(streams, lambda each: float(each[0]), lambda each: each, tally))
    assert found == [(turn, number) for turn in range(5) for number in range(3 * MOST_RUNNING)]
    assert tally.corrupt_lines == len(found)
    assert most[0] <= MOST_RUNNING + 2


_WITH_FEW_FILES = """
import resource, sys
resource.setrlimit(resource.RLIMIT_NOFILE, (40, 40))
from tessen.cli import main
sys.exit(main(sys.argv[1:]))
"""


def test_more_agents_than_files_may_be_open(tmp_path: Path) -> None:
    write_log(tmp_path, [make_event(n, f"agent{n:03}", NOW - 5_000 + n) for n in range(120)])
    command = [sys.executable, "-c", _WITH_FEW_FILES, "tail", "-n", "3", "--no-follow", "--json"]
    done = subprocess.run(
        [*command, "--log-dir", str(tmp_path)], capture_output=True, text=True, check=True, timeout=60
    )
    assert [json.loads(line)["agent_name"] for line in done.stdout.splitlines()] == [
        "agent117",
        "agent118",
        "agent119",
    ]
    assert done.stderr == ""
