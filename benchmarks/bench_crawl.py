"""How fast a repository is mapped, against a bare `ast.parse` of the same files on one core; and the memory.

Two repositories of made-up, seeded code are mapped: one where every file makes calls of models, which is the
most work there can be, and one where one file in twenty does. Each figure is of a process of its own. Rounds
of both sides alternate, so that other load on the machine meets both alike.
"""

from __future__ import annotations

import argparse
import os
import random
import subprocess
import sys
import tempfile
from pathlib import Path
from statistics import median
from typing import NamedTuple

from table import print_table

ROOT = Path(__file__).parent.parent

_TIMED = """
import gc, resource, sys, time
from pathlib import Path
sys.path.insert(0, {root!r})
{imports}
started = time.perf_counter(), time.process_time()
{work}
print(time.perf_counter() - started[0], time.process_time() - started[1],
      resource.getrusage(resource.RUSAGE_SELF).ru_maxrss)
"""
_PARSE = "import ast", "for path in Path({folder!r}).rglob('*.py'): ast.parse(path.read_bytes())"
_CRAWL = (
    "from tessen.crawl import crawl, _crawl, _work",
    "with _work.without_collection(): crawl({folder!r}, cache={kept}, jobs={jobs})",
)

_PLAIN = '''
def transform_{n}(rows, limit={n}, *, verbose=False):
    """Group rows by their key, and sum what belongs together."""
    totals = {{}}
    for number, row in enumerate(rows):
        if not row or row.get("skip"):
            continue
        key = (row["region"], row["kind"].lower())
        totals[key] = totals.get(key, 0) + int(row.get("amount", 0)) * {n}
        if verbose and number % 100 == 0:
            logger.info("seen %d of %d", number, limit)
    return sorted(((value, key) for key, value in totals.items()), reverse=True)[:limit]


class Table_{n}(Base):
    name = "table_{n}"

    def __init__(self, path, mode="r"):
        self.path = os.path.join(path, self.name)
        self.mode = mode
        self._rows = None

    @property
    def rows(self):
        if self._rows is None:
            with open(self.path, self.mode) as file:
                self._rows = [json.loads(line) for line in file if line.strip()]
        return self._rows
'''
_CALLING = '''
async def ask_{n}(prompt, tools):
    """Ask until there is nothing left to look up."""
    client = AsyncAnthropic(timeout={n})
    messages = [{{"role": "user", "content": prompt}}]
    while True:
        # each round carries the whole talk
        answer = await client.messages.create(model="claude-sonnet-5", messages=messages, tools=tools)
        if answer.stop_reason != "tool_use":
            return answer
        messages.append({{"role": "assistant", "content": answer.content}})
'''
_HEAD = (
    "import json\nimport logging\nimport os\nfrom base import Base\nlogger = logging.getLogger(__name__)\n"
)


class Timed(NamedTuple):
    """One process's figures."""

    wall_s: float
    cpu_s: float
    peak_mb: float


def make(folder: Path, files: int, calling_every: int) -> int:
    """Write a repository; return its size in bytes."""
    seeded = random.Random(8)
    size = 0
    for number in range(files):
        calling = number % calling_every == 0
        parts = [_HEAD, "from anthropic import AsyncAnthropic\n"] if calling else [_HEAD]
        parts += [_PLAIN.format(n=part) for part in range(seeded.randint(2, 8))]
        if calling:
            parts.append(_CALLING.format(n=number))
        path = folder / f"package_{number // 100}" / f"module_{number}.py"
        path.parent.mkdir(parents=True, exist_ok=True)
        size += path.write_text("".join(parts))
    return size


def timed(cache: Path, imports: str, work: str, **values: object) -> Timed:
    """Run a piece of work in a process of its own."""
    code = _TIMED.format(root=str(ROOT), imports=imports, work=work.format(**values))
    printed = subprocess.run(
        [sys.executable, "-c", code],
        check=True,
        capture_output=True,
        text=True,
        env={**os.environ, "XDG_CACHE_HOME": str(cache)},
    ).stdout.split()
    return Timed(float(printed[0]), float(printed[1]), float(printed[2]) / 1024)


def measure(made: Path, files: int, calling_every: int, rounds: int) -> list[str]:
    """One line of the table, without its name."""
    folder, cache = made / "repository", made / "cache"
    size = make(folder, files, calling_every)
    bare, ours, all_cores, again = [], [], [], []
    where = {"folder": str(folder)}
    for _ in range(rounds):
        bare.append(timed(cache, *_PARSE, **where))
        ours.append(timed(cache, *_CRAWL, **where, kept=False, jobs=1))
        all_cores.append(timed(cache, *_CRAWL, **where, kept=False, jobs="_work.cores()"))
        timed(cache, *_CRAWL, **where, kept=True, jobs=1)
        again.append(timed(cache, *_CRAWL, **where, kept=True, jobs=1))
    return [
        f"{files:,}",
        f"{size / 1e6:.0f} MB",
        f"{median(each.cpu_s for each in bare):.2f} s",
        f"{median(each.cpu_s for each in ours):.2f} s",
        f"{median(a.cpu_s / b.cpu_s for a, b in zip(ours, bare, strict=True)):.2f}x",
        f"{median(each.wall_s for each in all_cores):.2f} s",
        f"{median(each.wall_s for each in again):.2f} s",
        f"{max(each.peak_mb for each in ours):.0f} MB",
    ]


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--files", type=int, default=10_000)
    parser.add_argument("--rounds", type=int, default=3)
    options = parser.parse_args()
    rows = []
    for name, calling_every in (("one file in twenty calls", 20), ("every file calls", 1)):
        with tempfile.TemporaryDirectory() as made:
            rows.append([name, *measure(Path(made), options.files, calling_every, options.rounds)])
    header = [
        *("repository", "files", "size", "ast.parse, one core", "crawl, one core", "ratio"),
        *("all cores, wall", "again, wall", "peak"),
    ]
    print_table("Mapping a repository (CPU seconds of one process, where nothing else is said)", header, rows)


if __name__ == "__main__":
    main()
