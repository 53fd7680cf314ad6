"""What the reading commands have in memory at most, over small versions of the logs that ask most of them.

Each log is as large as one that took more than the limit here before it was bounded; the large ones are
measured by `benchmarks/bench_memory.py`.
"""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from tests.logs import NOW, make_event, write_log

MOST_MB = 45
"""Python and the commands take some 20; the limit that the documents promise is 64."""

_CODE = r"""
import re, resource, sys
from tessen.cli import main
code = main(sys.argv[1:])
own = int(re.search(r"VmHWM:\s*(\d+)", open("/proc/self/status").read())[1])
print(max(own, resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss), file=sys.stderr)
sys.exit(code)
"""
"""What a process itself had resident; the system's count for its parent begins with what the parent has."""


def peak_mb(folder: Path, *arguments: str) -> float:
    """The most memory that a process of a command had resident."""
    done = subprocess.run(
        [sys.executable, "-c", _CODE, *arguments, "--log-dir", str(folder)],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
        check=True,
        timeout=120,
    )
    return int(done.stderr.split()[-1]) / 1024


@pytest.fixture(scope="module")
def agents(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Many agents that are all at work at the same time, with 50 kB each."""
    folder = tmp_path_factory.mktemp("agents")
    words = "It was refunded. " * 500
    for number in range(600):
        agent = f"agent{number:03}"
        events = [make_event(turn, agent, NOW - 5_000 + turn * 60, words=words) for turn in range(6)]
        write_log(folder, events)
    return folder


@pytest.fixture(scope="module")
def names(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """As many agents as `status` tells apart, of one event each."""
    folder = tmp_path_factory.mktemp("names")
    line = json.dumps(make_event(1, "an-agent", NOW))
    lines = (line.replace("an-agent", f"{number:09}").encode() + b"\n" for number in range(10_000))
    return write_log(folder, lines)


@pytest.fixture(scope="module")
def long(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A line that is a long text, one that is many numbers, and one of many lists."""
    folder = tmp_path_factory.mktemp("long")
    kinds = (
        '"%s"' % ("It was refunded.\\n" * 700_000),
        f"[{'0.25,' * 2_000_000}1]",
        f"[{'[],' * 700_000}1]",
    )
    line = json.dumps(make_event(1, "a", NOW, casted_response={"content": "@", "usage": {}}))
    return write_log(folder, (line.replace('"@"', kind).encode() + b"\n" for kind in kinds))


@pytest.mark.parametrize(
    "command",
    [
        "tail --no-follow --since 2026-11-01",
        "tail --no-follow -n 3000",
        "tail --no-follow --filter status:error",
        "analyze",
    ],
)
def test_many_agents(agents: Path, command: str) -> None:
    assert peak_mb(agents, *command.split()) < MOST_MB


@pytest.mark.parametrize("command", ["status", "status --json", "analyze --json"])
def test_many_names(names: Path, command: str) -> None:
    assert peak_mb(names, *command.split(), *(["--all"] if "status" in command else [])) < MOST_MB


@pytest.mark.parametrize(
    "command",
    [
        "tail --no-follow",
        "tail --no-follow --json --filter refunded",
        "viewer",
        "viewer --json",
        "status",
        "analyze --filter refunded",
    ],
)
def test_long_lines(long: Path, command: str) -> None:
    assert peak_mb(long, *command.split()) < MOST_MB
