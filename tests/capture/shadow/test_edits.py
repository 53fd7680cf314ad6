"""Any sequence of edits: every snapshot says exactly what changed, and every tag can be gone back to."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from capture.shadow import FileChange
from capture.shadow.repository import Repository
from capture.shadow.tracked import Tracked
from tests.capture.shadow.folders import State, apply, files, git, state

NAMES = st.sampled_from(["a", "b", "a b", "é"])
PATHS = st.lists(NAMES, min_size=1, max_size=3).map("/".join)
CONTENTS = st.sampled_from([b"", b"one\n", b"two\n", b"one\ntwo\n", b"no end", b"\0binary", b"\xe9\r\n"])

Edit = Callable[[Path], None]


def gone(path: Path) -> None:
    """Remove whatever is there."""
    if path.is_symlink() or path.is_file():
        path.unlink()
    elif path.is_dir():
        shutil.rmtree(path)


def place(root: Path, path: str) -> Path:
    """Where a path leads, with real folders on the way, whatever was there."""
    target = root
    *folders, name = path.split("/")
    for part in folders:
        target = target / part
        if target.is_symlink() or target.is_file():
            target.unlink()
        target.mkdir(exist_ok=True)
    return target / name


def writes(path: str, content: bytes) -> Edit:
    """Write a file; in place when there is one."""

    def edit(root: Path) -> None:
        target = place(root, path)
        if target.is_symlink() or target.is_dir():
            gone(target)
        target.write_bytes(content)

    return edit


def links(path: str, to: str) -> Edit:
    """Make a symbolic link."""

    def edit(root: Path) -> None:
        gone(place(root, path))
        place(root, path).symlink_to(to)

    return edit


def removes(path: str) -> Edit:
    """Remove a file or a whole folder."""
    return lambda root: gone(place(root, path))


def makes(path: str) -> Edit:
    """Make an empty folder."""

    def edit(root: Path) -> None:
        gone(place(root, path))
        place(root, path).mkdir()

    return edit


def switches(path: str) -> Edit:
    """Make a file executable, or no longer."""

    def edit(root: Path) -> None:
        target = place(root, path)
        if target.is_file() and not target.is_symlink():
            target.chmod(target.stat().st_mode ^ 0o111)

    return edit


def moves(one: str, other: str) -> Edit:
    """Rename a file or folder onto another name."""

    def edit(root: Path) -> None:
        source, target = place(root, one), place(root, other)
        inside = target.is_relative_to(source) or source.is_relative_to(target)
        if (source.exists() or source.is_symlink()) and not inside:
            gone(target)
            source.rename(target)

    return edit


EDITS = st.one_of(
    st.builds(writes, PATHS, CONTENTS),
    st.builds(links, PATHS, NAMES),
    st.builds(removes, PATHS),
    st.builds(makes, PATHS),
    st.builds(switches, PATHS),
    st.builds(moves, PATHS, PATHS),
)


def agrees(changes: tuple[FileChange, ...], before: State, after: State, git_dir: Path) -> None:
    """Check that changes are the difference between two states."""
    differing = sorted(p for p in before.keys() | after.keys() if before.get(p) != after.get(p))
    assert [change.path for change in changes] == differing
    for change in changes:
        old, new = before.get(change.path), after.get(change.path)
        assert (change.kind == "delete") == (new is None)
        assert (change.before_oid is None, change.after_oid is None) == (old is None, new is None)
        if new is not None:
            assert git("cat-file", "blob", change.after_oid or "", cwd=git_dir) == new[1]
        if change.content_after is not None:
            assert new is not None
            assert change.content_after.encode() == new[1]


@pytest.mark.parametrize("watched", [True, False], ids=["events", "no events"])
def test_any_edits(watched: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("capture.shadow.tracked.is_remote", lambda _: not watched)
    monkeypatch.setattr("capture.shadow.work_tree.IN_TURN", 0)

    @settings(max_examples=12, deadline=None, derandomize=True, suppress_health_check=[HealthCheck.too_slow])
    @given(steps=st.lists(st.lists(EDITS, max_size=5), min_size=1, max_size=5), back=st.integers(0, 5))
    def check(steps: list[list[Edit]], back: int) -> None:
        with tempfile.TemporaryDirectory() as place:
            follows(Path(place), steps, back)

    check()


def follows(place: Path, steps: list[list[Edit]], back: int) -> None:
    """Track some steps of edits; go back; apply the whole as a patch."""
    work, git_dir = place / "work", place / "git"
    work.mkdir()
    (work / "a").write_bytes(b"one\n")
    tracked = Tracked(Repository.create(git_dir), work, (), 0o022)
    try:
        tracked.begin()
        states = {"baseline": state(work)}
        for number, edits in enumerate(steps):
            before = files(state(work))
            for edit in edits:
                edit(work)
            snapshot = tracked.snapshot(f"_step_1_{number}")
            states[snapshot.tag] = state(work)
            agrees(snapshot.changes, before, files(state(work)), git_dir)
        assert tracked.snapshot("session_01").changes == ()  # every file looked at: nothing was missed
        tracked.check_out("baseline", place / "again")
        assert state(place / "again") == states["baseline"]
        apply(tracked.diff("baseline", "session_01"), place / "again")
        assert files(state(place / "again")) == files(state(work))
        tag = list(states)[back % len(states)]
        assert tracked.restore(tag) == {}
        assert state(work) == states[tag]
        assert tracked.snapshot("_step_2_1").changes == ()
    finally:
        tracked.close()
    assert git("fsck", "--full", "--strict", cwd=git_dir) == b""
