"""What a person at the terminal feels: opening, following, keys, idle cost, bytes for a slow line.

Runs the real app in a pseudo-terminal of 120x40 over logs made by `data.py`:

1. the time from the command to the last screen of the log painted, for a 1 GB log without and with a kept
   index, against an empty log in the same run (goal: within 1.3x);
2. answering keys while that 1 GB is being indexed behind;
3. the time from the write of an event to its appearance, at a quiet log (goal: median at most 100 ms);
4. 10,000 events a second arriving: frames drawn a second (goal: at least 10), answering a key (goal: median
   at most 100 ms), and whether every event was counted;
5. processor time at idle (goal: at most 1 % of a core);
6. bytes written for one cursor move (goal: at most 4 KB).

    python benchmarks/bench_app.py [--rounds N] [--gigabytes G]
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import sys
import tempfile
import threading
import time
from pathlib import Path
from statistics import median

from data import log_folder
from table import ms, p99, print_table, spread
from terminal import Terminal

APP = str(Path(sys.executable).parent / "tessen-tui")
AGENT = "bench_agent"
SIZE = (120, 40)
RATE_PER_S = 10_000
EVENTS_PER_GB = 500_000
LARGE_EVERY = 400
"""One event of the big log in so many is of 50 KB."""
NEWEST = b"agent-0"
"""What every line of the big log's last screen shows."""


