"""Runs in the app, as a person at the terminal feels them, against parsing the same files with orjson alone.

Runs the real app in a pseudo-terminal of 120x40 over run folders made here, seeded:

1. 1,000 runs: from the key to the painted list (goal: at most 500 ms);
2. a trajectory of 2,000 steps: from the key to its painted steps (goal: at most 300 ms);
3. a diff of 5 MB: from the key to its painted files (goal: at most 300 ms);
4. a page further, median and worst (goal: 33 ms at most), and the processor time that it takes of it: on a
   machine that does other things besides, only that says what the app does;
5. resident memory after moving through many runs, against after the first ones (goal: flat).

    python benchmarks/bench_runs_app.py [--rounds N]
"""

from __future__ import annotations

import argparse
import random
import shutil
import sys
import tempfile
import time
from pathlib import Path
from statistics import median
from typing import Any

import orjson
from data import BENCHDATA
from table import ms, print_table, spread
from terminal import Terminal

APP = str(Path(sys.executable).parent / "tessen-tui")
RUNS = 1_000
STEPS = 2_000
FILES = 500
MOVED_THROUGH = 60
_WORDS = (
    "the",
    "test",
    "fails",
    "because",
    "discount",
    "is",
    "taken",
    "twice",
    "look",
    "at",
    "basket",
    "again",
)


def main() -> None:
    """Measure everything and print the tables."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--rounds", type=int, default=7)
    options = parser.parse_args()
    runs = make_runs(BENCHDATA / "runs-2")
    rows = [
        ["1,000 runs listed", *_against(listing(runs, options.rounds), parsing(metas(runs)))],
        ["2,000 steps opened", *_against(opening(runs, options.rounds), parsing([trajectory(runs)]))],
        ["5 MB of diff opened", *_against(diffing(runs, options.rounds), reading(runs))],
    ]
    print_table(
        f"from the key to the picture ({options.rounds} rounds; yardstick: orjson alone, of a diff reading)",
        ["what", "median (least–most)", "yardstick", "ratio"],
        rows,
    )
    moving(runs)


def make_runs(folder: Path) -> Path:
    """1,000 runs of 2 sessions; the newest, `long`, has the long trajectory and the big diff."""
    if (folder / "long" / "full_diff.patch").exists():
        return folder
    shutil.rmtree(folder, ignore_errors=True)
    rng = random.Random(7)
    for number in range(RUNS - 1):
        _run(folder / f"run-{number:04d}", f"2026-11-{1 + number % 20:02d}T03:00:00+00:00", rng, steps=20)
    _run(folder / "long", "2026-11-23T03:00:00+00:00", rng, steps=STEPS)
    (folder / "long" / "full_diff.patch").write_text("".join(_patch(f"src/part{n}.py") for n in range(FILES)))
    return folder


def _run(folder: Path, started: str, rng: random.Random, steps: int) -> None:
    session = folder / "session_01"
    session.mkdir(parents=True)
    own: list[dict[str, Any]] = [{"step_id": 1, "source": "user", "message": "The test fails."}]
    own += [_step(number, rng) for number in range(2, steps + 1)]
    document = {"schema_version": "ATIF-v1.7", "agent": {"name": "bench", "version": "1"}, "steps": own}
    (session / "trajectory.json").write_bytes(orjson.dumps(document, option=orjson.OPT_INDENT_2))
    one = {
        "session_index": 1,
        "step_count": steps,
        "tool_call_count": steps,
        "total_cost_usd": 0.2,
        "stop_reason": "completed",
        "started_at": started,
        "finished_at": started,
    }
    meta = {
        "run_name": folder.name,
        "engine": "builtin",
        "model": "claude-sonnet-4-5",
        "session_mode": "chained",
        "status": "finished",
        "hypothesis": " ".join(rng.choices(_WORDS, k=8)),
        "tags": ["bench"],
        "sessions": [one, {**one, "session_index": 2}],
        "started_at": started,
        "finished_at": started,
        "total_steps": steps,
        "total_cost_usd": 0.2,
    }
    (folder / "run_meta.json").write_bytes(orjson.dumps(meta, option=orjson.OPT_INDENT_2))


def _step(number: int, rng: random.Random) -> dict[str, Any]:
    call = f"call_{number}"
    said = " ".join(rng.choices(_WORDS, k=rng.randint(5, 60)))
    output = "".join(f"{' '.join(rng.choices(_WORDS, k=8))}\n" for _ in range(rng.randint(1, 60)))
    return {
        "step_id": number,
        "source": "agent",
        "model_name": "claude-sonnet-4-5",
        "message": said,
        "reasoning_content": " ".join(rng.choices(_WORDS, k=rng.randint(10, 120))),
        "tool_calls": [
            {"tool_call_id": call, "function_name": "Bash", "arguments": {"command": f"grep -rn {said[:20]}"}}
        ],
        "observation": {"results": [{"source_call_id": call, "content": output}]},
        "metrics": {"prompt_tokens": 20_000, "completion_tokens": 200, "cost_usd": 0.01},
    }


def _patch(name: str) -> str:
    changed = "".join(
        f"-    return old_value_{n} * discount  # as before\n+    return new_value_{n} * (1 - discount)\n"
        for n in range(55)
    )
    head = f"diff --git a/{name} b/{name}\nindex 1..2 100644\n--- a/{name}\n+++ b/{name}\n"
    return head + "".join(f"@@ -{at},55 +{at},55 @@ def total(basket):\n{changed}" for at in (1, 400))


def metas(runs: Path) -> list[Path]:
    """The files that the list is made of."""
    return list(runs.glob("*/run_meta.json"))


def trajectory(runs: Path) -> Path:
    """The long trajectory."""
    return runs / "long" / "session_01" / "trajectory.json"


def parsing(paths: list[Path]) -> float:
    """Seconds to read and parse files, and nothing else; the median of five rounds."""
    return median(_timed(lambda: [orjson.loads(path.read_bytes()) for path in paths]) for _ in range(5))


def reading(runs: Path) -> float:
    """Seconds to read the diff and cut it into lines."""
    patch = runs / "long" / "full_diff.patch"
    return median(_timed(lambda: patch.read_bytes().decode().split("\n")) for _ in range(5))


def _timed(work: Any) -> float:
    began = time.perf_counter()
    work()
    return time.perf_counter() - began


def _against(times: list[float], yardstick: float) -> list[str]:
    return [spread(times), ms(yardstick), f"{median(times) / yardstick:.1f}"]


def app(runs: Path, scratch: Path, *words: str) -> Terminal:
    """The app, with caches and settings of its own, over an empty log."""
    folders = {"XDG_CACHE_HOME": str(scratch), "XDG_CONFIG_HOME": str(scratch)}
    return Terminal(
        [APP, *words, "--log-dir", str(scratch / "log"), "--runs-dir", str(runs)], (120, 40), folders
    )


def listing(runs: Path, rounds: int) -> list[float]:
    """Seconds from the key to the list, each time in an app that has not read the folder yet."""
    found = []
    for _ in range(rounds):
        with tempfile.TemporaryDirectory() as scratch, app(runs, Path(scratch)) as terminal:
            terminal.wait_for(b"tessen.init()")
            terminal.settle()
            found.append(_answer(terminal, b"3", b"of 1,000"))
    return found


def opening(runs: Path, rounds: int) -> list[float]:
    """Seconds from the key on the list to the steps."""
    with tempfile.TemporaryDirectory() as scratch, app(runs, Path(scratch)) as terminal:
        terminal.wait_for(b"tessen.init()")
        _answer(terminal, b"3", b"of 1,000")
        found = []
        for _ in range(rounds):
            terminal.settle()
            found.append(_answer(terminal, b"\r", b"turn 1"))
            terminal.settle()
            _answer(terminal, b"\x1b", b"of 1,000")
        return found


def diffing(runs: Path, rounds: int) -> list[float]:
    """Seconds from the key that asks for the whole run's diff to its files."""
    found = []
    with (
        tempfile.TemporaryDirectory() as scratch,
        app(runs / "long", Path(scratch), "run", str(runs / "long")) as terminal,
    ):
        terminal.wait_for(b"turn 1")
        for _ in range(rounds):
            terminal.settle()
            _answer(terminal, b"d", b"of the session")
            terminal.settle()
            found.append(_answer(terminal, b"d", b"500 files"))
            terminal.settle()
            _answer(terminal, b"d", b"of the step")
    return found


