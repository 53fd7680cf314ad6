"""`tessen bench`: what recording adds to a call on this machine.

What belongs here is the measuring. The recorder's own hooks run around stand-ins for a vendor's client and an
HTTP library that answer at once, so that nothing but the recorder is measured: no network, no SDK, and a log
folder that is thrown away. The yardsticks are a `write(2)` of the same bytes, and the same after one
`json.dumps` of the event, which is the least that a recorder in Python could do if it encoded what it writes.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NamedTuple

import tessen
from tessen import _recorder, _stand_in
from tessen._command import CommandError, whole

SUMMARY = "measure what recording adds to a call on this machine"
EXAMPLE = """\
example:
  $ tessen bench
  $ tessen bench --iterations 5000 --json
"""
SIZES = {"2 KB": 2_000, "50 KB": 50_000}
"""About how many bytes an event has, by the name of its row."""

BUDGET_US = 1000.0
"""Above this mean the command fails."""

SCHEMA_VERSION = 1
_WARM_UP = 200


class Result(NamedTuple):
    """One row: what was added to a call, in microseconds."""

    name: str
    iterations: int
    mean_us: float
    p50_us: float
    p95_us: float
    p99_us: float
    max_us: float
    total_sec: float


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the options of the command."""
    parser.epilog = EXAMPLE
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.add_argument("--iterations", type=_positive, default=2000, help="calls a row (default: 2000)")
    parser.add_argument("--json", action="store_true", help="print JSON instead of a table")


def run(options: argparse.Namespace) -> int:
    """Measure and print; return 1 if recording takes more than its budget.

    Raises:
        CommandError: This very process is recorded, and its hooks are where they are.
    """
    if _recorder.active is not None:
        raise CommandError(
            "this process is recorded already; run it without tessen exec, or a tessen.init() at start"
        )
    os.environ.pop("TESSEN_API_KEY", None)  # made-up calls are not to be shipped
    with tempfile.TemporaryDirectory(prefix="tessen-bench-") as folder:
        results = [
            result
            for label, size in SIZES.items()
            for result in measure(Path(folder) / label, label, size, options.iterations)
        ]
    print(_as_json(results, options.iterations) if options.json else _as_table(results))
    worst = max(result.mean_us for result in results)
    if worst > BUDGET_US:
        print(f"tessen bench: {worst:.0f} µs a call is over the {BUDGET_US:.0f} µs allowed", file=sys.stderr)
    return int(worst > BUDGET_US)


def _positive(text: str) -> int:
    return whole(text, least=1)


def measure(folder: Path, label: str, size: int, iterations: int) -> Iterator[Result]:
    """Time the bare write, the same with the event encoded, and a recorded call.

    Args:
        folder: Where to write; made here.
        label: What to call the size.
        size: About how many bytes an event has.
        iterations: How many calls to time.
    """
    client = _stand_in.SyncAPIClient(size)
    unrecorded = statistics.median(_times(client.ask, iterations))
    with _stand_in.imported():
        tessen.init(agent_name="bench", log_dir=folder, redact=())
    try:
        added = [took - unrecorded for took in _times(client.ask, iterations)]
    finally:
        tessen.shutdown()
    log = next(folder.glob("bench/*.jsonl"))
    with log.open("rb") as lines:
        line = next(lines)
    fd = os.open(folder / "bare", os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
    event = json.loads(line)
    try:
        yield _result(f"bare write, {label}", _times(lambda: os.write(fd, line), iterations))
        encoded = _times(lambda: os.write(fd, f"{json.dumps(event)}\n".encode()), iterations)
        yield _result(f"json.dumps and write, {label}", encoded)
    finally:
        os.close(fd)
    yield _result(f"recording, {label}", added)


def _times(work: Callable[[], object], iterations: int) -> list[float]:
    """Return the seconds that each run took; the first ones, which warm up, are left out."""
    for _ in range(min(_WARM_UP, iterations)):
        work()
    clock = time.perf_counter
    took = []
    for _ in range(iterations):
        start = clock()
        work()
        took.append(clock() - start)
    return took


def _result(name: str, times: list[float]) -> Result:
    ordered = sorted(seconds * 1e6 for seconds in times)

    def quantile(share: float) -> float:
        return round(ordered[min(int(len(ordered) * share), len(ordered) - 1)], 3)

    mean = round(statistics.fmean(ordered), 3)
    parts = (mean, quantile(0.5), quantile(0.95), quantile(0.99), round(ordered[-1], 3))
    return Result(name, len(ordered), *parts, round(sum(times), 6))


def _as_table(results: list[Result]) -> str:
    lines = [f"{'added to a call, in µs':28}{'mean':>12}{'p50':>10}{'p95':>10}{'p99':>10}{'max':>10}"]
    lines += [
        f"{result.name:28}{result.mean_us:>12.1f}{result.p50_us:>10.1f}{result.p95_us:>10.1f}"
        f"{result.p99_us:>10.1f}{result.max_us:>10.1f}"
        for result in results
    ]
    return "\n".join(lines)


def _as_json(results: list[Result], iterations: int) -> str:
    report = {
        "results": [result._asdict() for result in results],
        "budgets_us": {"mean": BUDGET_US},
        "iterations": iterations,
        "schema_version": SCHEMA_VERSION,
        "tessen_version": tessen.__version__,
        "generated_at": time.time(),
    }
    return json.dumps(report, indent=2)


if __name__ == "__main__":
    from tessen.cli import main

    sys.exit(main(["bench", *sys.argv[1:]]))
