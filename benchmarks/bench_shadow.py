"""What a snapshot after a step costs, in work directories of 100, 5,000 and 50,000 files.

The yardsticks, measured in the same run and in turns: the git commands of a recorder that stages everything
after a step (`add -A`, `diff --cached`, and when there is something `show`, `commit` and `tag`), in a bare
repository that has the same files; and the physical limit of a look at every file, a bare `scandir` with the
status of each. A `thorough` snapshot is one that looks at every file, as at the end of a session, and as at
every step where the system tells no events.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import random
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Awaitable, Callable
from pathlib import Path

from table import ms, print_table

from capture.shadow import ShadowGit

A_FOLDER = 50
"""Files in one."""

ENVIRONMENT = {
    "PATH": os.environ["PATH"],
    "GIT_CONFIG_GLOBAL": os.devnull,
    "GIT_CONFIG_NOSYSTEM": "1",
    "GIT_AUTHOR_NAME": "bench",
    "GIT_AUTHOR_EMAIL": "bench@localhost",
    "GIT_COMMITTER_NAME": "bench",
    "GIT_COMMITTER_EMAIL": "bench@localhost",
}


def fill(work: Path, files: int) -> list[Path]:
    """Write files of 200 bytes to 8 KB; return their paths."""
    chance = random.Random(files)
    paths = []
    for number in range(files):
        folder = work / f"pkg{number // A_FOLDER % 20:02}" / f"mod{number // A_FOLDER:04}"
        if number % A_FOLDER == 0:
            folder.mkdir(parents=True)
        path = folder / f"file_{number % A_FOLDER:02}.py"
        path.write_text(f"# {number}\n" + "value = compute(1, 2)\n" * chance.randrange(10, 400))
        paths.append(path)
    return paths


class Peer:
    """Staging everything with git, as others do it; each command is a process."""

    def __init__(self, git_dir: Path, work: Path) -> None:
        self._environment = ENVIRONMENT | {"GIT_DIR": str(git_dir), "GIT_WORK_TREE": str(work)}
        subprocess.run(["git", "init", "-q", "--bare", str(git_dir)], env=ENVIRONMENT, check=True)
        self.git("config", "gc.auto", "0")
        self.git("add", "-A")
        self.git("commit", "-qm", "baseline")

    def git(self, *arguments: str) -> bytes:
        """Run one of them."""
        return subprocess.run(
            ["git", *arguments], env=self._environment, capture_output=True, check=True
        ).stdout

    def snapshot(self, tag: str) -> None:
        """What is done after a step."""
        self.git("add", "-A")
        for path in self.git("diff", "--cached", "--name-only").decode().splitlines():
            self.git("show", f"HEAD:{path}")
            self.git("diff", "--cached", "--", path)
        if self.git("diff", "--cached", "--name-only"):
            self.git("commit", "-qm", tag)
            self.git("tag", tag)


def bare_look(work: Path) -> None:
    """The status of every file, and nothing done with it."""
    pending = [str(work)]
    while pending:
        with os.scandir(pending.pop()) as entries:
            for entry in entries:
                if entry.is_dir(follow_symlinks=False):
                    pending.append(entry.path)
                else:
                    entry.stat(follow_symlinks=False)


async def timed(act: Callable[[], Awaitable[object]]) -> float:
    """Seconds that something takes."""
    start = time.perf_counter()
    await act()
    return time.perf_counter() - start


async def longest_stall(until: asyncio.Event) -> float:
    """The longest that the event loop could not turn, in seconds."""
    worst = 0.0
    while not until.is_set():
        start = time.perf_counter()
        await asyncio.sleep(0)
        worst = max(worst, time.perf_counter() - start)
    return worst


async def measure(files: int, rounds: int, place: Path) -> list[list[str]]:
    """Measure one size; return its rows."""
    work = place / "work"
    work.mkdir()
    paths = fill(work, files)
    peer = Peer(place / "peer.git", work)
    start = time.perf_counter()
    shadow = await ShadowGit.create(place / "run" / ".shadow_git", work)
    created = time.perf_counter() - start
    chance = random.Random(1)
    took: dict[str, list[float]] = {}

    async def ours(what: str, tag: str, *, thorough: bool = False) -> None:
        snapshot = shadow.snapshot(tag, thorough=thorough)
        took.setdefault(what, []).append(await timed(lambda: snapshot))

    async def theirs(what: str, tag: str) -> None:
        took.setdefault(what, []).append(await timed(lambda: asyncio.to_thread(peer.snapshot, tag)))

    for number in range(rounds):
        with chance.choice(paths).open("a") as file:
            file.write(f"changed = {number}\n")
        await ours("one", f"_step_1_{number}")
        await theirs("peer one", f"_step_1_{number}")
        await ours("none", f"_step_2_{number}")
        await theirs("peer none", f"_step_2_{number}")
        await ours("thorough", f"_step_3_{number}", thorough=True)
        start = time.perf_counter()
        bare_look(work)
        took.setdefault("bare", []).append(time.perf_counter() - start)
    stop = asyncio.Event()
    stall = asyncio.create_task(longest_stall(stop))
    await shadow.snapshot("stall", thorough=True)
    stop.set()
    worst = await stall
    await shadow.close()
    middle = {what: statistics.median(values) for what, values in took.items()}
    rows = []
    for what, name, yardstick in (
        ("none", "nothing changed", "peer none"),
        ("one", "one file changed", "peer one"),
        ("thorough", "nothing changed, thorough", "peer none"),
    ):
        ratio = f"{middle[what] / middle[yardstick]:.3f}"
        rows.append(
            [f"{files:,} files: {name}", ms(middle[what]), ms(middle[yardstick]), ratio, ms(middle["bare"])]
        )
    rows.append([f"{files:,} files: first snapshot", ms(created), "", "", ""])
    rows.append([f"{files:,} files: longest stall of the event loop", ms(worst), "", "", ""])
    return rows


async def run(sizes: list[int], rounds: int) -> None:
    """Measure every size, and print the table."""
    rows = []
    for files in sizes:
        with tempfile.TemporaryDirectory() as place:
            rows += await measure(files, rounds, Path(place))
    header = ["snapshot after a step", "ours", "git commands", "ratio", "bare scandir + stat"]
    title = f"medians of {rounds} rounds in turns, Python {sys.version.split()[0]}"
    print_table(title, header, rows)


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--files", type=int, nargs="*", default=[100, 5_000, 50_000], help="sizes")
    parser.add_argument("--rounds", type=int, default=15, help="snapshots of each kind")
    options = parser.parse_args()
    asyncio.run(run(options.files, options.rounds))


if __name__ == "__main__":
    main()
