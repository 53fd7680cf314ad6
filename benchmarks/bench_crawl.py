"""How fast a repository is mapped, against a bare `ast.parse` of the same files on one core; and the memory.

Two repositories of made-up, seeded code are mapped: one where every file makes calls of models, which is the
most work there can be, and one where one file in twenty does. Each figure is of a process of its own. Rounds
of both sides alternate, so that other load on the machine meets both alike. The crawl runs as the command
runs it, without Python's collector of circles and keeping freed memory; the parsing as anybody calls it.
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
children = resource.getrusage(resource.RUSAGE_CHILDREN)
print(time.perf_counter() - started[0], time.process_time() - started[1],
      resource.getrusage(resource.RUSAGE_SELF).ru_maxrss, children.ru_utime + children.ru_stime)
"""
_PARSE = "import ast", "for path in Path({folder!r}).rglob('*.py'): ast.parse(path.read_bytes())"
_PARSE_TOGETHER = (
    "import ast, os",
    """
files = sorted(Path({folder!r}).rglob('*.py'))
child = os.fork()
for path in files[child == 0::2]: ast.parse(path.read_bytes())
if child == 0: os._exit(0)
os.waitpid(child, 0)""",
)
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
    children_cpu_s: float


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
    return Timed(float(printed[0]), float(printed[1]), float(printed[2]) / 1024, float(printed[3]))


class Measured(NamedTuple):
    """All that is measured of one repository: each round of each way to do it."""

    size: int
    bare: list[Timed]
    bare_two: list[Timed]
    ours: list[Timed]
    ours_two: list[Timed]
    again: list[Timed]


def measure(made: Path, files: int, calling_every: int, rounds: int) -> Measured:
    """Map and parse a repository, by turns."""
    folder, cache = made / "repository", made / "cache"
    measured = Measured(make(folder, files, calling_every), [], [], [], [], [])
    where = {"folder": str(folder)}
    for _ in range(rounds):
        measured.bare.append(timed(cache, *_PARSE, **where))
        measured.ours.append(timed(cache, *_CRAWL, **where, kept=False, jobs=1))
        measured.bare_two.append(timed(cache, *_PARSE_TOGETHER, **where))
        measured.ours_two.append(timed(cache, *_CRAWL, **where, kept=False, jobs=2))
        timed(cache, *_CRAWL, **where, kept=True, jobs=1)
        measured.again.append(timed(cache, *_CRAWL, **where, kept=True, jobs=1))
    return measured


def ratio(of: list[float], to: list[float]) -> str:
    """The median of the rounds' ratios."""
    return f"{median(a / b for a, b in zip(of, to, strict=True)):.2f}x"


def one_core(name: str, files: int, got: Measured) -> list[str]:
    """One line of the first table."""
    bare, ours = [each.cpu_s for each in got.bare], [each.cpu_s for each in got.ours]
    return [
        name,
        f"{files:,}",
        f"{got.size / 1e6:.0f} MB",
        f"{min(bare):.2f} s",
        f"{min(ours):.2f} s",
        ratio(ours, bare),
        f"{min(ours) / min(bare):.2f}x",
        f"{min(each.cpu_s for each in got.again):.2f} s",
        f"{max(each.peak_mb for each in got.ours):.0f} MB",
    ]


def two_cores(name: str, got: Measured) -> list[str]:
    """One line of the second table: how much sooner two processes are done than one."""
    longest = [max(each.cpu_s, each.children_cpu_s) for each in got.ours_two]
    walls = [[each.wall_s for each in part] for part in (got.bare, got.bare_two, got.ours, got.ours_two)]
    return [
        name,
        ratio([each.cpu_s for each in got.ours], longest),
        ratio(walls[2], walls[3]),
        ratio(walls[0], walls[1]),
    ]


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--files", type=int, default=10_000)
    parser.add_argument("--rounds", type=int, default=3)
    options = parser.parse_args()
    first, second = [], []
    for name, calling_every in (("one file in twenty calls", 20), ("every file calls", 1)):
        with tempfile.TemporaryDirectory() as made:
            got = measure(Path(made), options.files, calling_every, options.rounds)
        first.append(one_core(name, options.files, got))
        second.append(two_cores(name, got))
    header = [
        "repository",
        "files",
        "size",
        "ast.parse",
        "crawl",
        "median ratio",
        "least/least",
        "again",
        "peak",
    ]
    print_table(
        "Mapping a repository (CPU seconds of one process; crawl: collector off, freed memory kept)",
        header,
        first,
    )
    header = ["repository", "by the longest process's CPU", "by the clock", "ast.parse, by the clock"]
    print_table("How much sooner two processes are done than one", header, second)


if __name__ == "__main__":
    main()