def moving(runs: Path) -> None:
    """Print how pages turn, and what memory does while many runs are opened and left."""
    with tempfile.TemporaryDirectory() as scratch, app(runs, Path(scratch)) as terminal:
        terminal.wait_for(b"tessen.init()")
        _answer(terminal, b"3", b"of 1,000")
        terminal.settle()
        _answer(terminal, b"\r", b"turn 1")
        terminal.settle()
        waited, busy = zip(*(_page(terminal) for _ in range(100)), strict=True)
        _answer(terminal, b"\x1b", b"of 1,000")
        terminal.settle()
        after = [_through(terminal) for _ in range(3)]
    print_table(
        "moving",
        ["what", "figure"],
        [
            ["a page further in 2,000 steps, median of 100", ms(median(waited))],
            ["a page further, worst", ms(max(waited))],
            ["processor time until it is drawn, median", ms(median(busy))],
            ["processor time until it is drawn, worst", ms(max(busy))],
            *(
                [f"memory after {(n + 1) * MOVED_THROUGH} runs opened and left", f"{size / 1e6:.0f} MB"]
                for n, size in enumerate(after)
            ),
        ],
    )


def _through(terminal: Terminal) -> int:
    """Open and leave runs, one below the other; returns the memory then."""
    for _ in range(MOVED_THROUGH):
        _answer(terminal, b"\r", b"turn 1")
        _answer(terminal, b"\x1b", b"of 1,000")
        _answer(terminal, b"j", b"line ")
    terminal.settle()
    return terminal.memory_bytes()


def _page(terminal: Terminal) -> tuple[float, float]:
    """Seconds from page down until something has been drawn, and processor time of the interface in them."""
    before, began = len(terminal.output), _busy(terminal)
    pressed = terminal.press(b"\x1b[6~")
    while len(terminal.output) == before:
        terminal.read(0.002)
    drawn, busy = terminal.arrivals[-1][0] - pressed, _busy(terminal) - began
    terminal.settle(0.05)
    return drawn, busy


def _busy(terminal: Terminal) -> float:
    """Processor time of the program's first thread so far, in seconds."""
    return int(Path(f"/proc/{terminal.pid}/schedstat").read_text().split()[0]) / 1e9


def _answer(terminal: Terminal, key: bytes, text: bytes) -> float:
    """Seconds from a key to a text that it brings."""
    before = len(terminal.output)
    pressed = terminal.press(key)
    return terminal.wait_for(text, before) - pressed


if __name__ == "__main__":
    main()
