"""Learning from a long history: time and memory, against `git log` alone printing the same.

Histories of 10,000 and 100,000 commits, made from a seed: by 300 people, and the worst there is, each commit
by somebody else and of new files. Each is learned from in a process of its own, so that its memory is that of
the learning.
"""

from __future__ import annotations

import argparse
import random
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterable, Iterator
from itertools import zip_longest
from pathlib import Path
from statistics import median

from table import ms, print_table

ROUNDS = 3
SIZES = (10_000, 100_000)
LOG = ("log", "-z", "--format=%H%x00%aE%x00%ct%x00%P%x00%s", "--name-status", "--no-renames")
CHILD = """
import resource, sys
from tessen import cli
code = cli.main(['repo-learn', sys.argv[1], '--json'])
kinds = resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN
print(*(resource.getrusage(kind).ru_maxrss for kind in kinds), file=sys.stderr)
sys.exit(code)
"""


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--commits", type=int, nargs="+", default=list(SIZES))
    parser.add_argument("--rounds", type=int, default=ROUNDS)
    options = parser.parse_args()
    rows = []
    for size in options.commits:
        for name, commits in (("by 300 people", _commits), ("all different", _strangers)):
            folder = Path(tempfile.mkdtemp(prefix="bench-learn-"))
            try:
                _make(folder, commits(size))
                alone, _ = _measured(["git", *LOG], folder, options.rounds)
                learn = [sys.executable, "-c", CHILD, str(folder)]
                ours, peaks = _measured(learn, Path.cwd(), options.rounds)
                memory = [f"{peak / 1024:.0f} MB" for peak in peaks]
                rows.append([f"{size:,}, {name}", ms(alone), ms(ours), f"{ours / alone:.2f}", *memory])
            finally:
                shutil.rmtree(folder)
    print_table(
        f"learning from a history, median of {options.rounds}",
        ["commits", "git log alone", "tessen repo-learn", "ratio", "peak, ours", "peak, its git"],
        rows,
    )


def _make(folder: Path, commits: Iterable[bytes]) -> None:
    subprocess.run(["git", "init", "-q", "--bare", "-b", "main", str(folder)], check=True)
    importing = subprocess.Popen(["git", "fast-import", "--quiet"], cwd=folder, stdin=subprocess.PIPE)
    assert importing.stdin
    with importing, importing.stdin as out:
        for each in commits:
            out.write(each)
    assert importing.returncode == 0


def _commits(size: int) -> Iterator[bytes]:
    chance = random.Random(7)
    for n in range(size):
        who = f"Person {n % 300} <person{n % 300}@example.com> {1_600_000_000 + n * 300} +0000\n"
        message = f"{chance.choice(['fix', 'feat', 'docs'])}: change number {n}\n\n{'why ' * 30}\n".encode()
        yield f"commit refs/heads/main\nauthor {who}committer {who}data {len(message)}\n".encode() + message
        for _ in range(1 + int(chance.expovariate(0.5))):
            path = f"src/package{chance.randrange(40)}/module{int(chance.expovariate(0.05))}.py"
            body = f"value = {n}\n".encode()
            yield f"M 100644 inline {path}\ndata {len(body)}\n".encode() + body + b"\n"


def _strangers(size: int) -> Iterator[bytes]:
    for n in range(size):
        who = f"Person {n} <person{n}@some-long-host-name.example.com> {1_600_000_000 + n * 300} +0000\n"
        yield f"commit refs/heads/main\nauthor {who}committer {who}data 8\nChange {n % 10}".encode()
        folder = f"src/area{n // 10_000}/part{n // 100}/package{n}"
        for name in range(3):
            path = f"{folder}/a_rather_long_name_of_a_module_{name}.py"
            yield f"M 100644 inline {path}\ndata 2\n{n % 10}\n\n".encode()


def _measured(argv: list[str], folder: Path, rounds: int) -> tuple[float, list[int]]:
    """Median seconds, and the KiB that the program says it and its children took at most; git says none."""
    taken, peaks = [], list[int]()
    for _ in range(rounds):
        started = time.perf_counter()
        done = subprocess.run(
            argv, cwd=folder, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True, check=True
        )
        taken.append(time.perf_counter() - started)
        peaks = [max(pair) for pair in zip_longest(peaks, map(int, done.stderr.split()), fillvalue=0)]
    return median(taken), peaks


if __name__ == "__main__":
    main()
