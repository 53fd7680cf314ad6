"""Replays for tests: turns of a real run replayed, whose folders and promises are checked."""

from __future__ import annotations

import hashlib
import subprocess
from pathlib import Path
from typing import Any

from capture.replay.replay import Wanted, replay
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
) -> list[Ran]:
    """Replay a turn of a run, and check that its files are left alone and every new run is whole."""
    source = find_source(folder, session, replicate)
    turns = turns_of(source)
    work_dir = Path(source.config.work_dir)
    before = fingerprint(work_dir), fingerprint(folder.path / source.session.path.name)
    progress: list[Progress] = []
    wanted = Wanted(source, turns, turn_numbered(turns, turn), count, prompt)
    finished = await replay(wanted, folder.path.parent, progress.append)
    assert before == (fingerprint(work_dir), fingerprint(folder.path / source.session.path.name))
    found = [Ran(each.folder, read_meta(each.folder), work_dir, progress) for each in finished]
    for ran in found:
        checked(ran.folder)
        about = about_of(ran)
        tag = f"{about['shadow_git_reset_tag']}^{{tree}}"
        assert about["files_tree"] == _tree(folder, tag) == _tree(ran.folder, "baseline^{tree}")
    return found


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
    command = ["git", f"--git-dir={folder.shadow}", "rev-parse", name]
    return subprocess.run(command, capture_output=True, check=True, text=True).stdout.strip()
