"""Snapshots, patches and trees, checked with the real git."""

from __future__ import annotations

import asyncio
import os
import shutil
import socket
from pathlib import Path

import pytest

from capture.shadow import FileChange, ShadowGit, ShadowGitError
from capture.shadow.change import CONTENT_LIMIT
from capture.shadow.large import LARGE
from tests.capture.shadow.folders import apply, files, git, state, tree_by_git


async def only_change(shadow: ShadowGit, tag: str) -> FileChange:
    (change,) = (await shadow.snapshot(tag)).changes
    return change


async def test_the_tree_of_a_snapshot_is_what_git_itself_makes_of_the_folder(
    shadow: ShadowGit, work: Path, tmp_path: Path
) -> None:
    (work / "src" / "new.py").write_text("x = 1\n")
    (work / "src.py").write_text("sorts between src and src/\n")
    snapshot = await shadow.snapshot("_step_1_2")
    assert snapshot.tree == tree_by_git(work, tmp_path / "peer")
    assert git("rev-parse", "_step_1_2^{tree}", cwd=shadow.git_dir).decode().strip() == snapshot.tree
    assert git("rev-parse", "_step_1_2", cwd=shadow.git_dir).decode().strip() == snapshot.commit
    assert git("log", "--format=%D", "HEAD", cwd=shadow.git_dir).decode().split("\n")[:2] == [
        "HEAD -> master, tag: _step_1_2",
        "tag: baseline",
    ]
    assert git("fsck", "--full", "--strict", cwd=shadow.git_dir) == b""


async def test_a_changed_text_is_told_in_full(shadow: ShadowGit, work: Path) -> None:
    (work / "README.md").write_text("# Notes\n- one\n")
    change = await only_change(shadow, "_step_1_2")
    assert (change.path, change.kind, change.added, change.removed) == ("README.md", "modify", 1, 0)
    assert (change.content_before, change.content_after) == ("# Notes\n", "# Notes\n- one\n")
    assert change.diff == "--- a/README.md\n+++ b/README.md\n@@ -1 +1,2 @@\n # Notes\n+- one\n"
    assert git("cat-file", "blob", change.before_oid or "", cwd=shadow.git_dir) == b"# Notes\n"
    assert git("cat-file", "blob", change.after_oid or "", cwd=shadow.git_dir) == b"# Notes\n- one\n"


async def test_every_kind_of_change_has_its_name(shadow: ShadowGit, work: Path) -> None:
    (work / "added.txt").write_text("new\n")
    (work / "logo.bin").write_bytes(b"\0\1\2")
    (work / "src" / "main.py").chmod(0o755)
    (work / "latest").unlink()
    (work / "latest").symlink_to("README.md")
    (work / "src" / "run.sh").unlink()
    snapshot = await shadow.snapshot("_step_1_2")
    assert [(c.path, c.kind) for c in snapshot.changes] == [
        ("added.txt", "add"),
        ("latest", "symlink"),
        ("logo.bin", "binary"),
        ("src/main.py", "mode"),
        ("src/run.sh", "delete"),
    ]
    added, link, binary, mode, deleted = snapshot.changes
    assert (added.before_oid, deleted.after_oid) == (None, None)
    assert added.diff == "--- /dev/null\n+++ b/added.txt\n@@ -0,0 +1 @@\n+new\n"
    assert (link.content_before, link.content_after) == ("src/main.py", "README.md")
    assert (binary.diff, binary.content_before, binary.content_after) == ("", None, None)
    assert (mode.diff, mode.before_oid) == ("old mode 100644\nnew mode 100755\n", mode.after_oid)
    assert (deleted.removed, deleted.content_before) == (2, "#!/bin/sh\necho run\n")


async def test_a_rename_is_a_deletion_and_an_addition(shadow: ShadowGit, work: Path) -> None:
    (work / "src").rename(work / "lib")
    snapshot = await shadow.snapshot("_step_1_2")
    assert [(c.path, c.kind) for c in snapshot.changes] == [
        ("lib/main.py", "add"),
        ("lib/run.sh", "add"),
        ("src/main.py", "delete"),
        ("src/run.sh", "delete"),
    ]
    (work / "lib" / "main.py").write_text("moved folders are watched still\n")
    assert (await only_change(shadow, "_step_1_3")).path == "lib/main.py"


