"""Going back, for tests: turns replayed and sessions resampled, whose folders and promises are checked."""

from __future__ import annotations

import hashlib
import subprocess
from pathlib import Path
from typing import Any

from capture.replay.fork_point import find_fork_point
from capture.replay.offline import Offline
from capture.replay.replay import Wanted, replay
from capture.replay.replicates import resample_session
from capture.replay.source import find_source
from capture.replay.turns import turn_numbered, turns_of
from capture.runs.folder import RunFolder
from capture.runs.meta import read_meta
from capture.runs.progress import Progress
from tests.runs import Ran, checked, load

Json = dict[str, Any]


async def replayed(
    folder: RunFolder,
    turn: int,
    *,
    session: int = 1,
    replicate: int | None = None,
    count: int = 1,
    prompt: str = "",
    go_on: bool = False,
) -> list[Ran]:
    """Replay a turn of a run, and check that it and its files are left alone and every new run is whole."""
    source = find_source(folder, session, replicate)
    turns = turns_of(source)
    work_dir = Path(source.config.work_dir)
    before = fingerprint(work_dir), fingerprint(folder.path)
    progress: list[Progress] = []
    wanted = Wanted(source, turns, turn_numbered(turns, turn), count, prompt, go_on)
    finished = await replay(wanted, folder.path.parent, progress.append)
    assert before == (fingerprint(work_dir), fingerprint(folder.path))
    found = [Ran(each.folder, read_meta(each.folder), work_dir, progress) for each in finished]
    for ran in found:
        checked(ran.folder)
        about = about_of(ran)
        tag = f"{about['shadow_git_reset_tag']}^{{tree}}"
        assert about["files_tree"] == _tree(folder, tag) == _tree(ran.folder, "baseline^{tree}")
    return found


async def offline_of(folder: RunFolder, turn: int = 1, *, session: int = 1, **how: Any) -> Ran:
    """Replay a session offline; `how` as in `Offline`, with `until` as a number."""
    source = find_source(folder, session, None)
    turns = turns_of(source)
    until = how.pop("until", None)
    offline = Offline(until=None if until is None else turn_numbered(turns, until), **how)
    progress: list[Progress] = []
    wanted = Wanted(source, turns, turn_numbered(turns, turn), offline=offline)
    (finished,) = await replay(wanted, folder.path.parent, progress.append)
    checked(finished.folder)
    return Ran(finished.folder, read_meta(finished.folder), Path(source.config.work_dir), progress)


async def resampled(folder: RunFolder, session: int, count: int = 1, parallel: int = 8) -> Ran:
    """Add replicates of a session to a run, and check that what was there stays as it was."""
    point = find_fork_point(folder, session)
    work_dir = Path(point.config.work_dir)
    left = Left(folder, work_dir)
    progress: list[Progress] = []
    added = await resample_session(point, count, parallel, progress.append)
    assert len(added) == count
    left.check()
    for each in added:
        about = load(each.folder.resampled)
        begun = _tree(folder, f"_start_{each.folder.label}^{{tree}}")
        assert about["files_tree"] == begun == _tree(folder, f"{about['shadow_git_reset_tag']}^{{tree}}")
    return Ran(folder, read_meta(folder), work_dir, progress)


class Left:
    """A run and its working directory as they are now; to be told from what is only added to the run."""

    def __init__(self, folder: RunFolder, work_dir: Path) -> None:
        self._folder = folder
        self._work_dir = work_dir
        self._work = fingerprint(work_dir)
        self._files = self._others()
        self._sessions = load(folder.meta)["sessions"]
        self._changes = self._changelog()
        self._refs = self._tags()

    def check(self) -> None:
        """Nothing changed but that there are more sessions, more changes, and more states of files."""
        assert fingerprint(self._work_dir) == self._work
        files = self._others()
        assert files.items() >= self._files.items()
        new = {session.path.name for session in self._folder.sessions()}
        assert {name.split("/")[0] for name in files.keys() - self._files.keys()} <= new
        rows = load(self._folder.meta)["sessions"]
        assert [row for row in rows if row in self._sessions] == self._sessions
        assert self._changelog().startswith(self._changes)
        assert self._tags() >= self._refs
        _git(self._folder, "fsck", "--connectivity-only")  # and it borrows nothing
        assert not any(session.lock.exists() for session in self._folder.sessions())
        checked(self._folder)

    def _others(self) -> dict[str, tuple[int, int, bytes]]:
        """Every file that has no other way to grow: its mode, time and content."""
        growing = {self._folder.meta, self._folder.changelog}
        return {
            str(path.relative_to(self._folder.path)): (
                path.stat().st_mode,
                path.stat().st_mtime_ns,
                path.read_bytes(),
            )
            for path in self._folder.path.rglob("*")
            if path.is_file() and path not in growing and self._folder.shadow not in path.parents
        }

    def _changelog(self) -> bytes:
        changelog = self._folder.changelog
        return changelog.read_bytes() if changelog.exists() else b""

    def _tags(self) -> set[str]:
        return set(_git(self._folder, "for-each-ref").splitlines())


def about_of(ran: Ran) -> Json:
    """`replay_meta.json`."""
    return load(ran.folder.path / "replay_meta.json")


def fingerprint(folder: Path) -> str:
    """A hash over every path, kind, mode, time and content in a folder."""
    found = hashlib.sha256()
    for path in sorted(folder.rglob("*")):
        state = path.lstat()
        content = b""
        if path.is_symlink():
            content = str(path.readlink()).encode()
        elif path.is_file():
            content = path.read_bytes()
        found.update(f"{path} {state.st_mode} {state.st_mtime_ns}".encode() + content)
    return found.hexdigest()


def _tree(folder: RunFolder, name: str) -> str:
    return _git(folder, "rev-parse", name).strip()


def _git(folder: RunFolder, *arguments: str) -> str:
    command = ["git", f"--git-dir={folder.shadow}", *arguments]
    return subprocess.run(command, capture_output=True, check=True, text=True).stdout
