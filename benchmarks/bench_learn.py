"""Learning from a long history: time and memory, against `git log` alone printing the same.

Histories of 10,000 and 100,000 commits by a dozen people, made from a seed; each is learned from in a process
of its own, so that its memory is its own.
"""

from __future__ import annotations

import random
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
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
print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss, file=sys.stderr)
sys.exit(code)
"""


def main() -> None:
    """Print the table."""
    rows = []
    for size in SIZES:
        folder = Path(tempfile.mkdtemp(prefix="bench-learn-"))
        try:
            _make(folder, size)
            alone, _ = _measured(["git", *LOG], folder)
            ours, peak = _measured([sys.executable, "-c", CHILD, str(folder)], Path.cwd())
            rows.append(
                [f"{size:,} commits", ms(alone), ms(ours), f"{ours / alone:.2f}", f"{peak / 1024:.0f} MB"]
            )
        finally:
            shutil.rmtree(folder)
    print_table(
        f"learning from a history, median of {ROUNDS}",
        ["history", "git log alone", "tessen repo-learn", "ratio", "peak memory"],
        rows,
    )


def _make(folder: Path, size: int) -> None:
    subprocess.run(["git", "init", "-q", "--bare", "-b", "main", str(folder)], check=True)
    importing = subprocess.Popen(["git", "fast-import", "--quiet"], cwd=folder, stdin=subprocess.PIPE)
    assert importing.stdin
    with importing, importing.stdin as out:
        for each in _commits(size):
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


def _measured(argv: list[str], folder: Path) -> tuple[float, int]:
    """Median seconds, and the KiB that the program says it took at most, which git alone does not say."""
    taken, peak = [], 0
    for _ in range(ROUNDS):
        started = time.perf_counter()
        done = subprocess.run(
            argv, cwd=folder, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True, check=True
        )
        taken.append(time.perf_counter() - started)
        peak = max(peak, int(done.stderr or 0))
    return median(taken), peak


if __name__ == "__main__":
    main()
