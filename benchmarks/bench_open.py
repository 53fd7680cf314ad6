"""How soon the newest screenfuls are there, for an empty log and for big ones; and how long the loop is held.

The data path's part of opening: `LocalLog.open` and a view of everything, without a terminal.
"""

from __future__ import annotations

import argparse
import asyncio
import time
from pathlib import Path
from statistics import median

from data import BENCHDATA, log_folder
from table import ms, p99, print_table

from capture.log import LocalLog, parse_query


async def open_once(folder: Path, follow: bool) -> tuple[float, list[float]]:
    """Seconds to the first rows, and how late a timer of 1 ms came while the rest was indexed."""
    started = time.perf_counter()
    log = LocalLog(folder, cache=None)
    await log.open()
    view = log.view(parse_query(""))
    took = time.perf_counter() - started
    late: list[float] = []
    if follow:
        ticking = asyncio.create_task(_tick(late))
        while not log.progress.done:
            await anext(log.changes())
            view.refresh()
        ticking.cancel()
    late = late or [0.0]
    await log.close()
    return took, late


async def _tick(late: list[float]) -> None:
    while True:
        started = time.perf_counter()
        await asyncio.sleep(0.001)
        late.append(time.perf_counter() - started - 0.001)


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--events", type=int, default=500_000)
    parser.add_argument("--rounds", type=int, default=9)
    options = parser.parse_args()
    empty = BENCHDATA / "empty"
    empty.mkdir(parents=True, exist_ok=True)
    folders = {
        "empty": empty,
        "one big log": log_folder("talk", events=options.events, large_every=0),
        "1,000 files of 100 agents": log_folder(
            "files", events=100_000, agents=100, large_every=0, file_bytes=200_000
        ),
    }
    opened: dict[str, list[float]] = {name: [] for name in folders}
    for _ in range(options.rounds):
        for name, folder in folders.items():
            opened[name].append(asyncio.run(open_once(folder, False))[0])
    rows = []
    for name, folder in folders.items():
        _, late = asyncio.run(open_once(folder, True))
        extra = median(opened[name]) - median(opened["empty"])
        rows.append([name, ms(median(opened[name])), ms(extra), ms(p99(late)), ms(max(late, default=0.0))])
    header = ["log", "first rows", "more than empty", "loop late, p99", "most"]
    print_table("Opening", header, rows)


if __name__ == "__main__":
    main()
