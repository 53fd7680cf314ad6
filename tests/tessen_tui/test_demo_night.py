"""The demo's night: a past that reads like the recorder's, a live part at once, and a clean end."""

from __future__ import annotations

import json
import os
import signal
import stat
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from random import Random
from typing import Any

import pytest
import watchfiles

from tessen.signals import SIGNAL_BY_NAME
from tessen_tui.demo import Night
from tessen_tui.demo.backlog import call_site, write_backlog
from tessen_tui.demo.cast import AGENT_BY_NAME, AGENTS
from tessen_tui.demo.episodes import CYCLE_S, TIMETABLE, Episode, scenes
from tessen_tui.demo.night import PROGRAMS
from tessen_tui.demo.workshop import RUN
from tests.processes import wait_until_gone

NOON = 1_795_435_200.0
"""A moment in the middle of a day: unix time, seconds."""

TIMEOUT_S = 180.0

Event = dict[str, Any]


def events_in(log_dir: Path) -> list[Event]:
    """All events that are whole, in the order of their files."""
    lines = [
        line for file in sorted(log_dir.glob("*/*.jsonl")) for line in file.read_bytes().splitlines(True)
    ]
    return [json.loads(line) for line in lines if line.endswith(b"\n")]


def wait_for(log_dir: Path, enough: Callable[[list[Event]], bool]) -> list[Event]:
    """Wake up for each change of the log until there is enough in it."""
    end = time.monotonic() + TIMEOUT_S
    changes = watchfiles.watch(log_dir, rust_timeout=500, yield_on_timeout=True, step=20, debounce=100)
    for _ in changes:
        if enough(events := events_in(log_dir)):
            return events
        assert time.monotonic() < end, f"only {len(events)} events"
    raise AssertionError("the watch ended")


def live(events: Iterable[Event]) -> list[Event]:
    """The events of the six that the recorder wrote, which know the port they went to."""
    six = (event for event in events if event["agent_name"] in AGENT_BY_NAME)
    return [event for event in six if not event["http_url"].startswith("http://127.0.0.1/")]


def processes_of(folder: Path) -> list[int]:
    """The processes whose command line or working folder is about this night."""
    found = []
    for process in Path("/proc").glob("[0-9]*"):
        try:
            named = str(folder).encode() in (process / "cmdline").read_bytes()
        except OSError:
            continue
        if named and int(process.name) != os.getpid():
            found.append(int(process.name))
    return found


