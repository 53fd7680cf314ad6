"""Whatever ends in the middle: the waiting, the process, its parent, the disk. The repository stays whole."""

from __future__ import annotations

import asyncio
import errno
import os
import select
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from capture.shadow import ShadowGit, ShadowGitError
from capture.shadow.objects import LOOSE_AT_MOST, Objects
from capture.shadow.repository import Repository
from capture.shadow.tracked import Tracked
from tests.capture.shadow.folders import git, state, tree_by_git, write

MANY = LOOSE_AT_MOST * 2


def write_many(work: Path, text: str) -> None:
    """Write more files than are kept loose."""
    for number in range(MANY):
        write(work, b"many/%d/%d" % (number % 10, number), f"{number} {text}\n".encode())


async def test_many_files_become_one_pack(shadow: ShadowGit, work: Path, tmp_path: Path) -> None:
    write_many(work, "x" * 40)
    snapshot = await shadow.snapshot("session_01")
    assert len(snapshot.changes) == MANY
    assert snapshot.tree == tree_by_git(work, tmp_path / "peer")
    assert len(list((shadow.git_dir / "objects" / "pack").glob("*.pack"))) == 1
    assert git("fsck", "--full", "--strict", cwd=shadow.git_dir) == b""
    await shadow.check_out("session_01", tmp_path / "out")
    assert state(tmp_path / "out") == state(work)


async def test_cancelled_waiting_loses_nothing(shadow: ShadowGit, work: Path) -> None:
    write_many(work, "x")
    waiting = asyncio.create_task(shadow.snapshot("_step_1_1"))
    await asyncio.sleep(0)
    waiting.cancel()
    with pytest.raises(asyncio.CancelledError):
        await waiting
    write(work, b"README.md", b"after\n")
    snapshot = await shadow.snapshot("_step_1_2")
    assert snapshot.tag == "_step_1_2"
    assert b"_step_1_1\n" in git("tag", cwd=shadow.git_dir)
    changed = git("diff", "--name-only", "baseline", "_step_1_2", cwd=shadow.git_dir)
    assert changed.count(b"\n") == MANY + 1


async def test_closing_waits_for_what_is_under_way(shadow: ShadowGit, work: Path) -> None:
    write_many(work, "x")
    waiting = asyncio.create_task(shadow.snapshot("_step_1_1"))
    await asyncio.sleep(0)
    await shadow.close()
    assert len((await waiting).changes) == MANY
    with pytest.raises(ShadowGitError, match="has ended"):
        await shadow.snapshot("_step_1_2")


def die_in_the_middle(git_dir: Path, work: Path, entries: int) -> None:
    """Take a snapshot in a process that is killed before it writes one object more than so many."""
    script = (
        "import os, signal, sys; from pathlib import Path\n"
        "from capture.shadow import objects, repository, tracked\n"
        "t = tracked.Tracked(repository.Repository(Path(sys.argv[1])), Path(sys.argv[2]), (), 0o022)\n"
        "write, done = objects.Objects.write, []\n"
        "def dying(self, kind, body):\n"
        "    done.append(1)\n"
        "    if len(done) > int(sys.argv[3]): os.kill(os.getpid(), signal.SIGKILL)\n"
        "    return write(self, kind, body)\n"
        "objects.Objects.write = dying\n"
        "t.snapshot('_step_1_1')\n"
    )
    argv = [sys.executable, "-c", script, str(git_dir), str(work), str(entries)]
    ended = subprocess.run(argv, capture_output=True, check=False, cwd=Path(__file__).parents[3])
    assert ended.returncode == -signal.SIGKILL, ended.stderr


@pytest.mark.parametrize("entries", [1, 40, LOOSE_AT_MOST + 20, MANY])
async def test_killed_in_the_middle_the_repository_is_whole_and_goes_on(
    git_dir: Path, work: Path, tmp_path: Path, entries: int
) -> None:
    """Killed when so many objects of the second snapshot are there, loose or in the pack being written."""
    await (await ShadowGit.create(git_dir, work)).close()
    write_many(work, "first")
    die_in_the_middle(git_dir, work, entries)
    assert git("tag", cwd=git_dir) == b"baseline\n"
    assert git("fsck", "--full", "--strict", "--no-dangling", cwd=git_dir) == b""
    shadow = await ShadowGit.open(git_dir, work)
    snapshot = await shadow.snapshot("_step_1_1")
    assert snapshot.tree == tree_by_git(work, tmp_path / "peer")
    assert len(snapshot.changes) == MANY
    await shadow.close()


async def test_a_killed_process_is_said_and_lets_others_in(git_dir: Path, work: Path) -> None:
    shadow = await ShadowGit.create(git_dir, work)
    shadow._process.kill()
    with pytest.raises(ShadowGitError, match="has ended"):
        await shadow.snapshot("_step_1_1")
    await shadow.close()
    again = await ShadowGit.open(git_dir, work)
    write(work, b"README.md", b"x\n")
    assert len((await again.snapshot("_step_1_1")).changes) == 1
    await again.close()


def test_nothing_outlives_whoever_started_it(git_dir: Path, work: Path) -> None:
    script = (
        "import asyncio, os, signal, sys; from pathlib import Path\n"
        "from capture.shadow import ShadowGit\n"
        "async def main():\n"
        "    shadow = await ShadowGit.create(Path(sys.argv[1]), Path(sys.argv[2]))\n"
        "    print(shadow._process.pid, flush=True)\n"
        "    sys.stdin.read()\n"
        "asyncio.run(main())\n"
    )
    argv = [sys.executable, "-c", script, str(git_dir), str(work)]
    with subprocess.Popen(
        argv, stdin=subprocess.PIPE, stdout=subprocess.PIPE, cwd=Path(__file__).parents[3]
    ) as parent:
        assert parent.stdout is not None
        worker = os.pidfd_open(int(parent.stdout.readline()))
        parent.kill()
    gone, _, _ = select.select([worker], [], [], 60)
    os.close(worker)
    assert gone


def test_a_full_disk_is_said_and_the_next_snapshot_tells_everything(
    git_dir: Path, work: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    tracked = Tracked(Repository.create(git_dir), work, (), 0o022)
    tracked.begin()

    def full(*_: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    for moment in ("write", "finish"):
        for thorough in (False, True):
            write(work, b"README.md", f"{moment} {thorough}".encode())
            monkeypatch.setattr(Objects, moment, full)
            with pytest.raises(OSError, match="No space"):
                tracked.snapshot("_step_1_1", thorough)
            monkeypatch.undo()
    snapshot = tracked.snapshot("_step_1_1")
    assert [c.content_before for c in snapshot.changes] == ["# Notes\n"]
    tracked.close()
    assert git("rev-list", "HEAD", cwd=git_dir).decode().splitlines()[0] == snapshot.commit
    assert git("rev-list", "--count", "HEAD", cwd=git_dir) == b"2\n"
    assert git("fsck", "--full", "--strict", "--no-dangling", cwd=git_dir) == b""
