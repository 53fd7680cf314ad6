"""The reading commands against what one would otherwise type, on the same question and the same log.

The others are jq and lnav (where installed: `apt-get install jq lnav`) and the released tessen 0.4.0, which
is installed into `.benchdata/` on first use. The same calls are read twice: as our recorder writes them,
and as the released one does, whose lines have to be mended. Rounds alternate, so that other load on the
machine meets all alike; the processors' time says what a machine with nothing else to do would share
between its cores. Times grow with the log's length; `--events 1000000` is the size that the figures of
others are known for.
"""

from __future__ import annotations

import argparse
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median

from data import BENCHDATA
from recorders import AGENT, WRITERS, log_of
from table import print_table

RELEASE = "tessen==0.4.0"
_JQ_STATUS = 'reduce inputs as $e ({}; .[$e.agent_name + " " + $e.status] += 1)'
_JQ_ANALYZE = """reduce inputs as $e ({}; .models[$e.request_body.model] += 1 | .status[$e.status] += 1
  | .errors[$e.error.type // "none"] += 1
  | ($e.usage // ($e.casted_response // $e.response_body | .usage?)) as $u
  | .input += ($u.input_tokens // $u.prompt_tokens) | .output += ($u.output_tokens // $u.completion_tokens)
  | reduce $e.quality_signals[] as $s (.; .signals[$s] += 1))"""
_LNAV_FORMAT = """{"tessen_events": {"title": "events", "json": true, "file-pattern": ".*jsonl",
  "level-field": "status", "timestamp-field": "ts", "body-field": "event_id", "hide-extra": true,
  "line-format": [{"field": "ts"}, " ", {"field": "event_id"}],
  "value": {"model": {"kind": "string"}, "status": {"kind": "string"}, "agent_name": {"kind": "string"},
            "event_id": {"kind": "string"}}}}"""
_LNAV_QUESTION = ";SELECT model, status, count(*) FROM tessen_events GROUP BY model, status"


@dataclass
class Program:
    """One way to answer a question."""

    name: str
    argv: Sequence[str | Path]
    env: dict[str, str] = field(default_factory=dict)
    until: bytes = b""
    """What a program prints once it has answered that does not end by itself."""
    seconds: list[float] = field(default_factory=list)
    cpu: list[float] = field(default_factory=list)
    peak_mb: float = 0.0

    def run(self) -> None:
        """Answer once, and note how long it took, and the most memory of a process."""
        with tempfile.NamedTemporaryFile() as out:
            printed = Path(out.name)
            started = time.perf_counter()
            process = subprocess.Popen(self.argv, stdout=out, stderr=out, env={**os.environ, **self.env})
            if self.until:
                while self.until not in printed.read_bytes() and _runs(process.pid):
                    time.sleep(0.01)
                self.seconds.append(time.perf_counter() - started)
                process.send_signal(signal.SIGTERM)
            _, status, usage = os.wait4(process.pid, 0)
            if not self.until:
                self.seconds.append(time.perf_counter() - started)
            self.cpu.append(usage.ru_utime + usage.ru_stime)
            if self.until not in printed.read_bytes() if self.until else status:
                raise SystemExit(f"{self.name} failed:\n{printed.read_bytes().decode()[-2_000:]}")
        self.peak_mb = max(self.peak_mb, usage.ru_maxrss / 1024)


def _runs(pid: int) -> bool:
    """Whether a child still runs; one that has ended is left to be waited for."""
    return os.waitid(os.P_PID, pid, os.WEXITED | os.WNOHANG | os.WNOWAIT) is None


def released() -> Path:
    """The folder of the released package, installed on first use."""
    folder = BENCHDATA / "tessen-0.4.0"
    if not folder.exists():
        options = ("--quiet", "--disable-pip-version-check", "--no-deps", "--target", folder)
        subprocess.run([sys.executable, "-m", "pip", "install", *options, RELEASE], check=True)
    return folder


def ours(folder: Path, name: str, *arguments: str) -> Program:
    """One of our commands."""
    argv = [sys.executable, "-m", f"tessen.{name}", *arguments]
    return Program(f"tessen {name}", argv, {"TESSEN_LOG_DIR": str(folder)})