def main() -> None:
    """Measure everything and print one table each."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--gigabytes", type=float, default=1.0)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch)
        events = int(options.gigabytes * EVENTS_PER_GB)
        big = log_folder("talk", events=events, large_every=LARGE_EVERY)
        opening(big, folder, options.rounds)
        quiet(folder)
        storm(folder)


def opening(big: Path, scratch: Path, rounds: int) -> None:
    """Print how long the first full picture takes, and how keys are answered while the backlog is indexed."""
    empty = scratch / "empty"
    empty.mkdir()
    cold, kept = scratch / "cold", scratch / "kept"
    times: dict[str, list[float]] = {"empty log": [], "big log, no index yet": [], "big log, kept index": []}
    answers: list[float] = []
    with app(big, kept) as terminal:
        terminal.wait_for(NEWEST)
        wait_until_indexed(terminal)
    for _ in range(rounds):
        times["empty log"].append(first_picture(empty, scratch / "none", b"No events yet"))
        shutil.rmtree(cold, ignore_errors=True)
        with app(big, cold) as terminal:
            times["big log, no index yet"].append(terminal.wait_for(NEWEST) - terminal.started)
            answers += [answer(terminal) for _ in range(10)]
        times["big log, kept index"].append(first_picture(big, kept, NEWEST))
    yardstick = median(times["empty log"])
    size = sum(path.stat().st_size for path in big.rglob("*.jsonl")) / 1e9
    print_table(
        f"command to last screen painted ({size:.2f} GB, {rounds} rounds)",
        ["log", "median (least–most)", "× empty"],
        [[name, spread(values), f"{median(values) / yardstick:.2f}"] for name, values in times.items()],
    )
    print_table(
        "a key answered while the backlog is indexed",
        ["keys", "median", "p99"],
        [[str(len(answers)), ms(median(answers)), ms(p99(answers))]],
    )


def quiet(scratch: Path) -> None:
    """Print the latency of one event, the cost of idling, and the bytes of a cursor move."""
    folder = scratch / "quiet"
    writer = Writer(folder)
    writer.append(200)
    with app(folder, scratch / "quiet-cache") as terminal:
        terminal.wait_for(writer.last)
        terminal.settle()
        latencies = []
        for _ in range(40):
            before = len(terminal.output)
            written = writer.append(1)
            latencies.append(terminal.wait_for(writer.last, before) - written)
            terminal.read(0.2)
        moves = [cursor_move(terminal) for _ in range(20)]
        terminal.settle()
        start, cpu = time.perf_counter(), terminal.cpu_s()
        terminal.read(20)
        share = (terminal.cpu_s() - cpu) / (time.perf_counter() - start)
    print_table(
        "a quiet log (120x40)",
        ["what", "figure"],
        [
            ["write to screen, median of 40", ms(median(latencies))],
            ["write to screen, worst of 40", ms(max(latencies))],
            ["bytes for one cursor move, median of 20", f"{median(moves):.0f}"],
            ["processor at idle, over 20 s", f"{share:.2%} of a core"],
        ],
    )


def storm(scratch: Path, seconds: float = 15.0) -> None:
    """Print how the app holds up while 10,000 events a second arrive."""
    folder = scratch / "storm"
    writer = Writer(folder)
    writer.append(100)
    with app(folder, scratch / "storm-cache") as terminal:
        terminal.wait_for(writer.last)
        start, before = time.perf_counter(), len(terminal.output)
        stream = threading.Thread(target=writer.stream, args=(RATE_PER_S, seconds))
        stream.start()
        answers = []
        while stream.is_alive():
            answers.append(answer(terminal))
            terminal.read(0.1)
        elapsed = time.perf_counter() - start
        frames = terminal.frames(before)
        written = writer.count
        caught_up = terminal.wait_for(writer.last, before) - start - elapsed
        terminal.wait_for(f"{written:,} events".encode(), before, timeout=30)
        memory = terminal.memory_bytes()
    print_table(
        f"{written / elapsed:,.0f} events a second arriving for {elapsed:.0f} s",
        ["what", "figure"],
        [
            ["events written and counted on screen", f"{written:,}"],
            ["frames a second", f"{frames / elapsed:.1f}"],
            [f"a key answered, median of {len(answers)}", ms(median(answers))],
            ["a key answered, worst", ms(max(answers))],
            ["newest event on screen after the last write", ms(max(0.0, caught_up))],
            ["resident memory of the app", f"{memory / 1e6:.0f} MB"],
        ],
    )


def app(log_dir: Path, cache: Path) -> Terminal:
    """The app in Live, with caches and settings of its own."""
    folders = {"XDG_CACHE_HOME": str(cache), "XDG_CONFIG_HOME": str(cache / "config")}
    return Terminal([APP, "--log-dir", str(log_dir), "--filter", ""], SIZE, folders)


def first_picture(log_dir: Path, cache: Path, text: bytes) -> float:
    """Seconds from the command until a text of the first full picture is written."""
    with app(log_dir, cache) as terminal:
        return terminal.wait_for(text) - terminal.started


def answer(terminal: Terminal) -> float:
    """Seconds from a key (help, then escape) to its answer."""
    before = len(terminal.output)
    pressed = terminal.press(b"?")
    answered = terminal.wait_for(b"Keys", before)
    terminal.press(b"\x1b")
    terminal.read(0.15)
    return answered - pressed


def cursor_move(terminal: Terminal) -> int:
    """Bytes written for one press of k."""
    terminal.settle(0.15)
    before = len(terminal.output)
    terminal.press(b"k")
    terminal.read(0.1)
    return len(terminal.output) - before


def wait_until_indexed(terminal: Terminal) -> None:
    """Wait until nothing on screen speaks of indexing any more."""
    while True:
        before = len(terminal.output)
        terminal.read(2.0)
        if b"indexing" not in terminal.output[before:]:
            return


class Writer:
    """Appends 2 KB events as a recorder would."""

    def __init__(self, folder: Path) -> None:
        self.count = 0
        self.last = b""
        agent = folder / AGENT
        agent.mkdir(parents=True)
        self._fd = os.open(
            agent / f"{time.strftime('%Y-%m-%d', time.gmtime())}.jsonl",
            os.O_CREAT | os.O_APPEND | os.O_WRONLY,
        )

    def append(self, number: int) -> float:
        """Write so many events with one write; returns the moment before it."""
        lines = b"".join(self._line() for _ in range(number))
        moment = time.perf_counter()
        os.write(self._fd, lines)
        return moment

    def stream(self, rate: int, seconds: float) -> None:
        """Write at a rate for a while, in a batch every 20 ms."""
        start = time.perf_counter()
        written = 0
        while (passed := time.perf_counter() - start) < seconds:
            due = int(passed * rate) - written
            self.append(due)
            written += due
            time.sleep(max(0.0, 0.02 - (time.perf_counter() - start - passed)))

    def _line(self) -> bytes:
        self.count += 1
        mark = f"mark{self.count}x"
        self.last = mark.encode()
        event = {
            "event_id": f"{self.count:032x}",
            "session_id": f"{self.count // 20:032x}",
            "agent_name": AGENT,
            "ts": time.time(),
            "_tessen_tier": 1,
            "provider": "anthropic",
            "surface": "messages.create",
            "call_type": "request",
            "http_method": "POST",
            "http_url": "https://api.anthropic.com/v1/messages",
            "duration_ms": 842.0,
            "request_body": {
                "model": "claude-haiku-4-5",
                "messages": [{"role": "user", "content": "x" * 1400}],
            },
            "streamed": False,
            "status": "ok",
            "casted_response": {"model": "claude-haiku-4-5", "content": [{"type": "text", "text": mark}]},
            "usage": {
                "input_tokens": 400,
                "output_tokens": 20,
                "cache_read_tokens": 0,
                "cache_write_tokens": 0,
            },
            "model": "claude-haiku-4-5",
            "quality_signals": [],
        }
        return json.dumps(event).encode() + b"\n"


if __name__ == "__main__":
    main()
