"""How fast a log is indexed, against a bare `orjson.loads` of every line on one core; and the index's memory.

Rounds of both alternate, so that other load on the machine meets both alike.
"""

from __future__ import annotations

import argparse
import asyncio
import time
from pathlib import Path
from statistics import median

import orjson
from data import log_folder
from table import print_table

from capture.log import LocalLog


def bare_orjson(folder: Path) -> float:
    """Seconds to parse every line with nothing else done."""
    started = time.perf_counter()
    for path in sorted(folder.glob("*/*.jsonl")):
        with path.open("rb") as lines:
            for line in lines:
                orjson.loads(line)
    return time.perf_counter() - started


async def index(folder: Path, cache: Path | None) -> tuple[float, LocalLog]:
    """Seconds until everything is indexed, and the log, closed."""
    started = time.perf_counter()
    log = LocalLog(folder, cache=cache)
    await log.open()
    async for _ in log.changes():
        if log.progress.done:
            break
    took = time.perf_counter() - started
    await log.close()
    return took, log


def measure(folder: Path, rounds: int) -> list[str]:
    """One line of the table."""
    size = sum(path.stat().st_size for path in folder.glob("*/*.jsonl"))
    kept = folder / "kept-index"
    plain, ours = [], []
    for _ in range(rounds):
        plain.append(bare_orjson(folder))
        took, log = asyncio.run(index(folder, None))
        ours.append(took)
    asyncio.run(index(folder, kept))
    again = [asyncio.run(index(folder, kept))[0] for _ in range(rounds)]
    return [
        folder.name,
        f"{log.count:,}",
        f"{size / 1e6:,.0f} MB",
        f"{median(plain):.2f} s",
        f"{median(ours):.2f} s",
        f"{median(a / b for a, b in zip(plain, ours, strict=True)):.2f}x",
        f"{median(again):.2f} s",
        f"{log.table.nbytes / log.count:.0f}",
    ]


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--events", type=int, default=500_000)
    parser.add_argument("--rounds", type=int, default=3)
    options = parser.parse_args()
    folders = [
        log_folder("talk", events=options.events, large_every=400),
        log_folder("talk", events=options.events // 4, large_every=20),
    ]
    header = ["log", "events", "size", "bare orjson", "indexed", "ratio", "from kept index", "bytes an event"]
    print_table("Indexing", header, [measure(folder, options.rounds) for folder in folders])


if __name__ == "__main__":
    main()
