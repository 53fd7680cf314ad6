"""The most memory of each reading command, over logs that are large in different ways, against the limit.

The limit is what the documents promise, whatever the log: 64 MB in the largest process. Each command runs
by itself, and the system says what its processes had resident at most. The logs are seeded and made on first
use; `--small` takes a tenth of each, for a look in a minute. Lines stay as long as they are.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

from data import BENCHDATA, SMALL, event
from recorders import log_of
from table import print_table

LIMIT_MB = 64
_START = 1_790_000_000.0
_LINE = 50_000_000
_ANSWER = b'"answer"'
_READ = "import tessen.events as ev; print(sum(1 for _ in ev.read(%s)))"
_AGGREGATE = "import tessen.events as ev; print(ev.aggregate(ev.read())['events_total'])"
_RECENT = "import tessen.events as ev; print(len(ev.recent(n=%d)))"
_LIST = "import tessen.events as ev; print(len(ev.list_agents()))"

Lines = Iterator[tuple[str, bytes]]
"""(agent, line with its newline)."""


def _line(rng: random.Random, number: int, agent: str, **changes: object) -> bytes:
    made = event(rng, _START + number / 10, agent, SMALL) | changes
    return json.dumps(made, separators=(",", ":")).encode() + b"\n"


def many_agents(count: int) -> Lines:
    """So many agents with thirty events each, all of them at work at the same time."""
    rng = random.Random(3)
    for number in range(30 * count):
        agent = f"agent-{number % count:05d}"
        yield agent, _line(rng, number, agent)


def long_lines(count: int) -> Lines:
    """Lines of 50 MB: a long text; a text in which every letter is escaped; numbers; lists in lists."""
    rng = random.Random(4)
    text = b"The order was refunded. \\n" * (_LINE // 26)
    escaped = b"\\u65e5\\u672c" * (_LINE // 12)
    numbers = b"[%b0.5]" % (b"-0.01234567," * (_LINE // 12))
    lists = b"[%b[]]" % (b"[[{}]]," * (_LINE // 7))
    kinds = b'"%b"' % text, b'"%b"' % escaped, numbers, lists
    for number in range(count):
        content = [{"type": "text", "text": "answer"}]
        line = _line(rng, number, "long", casted_response={"content": content, "usage": {"input_tokens": 7}})
        yield "long", line.replace(_ANSWER, kinds[number % 4], 1)


def many_sessions(count: int) -> Lines:
    """So many sessions of three calls."""
    rng = random.Random(5)
    for number in range(3 * count):
        session = f"{number // 3 * 0x9E3779B97F4A7C15 % 2**64:032x}"
        yield "busy", _line(rng, number, "busy", session_id=session)


def many_names(count: int) -> Lines:
    """So many models, tools, errors, call sites, surfaces and signals, each of which comes once."""
    rng = random.Random(6)
    for number in range(count):
        asked = {"type": "tool_use", "id": f"t{number}", "name": f"tool-{number}", "input": {"n": number}}
        error = {"type": f"Error{number}", "msg": f"wrong {number}", "tb": "", "status_code": 400, "body": {}}
        names: dict[str, object] = {
            "model": f"model-{number}",
            "surface": f"surface-{number}",
            "call_site": {"file": f"/srv/{number}.py", "line": number, "func": "step"},
            "quality_signals": [f"signal_{number}"],
        }
        if number % 2:
            names |= {"status": "error", "error": error}
        else:
            names |= {"status": "ok", "casted_response": {"content": [asked], "stop_reason": "tool_use"}}
        yield "names", _line(rng, number, "names", **names)


class Case(NamedTuple):
    """A log, and what is asked of it."""

    name: str
    folder: Callable[[], Path]
    commands: Sequence[tuple[str, ...]]


def _made(name: str, lines: Callable[[int], Lines], count: int) -> Callable[[], Path]:
    """Make a log on first use: one file an agent."""

    def folder() -> Path:
        root = BENCHDATA / f"memory-{name}-{count}"
        if not (root / "done").exists():
            maker = os.fork()  # what a process ever had resident is counted for those that it starts
            if not maker:
                _write(root, lines(count))
                os._exit(0)
            os.waitpid(maker, 0)
        return root

    return folder


def _write(root: Path, lines: Lines) -> None:
    for agent, line in lines:
        path = root / agent / "2026-09-21.jsonl"
        if not path.exists():
            path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("ab") as out:
            out.write(line)
    (root / "done").touch()


def _python(code: str) -> tuple[str, ...]:
    return ("-c", code)


_ALL = (
    *(("status",), ("status", "--json"), ("analyze",), ("analyze", "--json")),
    *(("tail", "--no-follow", "-n", "10"), ("tail", "--no-follow", "-n", "10", "--json")),
    ("tail", "--no-follow", "-n", "20000"),
    *(("tail", "--no-follow", "--since", "2026-09-01"), ("tail", "--no-follow", "--filter", "nowhere")),
    *(("viewer", "-n", "8", "--no-pager"), ("viewer", "-n", "8", "--json"), ("viewer", "--index", "0")),
    ("upload", "--all", "--dry-run", "--json"),
    _python(_LIST),
)
_EVENTS = (
    _python(_AGGREGATE),
    _python(_READ % ""),
    _python(_READ % "since='2026-09-01'"),
    _python(_RECENT % 1000),
)
"""What gives events whole takes as much as they are long: not asked of long lines."""


def cases(small: bool) -> list[Case]:
    """The logs, at full size or at a tenth."""
    part = 10 if small else 1
    million = 1_000_000 // part
    return [
        Case(f"{million:,} events", lambda: log_of("ours", million), (*_ALL, *_EVENTS)),
        _case("agents of 30 events", many_agents, 10_000 // part, (*_ALL, *_EVENTS)),
        _case("lines of 50 MB", long_lines, 40 // part, _ALL),
        _case("sessions", many_sessions, 100_000 // part, (*_ALL, *_EVENTS)),
        _case("names of each kind", many_names, 100_000 // part, (*_ALL, *_EVENTS)),
    ]


def _case(name: str, lines: Callable[[int], Lines], count: int, commands: Sequence[tuple[str, ...]]) -> Case:
    return Case(f"{count:,} {name}", _made(name.replace(" ", "-"), lines, count), commands)


def measured(folder: Path, command: Sequence[str]) -> tuple[float, float]:
    """Run a command; return the most memory of a process, in MB, and the processors' seconds."""
    argv = command if command[0] == "-c" else ("-m", f"tessen.{command[0]}", *command[1:])
    environment = {**os.environ, "TESSEN_LOG_DIR": str(folder)}
    with tempfile.TemporaryFile() as errors:
        process = subprocess.Popen(
            [sys.executable, *argv], stdout=subprocess.DEVNULL, stderr=errors, env=environment
        )
        _, status, usage = os.wait4(process.pid, 0)
        if status:
            errors.seek(0)
            raise SystemExit(f"{' '.join(command)} failed:\n{errors.read().decode()[-2_000:]}")
    return usage.ru_maxrss / 1024, usage.ru_utime + usage.ru_stime


def _row(folder: Path, command: Sequence[str]) -> list[str]:
    peak, seconds = measured(folder, command)
    words = command[1].rpartition("; ")[2] if command[0] == "-c" else " ".join(command)
    return [words, f"{peak:.0f} MB", f"{peak / LIMIT_MB:.2f}x", f"{seconds:.1f} s"]


def main() -> None:
    """Print a table a log."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--small", action="store_true", help="a tenth of each log")
    parser.add_argument("--only", metavar="WORD", default="", help="only the logs whose name holds this")
    options = parser.parse_args()
    for case in cases(options.small):
        if options.only in case.name:
            folder = case.folder()
            rows = [_row(folder, command) for command in case.commands]
            print_table(case.name, ("command", "most memory", "of the limit", "processor time"), rows)


if __name__ == "__main__":
    main()