@pytest.fixture(scope="module")
def past(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A log folder with a backlog up to noon."""
    folder = tmp_path_factory.mktemp("past")
    write_backlog(folder, PROGRAMS, NOON)
    return folder


def test_the_past_is_the_same_every_time(past: Path, tmp_path: Path) -> None:
    write_backlog(tmp_path, PROGRAMS, NOON)
    names = sorted(file.relative_to(past) for file in past.glob("*/*.jsonl"))
    assert len(names) == len(AGENTS)
    assert all((past / name).read_bytes() == (tmp_path / name).read_bytes() for name in names)


def test_the_past_fills_ninety_minutes(past: Path) -> None:
    events = events_in(past)
    assert 600 <= len(events) <= 950
    assert min(event["ts"] for event in events) < NOON - 80 * 60
    assert max(event["ts"] + event["duration_ms"] / 1000 for event in events) <= NOON
    assert {event["agent_name"] for event in events} == set(AGENT_BY_NAME)


def test_each_file_is_in_order_and_private(past: Path) -> None:
    for file in past.glob("*/*.jsonl"):
        times = [event["ts"] for event in map(json.loads, file.read_text().splitlines())]
        assert times == sorted(times)
        assert stat.S_IMODE(file.stat().st_mode) == 0o600
        assert stat.S_IMODE(file.parent.stat().st_mode) == 0o700


def test_the_past_across_midnight_has_two_days(tmp_path: Path) -> None:
    midnight = NOON - NOON % 86_400
    write_backlog(tmp_path, PROGRAMS, midnight + 1800)
    assert len({file.name for file in tmp_path.glob("*/*.jsonl")}) == 2


def test_conversations_grow(past: Path) -> None:
    sessions: dict[str, list[Event]] = {}
    for event in events_in(past):
        sessions.setdefault(event["session_id"], []).append(event)
    long = [calls for calls in sessions.values() if len(calls) >= 3]
    assert len(long) > 50
    for calls in long:
        sizes = [len(c["request_body"].get("messages") or c["request_body"]["input"]) for c in calls]
        assert sizes == sorted(set(sizes))


def test_trouble_in_the_past_has_signals_that_exist(past: Path) -> None:
    seen = {signal for event in events_in(past) for signal in event["quality_signals"]}
    assert {"rate_limited", "overloaded", "refusal", "truncated_response"} <= seen <= set(SIGNAL_BY_NAME)


def test_call_sites_are_the_lines_of_the_calls() -> None:
    for agent in AGENTS:
        where = call_site(PROGRAMS / f"{agent.name}.py")
        line = Path(where["file"]).read_text().splitlines()[where["line"] - 1]
        assert ".create(" in line or ".stream(" in line


def test_something_goes_wrong_soon_and_every_episode_fits_its_cycle() -> None:
    assert min(episode.start for episode in TIMETABLE) < 5
    assert all(0 <= episode.start < episode.end <= CYCLE_S for episode in TIMETABLE)


@pytest.mark.parametrize("episode", TIMETABLE, ids=lambda e: f"{e.agent}-{e.plot.__name__}")
def test_an_episode_is_played_in_its_time_and_only_then(episode: Episode) -> None:
    agent = AGENT_BY_NAME[episode.agent]
    expected = episode.plot(agent, Random(1))
    for offset, plays in ((episode.start, True), (episode.start + CYCLE_S, True), (CYCLE_S - 1, False)):
        scene = next(scenes(agent, Random(1), lambda at=offset: at))
        assert (scene == expected) == plays


def test_an_episode_that_happens_once_is_followed_by_work() -> None:
    loop = next(episode for episode in TIMETABLE if episode.once)
    played = scenes(AGENT_BY_NAME[loop.agent], Random(1), lambda: loop.start)
    first, second = next(played), next(played)
    assert len(first.answers) > 40 > len(second.answers)


@dataclass(frozen=True)
class Seen:
    """A night, and what was there while it lasted."""

    folder: Path
    at_once: list[Event]
    events: list[Event]
    processes: list[int]
    run: dict[str, Any]
    """The meta of the workshop's first run, by then."""


@pytest.fixture(scope="module")
def seen(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Seen]:
    """A night in which something of everything happened, and which is over."""
    folder = tmp_path_factory.mktemp("night")
    with pytest.MonkeyPatch.context() as environment:
        environment.setenv("ANTHROPIC_API_KEY", "sk-ant-mine")
        environment.setenv("OPENAI_BASE_URL", "http://elsewhere.invalid")
        environment.setenv("HTTP_PROXY", "http://elsewhere.invalid")
        environment.setenv("TESSEN_API_KEY", "tk_mine")
        threads = set(threading.enumerate())
        with Night(folder) as night:
            at_once = events_in(night.log_dir)
            events = wait_for(night.log_dir, enough)
            processes = processes_of(folder)
            run = json.loads((night.runs_dir / RUN / "run_meta.json").read_bytes())
    wait_until_gone(processes)
    assert set(threading.enumerate()) <= threads  # of which some, of earlier tests, may have ended since
    yield Seen(folder, at_once, events, processes, run)


def enough(events: list[Event]) -> bool:
    """Whether all agents are there, one of them failed, two were limited, and the workshop has begun."""
    now = live(events)
    limited = [event for event in now if "rate_limited" in event["quality_signals"]]
    return (
        plain_events(now).keys() == AGENT_BY_NAME.keys()
        and any(event["status"] == "error" for event in now)
        and len(limited) >= 2
        and any(event["agent_name"] == RUN for event in events)
    )


def plain_events(events: list[Event]) -> dict[str, Event]:
    """One event of each agent in which nothing went wrong."""
    return {e["agent_name"]: e for e in events if e["status"] == "ok" and not e["quality_signals"]}


def test_the_night_is_live_at_once_and_gone_at_the_end(seen: Seen) -> None:
    assert len(seen.at_once) > 500
    assert len(seen.processes) >= 3 + len(AGENTS)
    now = live(seen.events)
    assert {"messages.create", "messages.stream", "chat.completions.stream", "responses.create"} <= {
        event["surface"] for event in now
    }
    assert {Path(event["call_site"]["file"]).parent for event in now} == {seen.folder / "agents"}
    written = (file.read_bytes() for file in seen.folder.rglob("*") if file.is_file())
    assert not any(b"sk-ant-mine" in each or b"tk_mine" in each for each in written)
    assert (seen.folder / "troupe.log").read_text() == ""


def test_a_coding_agent_is_at_work_in_it(seen: Seen) -> None:
    assert seen.run["status"] in ("running", "finished")
    assert (seen.run["engine"], seen.run["errors"]) == ("builtin", [])


def test_the_past_looks_like_what_the_recorder_writes(seen: Seen) -> None:
    now = live(seen.events)
    before = [event for event in seen.events if event not in now and event["agent_name"] in AGENT_BY_NAME]
    for agent in AGENTS:
        told, recorded = plain_events(before)[agent.name], plain_events(now)[agent.name]
        assert list(told) == list(recorded)
        assert told["request_body"].keys() == recorded["request_body"].keys()
        assert told["response_headers"].keys() == recorded["response_headers"].keys()
        assert [told[k] for k in SAME] == [recorded[k] for k in SAME]
    ids = [
        e["response_body" if e["streamed"] else "casted_response"]["id"]
        for e in [*before, *now]
        if e["status"] == "ok"
    ]
    assert len(ids) == len(set(ids))
    failed = [next(e for e in kind if e["status"] == "error") for kind in (before, now)]
    assert list(failed[0]) == list(failed[1])
    assert list(failed[0]["error"]) == list(failed[1]["error"])
    assert list(failed[0]["attempts"][0]) == list(failed[1]["attempts"][0])


SAME = (
    "_tessen_tier",
    "provider",
    "surface",
    "call_type",
    "http_method",
    "call_site",
    "streamed",
    "status",
    "model",
    "v",
)


@pytest.mark.parametrize("how", [signal.SIGTERM, signal.SIGINT])
def test_nothing_is_left_however_it_is_ended(tmp_path: Path, how: signal.Signals) -> None:
    """That nothing is left when it is killed, tests/e2e/test_demo.py shows."""
    command = [sys.executable, "-m", "tessen_tui.demo", str(tmp_path)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        log_dir = Path(process.stdout.readline().strip())
        wait_for(log_dir, lambda events: len({event["agent_name"] for event in live(events)}) == len(AGENTS))
        running = processes_of(tmp_path)
        process.send_signal(how)
        process.wait(TIMEOUT_S)
    wait_until_gone(running)
    assert len(running) >= 4 + len(AGENTS)
    assert process.returncode == 0


def test_without_a_folder_it_says_how_it_is_used(tmp_path: Path) -> None:
    for arguments in ([], ["--help"], [str(tmp_path / "none")]):
        command = [sys.executable, "-m", "tessen_tui.demo", *arguments]
        done = subprocess.run(command, capture_output=True, text=True, timeout=TIMEOUT_S, check=False)
        assert (done.returncode, done.stdout) == (2, "")
        assert done.stderr.startswith("usage: python -m tessen_tui.demo FOLDER")