def theirs(folder: Path, name: str, *arguments: str) -> Program:
    """The same command of the released package."""
    env = {"TESSEN_LOG_DIR": str(folder), "PYTHONPATH": str(released())}
    return Program("tessen 0.4.0", [sys.executable, "-P", "-m", f"tessen.{name}", *arguments], env)


def both(folder: Path, name: str, *arguments: str) -> list[Program]:
    """Our command and theirs of the same name."""
    return [ours(folder, name, *arguments), theirs(folder, name, *arguments)]


def tools(folder: Path, jq_filter: str) -> list[Program]:
    """Jq and lnav, as far as they are installed."""
    files = sorted((folder / AGENT).glob("*.jsonl"))
    found = []
    if shutil.which("jq"):
        found.append(Program("jq", ["jq", "-n", "-c", jq_filter, *map(str, files)]))
    if shutil.which("lnav"):
        home = BENCHDATA / "lnav"
        format_dir = home / ".lnav" / "formats" / "tessen"
        format_dir.mkdir(parents=True, exist_ok=True)
        (format_dir / "format.json").write_text(_LNAV_FORMAT)
        argv: list[str | Path] = ["lnav", "-n", "-q", "-c", _LNAV_QUESTION, "-c", ":write-csv-to -", *files]
        found.append(Program("lnav", argv, {"HOME": str(home), "XDG_CONFIG_HOME": str(home / ".config")}))
    return found


def compare(question: str, programs: list[Program], rounds: int) -> list[list[str]]:
    """Lines of the table: each program's medians, the most memory, and how much longer than ours it took."""
    for _ in range(rounds):
        for program in programs:
            program.run()
    own = programs[0]
    lines = []
    for program in programs:
        figures = [
            f"{median(program.seconds):.2f} s",
            f"{median(program.cpu):.2f} s",
            f"{program.peak_mb:.0f} MB",
            f"{_ratio(program.seconds, own.seconds):.2f}x",
            f"{_ratio(program.cpu, own.cpu):.2f}x",
        ]
        lines.append([question if program is own else "", program.name, *figures])
    return lines


def _ratio(theirs: list[float], ours: list[float]) -> float:
    return median(a / b for a, b in zip(theirs, ours, strict=True))


def questions(folder: Path) -> list[tuple[str, list[Program]]]:
    """What is asked of a log, and who is asked, ours first."""
    last = ("-n", "5")
    tail = ours(folder, "tail", AGENT, *last, "--no-follow")
    followed = theirs(folder, "tail", AGENT, *last)  # which goes on to follow the log
    followed.until = b"following live"
    since = ours(folder, "tail", AGENT, "--since", "60s", "--no-follow")
    last_by_python = "import tessen.events as ev, sys; print(ev.recent(sys.argv[1], 5))"
    recent = Program(
        "tessen 0.4.0 recent()",
        [sys.executable, "-P", "-c", last_by_python, AGENT],
        {"TESSEN_LOG_DIR": str(folder), "PYTHONPATH": str(released())},
    )
    return [
        ("status", [*both(folder, "status"), *tools(folder, _JQ_STATUS)]),
        ("analyze", [*both(folder, "analyze", AGENT), *tools(folder, _JQ_ANALYZE)]),
        ("the last 5", [tail, followed, recent]),
        ("the last minute", [since]),
    ]


_HEADER = (
    *("question", "program", "time", "processor time", "most memory"),
    *("time against ours", "processor time against ours"),
)


def main() -> None:
    """Print a table a recorder."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--events", type=int, default=200_000)
    parser.add_argument("--rounds", type=int, default=3)
    options = parser.parse_args()
    for writer in WRITERS:
        folder = log_of(writer, options.events)
        size = sum(path.stat().st_size for path in folder.rglob("*.jsonl"))
        rows = [
            line
            for question, programs in questions(folder)
            for line in compare(question, programs, options.rounds)
        ]
        whose = "our recorder" if writer == "ours" else "tessen 0.4.0"
        title = (
            f"{options.events:,} events ({size / 1e6:,.0f} MB) as {whose} writes them, {os.cpu_count()} cores"
        )
        print_table(title, _HEADER, rows)
    print("memory is that of the largest process; ours reads with one process a core")


if __name__ == "__main__":
    main()
