"""Following: from a write to its Change, the cost of 10,000 events a second, and of a quiet log.

The data path's part, without a terminal. A process of its own writes; latency is taken from the event's own
`ts`.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import random
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from statistics import median

from data import SMALL, event
from table import ms, p99, print_table

from capture.log import LocalLog, parse_query


def write(path: Path, rate: float, seconds: float) -> None:
    """Write events at a rate, each stating the moment of its write."""
    rng = random.Random(3)
    template = event(rng, 0.0, "billing", SMALL)
    total = int(rate * seconds)
    started = time.perf_counter()
    with path.open("ab", buffering=0) as out:
        for number in range(total):
            ahead = started + number / rate - time.perf_counter()
            if ahead > 0:
                time.sleep(ahead)
            template["ts"], template["event_id"] = time.time(), f"{rng.getrandbits(128):032x}"
            out.write(json.dumps(template).encode() + b"\n")


async def follow(rate: float, seconds: float) -> dict[str, float]:
    """Follow a writer; returns what was measured, times in seconds."""
    with tempfile.TemporaryDirectory() as name:
        path = Path(name) / "billing" / "2026-11-23.jsonl"
        path.parent.mkdir()
        path.touch()
        log = LocalLog(Path(name), cache=None)
        await log.open()
        view = log.view(parse_query(""))
        argv = [sys.executable, __file__, "--write", str(path), str(rate), str(seconds)]
        total = int(rate * seconds)
        latencies: list[float] = []
        held: list[float] = []
        cpu, started = time.process_time(), time.perf_counter()
        with subprocess.Popen(argv) as writer:  # noqa: ASYNC220 - started before anything is timed
            async for change in log.changes():
                now = time.time()
                began = time.perf_counter()
                view.refresh()
                held.append(time.perf_counter() - began)
                latencies.extend(now - log.row(row).ts for row in list(change.new_rows)[-1:])
                if log.count >= total:
                    break
                await asyncio.sleep(0.05 if rate > 100 else 0)  # a screen draws no faster
            writer.wait()
        share = (time.process_time() - cpu) / (time.perf_counter() - started)
        seen = len(view.rows)
        await log.close()
    return {
        "dropped": total - seen,
        "p50": median(latencies),
        "p99": p99(latencies),
        "cpu": share,
        "held": max(held),
    }


async def idle(seconds: float) -> float:
    """The share of a core that following a quiet log takes."""
    with tempfile.TemporaryDirectory() as name:
        for agent in range(100):
            path = Path(name) / f"agent-{agent}" / "2026-11-23.jsonl"
            path.parent.mkdir()
            path.write_bytes(b"")
        log = LocalLog(Path(name), cache=None)
        await log.open()
        await asyncio.sleep(1)
        cpu, started = time.process_time(), time.perf_counter()
        await asyncio.sleep(seconds)
        share = (time.process_time() - cpu) / (time.perf_counter() - started)
        await log.close()
    return share


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=10)
    parser.add_argument("--write", nargs=3, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.write:
        path, rate, seconds = options.write
        write(Path(path), float(rate), float(seconds))
        return
    rows = []
    for rate in (5.0, 1_000.0, 10_000.0):
        found = asyncio.run(follow(rate, options.seconds))
        cells = [ms(found["p50"]), ms(found["p99"]), f"{found['cpu']:.1%}", ms(found["held"])]
        rows.append([f"{rate:,.0f} events/s", f"{found['dropped']:.0f}", *cells])
    rows.append(["nothing, 100 agents", "", "", "", f"{asyncio.run(idle(options.seconds)):.2%}", ""])
    header = ["arriving", "dropped", "write to change, p50", "p99", "of a core", "longest refresh"]
    print_table("Following", header, rows)


if __name__ == "__main__":
    main()