async def test_nothing_changed_is_a_tag_on_the_same_commit_for_no_work(shadow: ShadowGit, work: Path) -> None:
    first = await shadow.snapshot("_step_1_2")
    objects = list((shadow.git_dir / "objects").rglob("*"))
    (work / "README.md").write_text("# Notes\n")  # the same again
    second = await shadow.snapshot("_step_1_3")
    assert (second.commit, second.changes, second.looked_at_all) == (first.commit, (), False)
    assert list((shadow.git_dir / "objects").rglob("*")) == objects


async def test_what_was_undone_between_two_snapshots_is_no_change(shadow: ShadowGit, work: Path) -> None:
    (work / "passing.txt").write_text("x")
    (work / "passing.txt").unlink()
    (work / "latest").unlink()
    (work / "latest").symlink_to("src/main.py")
    assert (await shadow.snapshot("_step_1_2")).changes == ()


async def test_only_small_texts_are_in_a_change(shadow: ShadowGit, work: Path) -> None:
    (work / "long.txt").write_text("y" * CONTENT_LIMIT)
    (work / "longer.txt").write_text("y" * CONTENT_LIMIT + "\n")
    (work / "latin.txt").write_bytes("caf\xe9\n".encode("latin-1"))
    latin, long, longer = (await shadow.snapshot("_step_1_2")).changes
    assert long.content_after == "y" * CONTENT_LIMIT
    assert (longer.content_after, longer.added) == (None, 1)
    assert latin.content_after is None
    assert latin.diff.endswith("\n+caf\ufffd\n")


async def test_a_huge_file_is_recorded_as_size_and_hash(
    shadow: ShadowGit, work: Path, tmp_path: Path
) -> None:
    with (work / "model.bin").open("wb") as file:
        file.truncate(LARGE + 1)
    change = await only_change(shadow, "_step_1_2")
    assert (change.path, change.kind, change.content_after) == ("model.bin", "large", None)
    note = git("cat-file", "blob", change.after_oid or "", cwd=shadow.git_dir).decode()
    assert note.endswith(f"\nsize {LARGE + 1}\n")
    assert "sha256 " in note
    (work / "README.md").write_text("changed\n")
    await shadow.snapshot("_step_1_3")
    assert await shadow.restore("_step_1_2") == {}
    assert (work / "model.bin").stat().st_size == LARGE + 1
    (work / "model.bin").unlink()
    assert list(await shadow.restore("_step_1_2")) == ["model.bin"]
    assert (await only_change(shadow, "_step_1_4")).kind == "delete"


async def test_sockets_and_pipes_are_counted_and_never_opened(
    shadow: ShadowGit, work: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    os.mkfifo(work / "pipe")
    monkeypatch.chdir(work)
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind("socket")
        snapshot = await shadow.snapshot("session_01")
    assert (snapshot.changes, snapshot.skipped) == ((), 2)
    await shadow.restore("baseline")
    assert (work / "pipe").is_fifo()


async def test_check_out_gives_the_exact_tree_and_no_trace_of_git(
    shadow: ShadowGit, work: Path, tmp_path: Path
) -> None:
    before = state(work)
    shutil.rmtree(work / "src")
    await shadow.snapshot("_step_1_2")
    await shadow.check_out("baseline", tmp_path / "out")
    assert state(tmp_path / "out") == before
    assert not (tmp_path / "out" / ".git").exists()
    with pytest.raises(ShadowGitError, match="not empty"):
        await shadow.check_out("baseline", tmp_path / "out")


async def test_a_patch_applied_to_the_start_gives_the_end(
    shadow: ShadowGit, work: Path, tmp_path: Path
) -> None:
    (work / "src" / "main.py").write_text("no newline at the end")
    (work / "logo.bin").write_bytes(b"\0" * 5000)
    (work / "README.md").chmod(0o755)
    (work / "latest").unlink()
    (work / "latest").mkdir()
    (work / "latest" / "data.txt").write_bytes(b"crlf\r\nlf\n")
    (work / "naïve name.txt").write_text("x\n")
    (work / "src" / "run.sh").unlink()
    (work / "src" / "run.sh").symlink_to("/nowhere")
    await shadow.snapshot("session_01")
    await shadow.check_out("baseline", tmp_path / "again")
    apply(await shadow.diff("baseline", "session_01"), tmp_path / "again")
    assert files(state(tmp_path / "again")) == files(state(work))
    assert await shadow.diff("session_01", "session_01") == b""


async def test_a_patch_can_be_written_to_a_file(shadow: ShadowGit, work: Path, tmp_path: Path) -> None:
    (work / "logo.bin").write_bytes(b"\0" * 5000)
    await shadow.snapshot("session_01")
    patch = tmp_path / "patches" / "full_diff.patch"
    patch.parent.mkdir()
    size = await shadow.write_diff("baseline", "session_01", patch)
    assert patch.read_bytes() == await shadow.diff("baseline", "session_01")
    assert (size, patch.stat().st_mode & 0o777) == (patch.stat().st_size, 0o600)
    with pytest.raises(ShadowGitError, match="no tag"):
        await shadow.write_diff("baseline", "session_09", patch)
    assert await shadow.write_diff("baseline", "baseline", patch) == 0
    assert list(state(patch.parent)) == ["full_diff.patch"]


async def test_restore_makes_the_directory_equal_and_goes_on_from_there(
    shadow: ShadowGit, work: Path
) -> None:
    before = state(work)
    shutil.rmtree(work / "src")
    (work / "src").write_text("a file now")
    shutil.rmtree(work / "empty")
    (work / "made" / "up").mkdir(parents=True)
    (work / "README.md").write_text("x")
    await shadow.snapshot("session_01")
    (work / "README.md").write_text("never recorded")
    assert await shadow.restore("baseline") == {}
    assert state(work) == before
    assert (await shadow.snapshot("_step_2_1")).changes == ()
    (work / "README.md").write_text("# Notes\n2\n")
    change = await only_change(shadow, "_step_2_2")
    assert change.content_before == "# Notes\n"
    assert await shadow.restore("session_01") == {}
    assert (work / "src").read_text() == "a file now"


async def test_restore_keeps_who_may_read_a_file(shadow: ShadowGit, work: Path) -> None:
    (work / "README.md").chmod(0o640)
    (work / "README.md").write_text("x")
    (work / "src" / "run.sh").chmod(0o700)
    (work / "src" / "run.sh").write_text("x")
    await shadow.restore("baseline")
    assert (work / "README.md").stat().st_mode & 0o777 == 0o640
    assert (work / "src" / "run.sh").stat().st_mode & 0o777 == 0o700


async def test_restore_never_writes_through_a_link(shadow: ShadowGit, work: Path, tmp_path: Path) -> None:
    before = state(work)
    outside = tmp_path / "outside"
    outside.mkdir()
    (outside / "main.py").write_text("not ours\n")
    shutil.rmtree(work / "src")
    (work / "src").symlink_to(outside)
    (work / "README.md").unlink()
    (work / "README.md").symlink_to(outside / "main.py")
    await shadow.snapshot("_step_1_2")
    assert await shadow.restore("baseline") == {}
    assert state(work) == before
    assert state(outside) == {"main.py": ("file", b"not ours\n")}


async def test_snapshots_asked_for_at_once_come_one_after_the_other(shadow: ShadowGit, work: Path) -> None:
    (work / "README.md").write_text("x\n")
    first, *others = await asyncio.gather(*(shadow.snapshot(f"_step_1_{i}") for i in range(8)))
    assert [len(s.changes) for s in (first, *others)] == [1, *[0] * 7]


async def test_a_repository_is_tracked_with_once(shadow: ShadowGit, work: Path) -> None:
    with pytest.raises(ShadowGitError, match="in use"):
        await ShadowGit.open(shadow.git_dir, work)
    await shadow.close()
    again = await ShadowGit.open(shadow.git_dir, work)
    assert (await again.snapshot("_step_1_2")).changes == ()
    await again.close()


@pytest.mark.parametrize("tag", ["baseline", "", "-x", "a..b", "a b", "x.lock", "a/b", "_step\n"])
async def test_a_tag_that_cannot_be_is_refused_and_nothing_is_lost(
    shadow: ShadowGit, work: Path, tag: str
) -> None:
    (work / "README.md").write_text("x\n")
    with pytest.raises(ShadowGitError):
        await shadow.snapshot(tag)
    assert (await only_change(shadow, "_step_1_2")).path == "README.md"


async def test_what_is_not_there_is_an_error_of_one_line(work: Path, tmp_path: Path) -> None:
    with pytest.raises(ShadowGitError, match="no git repository"):
        await ShadowGit.open(tmp_path / "nowhere", work)
    with pytest.raises(ShadowGitError, match="no such folder"):
        await ShadowGit.create(tmp_path / "git", tmp_path / "nowhere")
    with pytest.raises(ShadowGitError, match="exists already"):
        await ShadowGit.create(work, work)
