"""Whatever surrounds a work directory: other repositories, hostile names, the user's git, closed files."""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import tempfile
from collections.abc import Callable
from pathlib import Path

import pytest

from capture.shadow import ShadowGit, ShadowGitError
from capture.shadow.objects import object_id
from capture.shadow.repository import Repository
from capture.shadow.tracked import Tracked
from capture.shadow.tree import FILE, File
from capture.shadow.writing import Writer
from tests.capture.shadow.folders import apply, files, fill, git, state, write

ME = {
    "GIT_AUTHOR_NAME": "me",
    "GIT_AUTHOR_EMAIL": "me@localhost",
    "GIT_COMMITTER_NAME": "me",
    "GIT_COMMITTER_EMAIL": "me@localhost",
}

TRAPS = ("GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE", "GIT_OBJECT_DIRECTORY", "GIT_CONFIG_PARAMETERS")

HOSTILE_NAMES = [
    b"with space",
    b"new\nline",
    b"tab\there",
    b'"quoted"',
    b"back\\slash",
    b"-rf",
    b"latin\xe9",
    b"\xff\xfe",
    "日本語 ü".encode(),
    b"\x1b[31mred",
    b"git~1",
    b".gitattributes",
    b".gitignore",
    b":!magic",
    b"*",
    b"n" * 255,
]


def digest(folder: Path) -> str:
    """Everything about a folder's files, times included."""
    found = hashlib.sha256()
    for path in sorted(folder.rglob("*")):
        status = path.lstat()
        found.update(f"{path} {status.st_mode} {status.st_mtime_ns} {status.st_size}".encode())
        if path.is_file():
            found.update(path.read_bytes())
    return found.hexdigest()


async def test_names_of_any_bytes_go_in_and_come_out(git_dir: Path, tmp_path: Path) -> None:
    work = tmp_path / "work"
    work.mkdir()
    shadow = await ShadowGit.create(git_dir, work)
    for name in HOSTILE_NAMES:
        write(work, b"in " + name[:200] + b"/" + name, b"one\n")
    snapshot = await shadow.snapshot("_step_1_1")
    names = {os.fsencode(change.path) for change in snapshot.changes}
    assert names == {b"in " + name[:200] + b"/" + name for name in HOSTILE_NAMES}
    await shadow.check_out("_step_1_1", tmp_path / "out")
    assert state(tmp_path / "out") == state(work)
    shutil.rmtree(work)
    work.mkdir()
    await shadow.snapshot("_step_1_2")
    await shadow.restore("_step_1_1")
    assert state(tmp_path / "out") == state(work)
    await shadow.close()


async def test_patches_hold_names_of_any_bytes(git_dir: Path, tmp_path: Path) -> None:
    work = tmp_path / "work"
    work.mkdir()
    shadow = await ShadowGit.create(git_dir, work)
    for name in HOSTILE_NAMES:
        if name != b"git~1":  # what git apply itself refuses
            write(work, name, b"* text eol=crlf\r\n")
    await shadow.snapshot("session_01")
    (tmp_path / "again").mkdir()
    apply(await shadow.diff("baseline", "session_01"), tmp_path / "again")
    assert state(tmp_path / "again") == state(work)
    await shadow.close()


async def test_the_users_git_has_no_say_and_sees_nothing(
    git_dir: Path, work: Path, home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    git("init", "-q", cwd=work)
    git("add", "README.md", cwd=work)
    hooks = tmp_path / "hooks"
    hooks.mkdir()
    for hook in ("pre-commit", "reference-transaction", "post-index-change", "post-checkout"):
        (hooks / hook).write_text(f"#!/bin/sh\ntouch {tmp_path}/hook-ran\nexit 1\n")
        (hooks / hook).chmod(0o755)
    (home / ".gitconfig").write_text(
        f"[core]\n autocrlf = true\n safecrlf = true\n hooksPath = {hooks}\n ignoreCase = true\n"
        "[commit]\n gpgSign = true\n[tag]\n gpgSign = true\n[user]\n useConfigOnly = true\n"
        '[filter "up"]\n clean = tr a-z A-Z\n smudge = tr a-z A-Z\n'
        "[diff]\n external = false\n noprefix = true\n"
        "[init]\n defaultBranch = other\n[color]\n ui = always\n"
    )
    (work / ".gitattributes").write_text("* text eol=crlf filter=up diff=odd ident\n")
    (work / ".gitignore").write_text("*\n")
    user = digest(work)
    for name in TRAPS:
        monkeypatch.setenv(name, str(tmp_path / "trap"))
    shadow = await ShadowGit.create(git_dir, work)
    shutil.copytree(hooks, git_dir / "hooks")
    assert digest(work) == user
    (work / "dos.txt").write_bytes(b"$Id$ one\r\ntwo\n")
    snapshot = await shadow.snapshot("session_01")
    assert [change.path for change in snapshot.changes] == ["dos.txt"]
    await shadow.check_out("session_01", tmp_path / "out")
    await shadow.check_out("baseline", tmp_path / "again")
    patch = await shadow.diff("baseline", "session_01")
    await shadow.restore("baseline")
    await shadow.close()
    for name in TRAPS:
        monkeypatch.delenv(name)
    assert patch.startswith(b"diff --git a/dos.txt b/dos.txt\n")
    assert (tmp_path / "out" / "dos.txt").read_bytes() == b"$Id$ one\r\ntwo\n"
    assert state(tmp_path / "again") == state(work)
    assert not (tmp_path / "hook-ran").exists()
    assert not (tmp_path / "trap").exists()
    assert git("--git-dir", str(git_dir), "log", "-1", "--format=%an %ae %G?", cwd=work) == (
        b"tessen tessen@localhost N\n"
    )


async def test_a_repository_in_the_work_directory_is_recorded_as_files_and_left_alone(
    git_dir: Path, work: Path, tmp_path: Path
) -> None:
    shadow = await ShadowGit.create(git_dir, work)
    nested = work / "vendor" / "lib"
    nested.mkdir(parents=True)
    git("init", "-q", cwd=nested)
    (nested / "lib.c").write_text("int x;\n")
    git("add", "-A", cwd=nested)
    git("commit", "-qm", "one", cwd=nested, **ME)
    git("init", "-q", cwd=work)
    git("-c", "protocol.file.allow=always", "submodule", "add", "-q", str(nested), "sub", cwd=work)
    assert (work / "sub" / ".git").is_file()
    before = digest(nested / ".git"), digest(work / ".git")
    snapshot = await shadow.snapshot("session_01")
    assert [c.path for c in snapshot.changes] == [".gitmodules", "sub/lib.c", "vendor/lib/lib.c"]
    (nested / "lib.c").unlink()
    await shadow.snapshot("session_02")
    await shadow.restore("session_01")
    assert (nested / "lib.c").read_text() == "int x;\n"
    await shadow.restore("baseline")
    assert (digest(nested / ".git"), digest(work / ".git")) == before
    await shadow.close()


async def test_links_to_directories_are_links(shadow: ShadowGit, work: Path, tmp_path: Path) -> None:
    (tmp_path / "secret").mkdir()
    (tmp_path / "secret" / "key").write_text("s3cret")
    (work / "outside").symlink_to(tmp_path / "secret")
    (work / "round").symlink_to(".")
    (work / "broken").symlink_to("nowhere")
    snapshot = await shadow.snapshot("session_01")
    assert [(c.path, c.kind) for c in snapshot.changes] == [
        ("broken", "symlink"),
        ("outside", "symlink"),
        ("round", "symlink"),
    ]
    (work / "outside").unlink()
    (work / "outside").mkdir()
    (work / "outside" / "key").write_text("mine\n")
    assert [c.path for c in (await shadow.snapshot("_step_2_1")).changes] == ["outside", "outside/key"]
    (work / "outside" / "key").unlink()
    (work / "outside").rmdir()
    (work / "outside").symlink_to(tmp_path / "secret")
    change = (await shadow.snapshot("_step_2_2")).changes[0]
    assert (change.kind, change.content_after) == ("symlink", str(tmp_path / "secret"))
    secret = object_id("blob", b"s3cret").hex()
    objects = git("cat-file", "--batch-all-objects", "--batch-check", cwd=shadow.git_dir).decode()
    assert secret not in objects


def test_nothing_is_written_or_removed_through_a_link(work: Path, tmp_path: Path) -> None:
    (tmp_path / "outside").mkdir()
    write(tmp_path, b"outside/key", b"theirs")
    (work / "way").symlink_to(tmp_path / "outside")
    writer = Writer(str(work), lambda _: b"ours", 0o022)
    writer.write_files({"way/key": File(FILE, b""), "way/deep/key": File(FILE, b"")})
    writer.remove_files(["way/key"])
    writer.remove_folders(["way"])
    writer.make_folders(["way/made"])
    writer.close()
    assert set(writer.failed) == {"way/key", "way/deep/key", "way/made"}
    assert state(tmp_path / "outside") == {"key": ("file", b"theirs")}


async def test_the_run_folder_in_the_work_directory_is_no_part_of_it(work: Path) -> None:
    run = work / "runs" / "mine"
    shadow = await ShadowGit.create(run / ".shadow_git", work, exclude=[work / "runs" / "other"])
    (work / "runs" / "other").mkdir()
    for path in (run / "run_meta.json", work / "runs" / "other" / "log", work / "runs" / "third"):
        path.write_text("{}")
    snapshot = await shadow.snapshot("_step_1_1")
    assert [c.path for c in snapshot.changes] == ["runs/third"]
    assert [c.path for c in (await shadow.snapshot("session_01")).changes] == []
    await shadow.restore("baseline")
    assert (run / "run_meta.json").exists()
    assert (work / "runs" / "other" / "log").exists()
    assert not (work / "runs" / "third").exists()
    await shadow.close()


def as_somebody(act: Callable[[Path], None]) -> None:
    """Run something as a user who may not read everything, in a folder of their own.

    Raises:
        AssertionError: it failed.
    """
    folder = Path(tempfile.mkdtemp(prefix="shadow-"))
    folder.chmod(0o777)
    child = os.fork()
    if child == 0:
        status = 1
        try:
            if os.geteuid() == 0:
                os.setgid(65534)
                os.setuid(65534)
            os.umask(0o022)
            act(folder)
            status = 0
        except BaseException as error:
            (folder / "error").write_text(repr(error))
        finally:
            os._exit(status)
    _, ended = os.waitpid(child, 0)
    said = (folder / "error").read_text() if (folder / "error").exists() else ""
    subprocess.run(["chmod", "-R", "u+rwx", str(folder)], check=True)
    shutil.rmtree(folder)
    assert ended == 0, said


def test_what_cannot_be_read_is_said_and_stays_as_it_was() -> None:
    def act(folder: Path) -> None:
        work = folder / "work"
        work.mkdir()
        fill(work)
        tracked = Tracked(Repository.create(folder / "git"), work, (), 0o022)
        tracked.begin()
        (work / "README.md").write_text("changed\n")
        (work / "README.md").chmod(0)
        (work / "src").chmod(0)
        (work / "new").write_text("x")
        (work / "new").chmod(0)
        one = tracked.snapshot("_step_1_1")
        assert one.changes == (), one.changes
        assert {path for path, _ in one.unreadable} == {"README.md", "new", "src"}, one.unreadable
        two = tracked.snapshot("session_01")
        assert (two.changes, set(two.unreadable)) == ((), set(one.unreadable)), two
        for path in (work / "README.md", work / "src", work / "new"):
            path.chmod(0o755)
        three = tracked.snapshot("_step_2_1")
        assert [c.path for c in three.changes] == ["README.md", "new"], three.changes
        tracked.close()

    as_somebody(act)


async def test_a_path_too_long_to_name_is_said_and_harms_nothing(shadow: ShadowGit, work: Path) -> None:
    place = os.open(work, os.O_RDONLY)
    for _ in range(20):
        os.mkdir("d" * 250, dir_fd=place)
        below = os.open("d" * 250, os.O_RDONLY, dir_fd=place)
        os.close(place)
        place = below
    os.close(os.open("deep", os.O_CREAT | os.O_WRONLY, dir_fd=place))
    os.close(place)
    (work / "README.md").write_text("x\n")
    snapshot = await shadow.snapshot("session_01")
    assert [c.path for c in snapshot.changes] == ["README.md"]
    assert [reason for _, reason in snapshot.unreadable] == ["File name too long"]


async def test_the_work_directory_gone_is_everything_deleted(shadow: ShadowGit, work: Path) -> None:
    shutil.rmtree(work)
    snapshot = await shadow.snapshot("_step_1_1")
    assert {c.kind for c in snapshot.changes} == {"delete"}
    write(work, b"back.txt", b"x\n")
    assert [c.path for c in (await shadow.snapshot("_step_1_2")).changes] == ["back.txt"]
    (work / "back.txt").write_text("y\n")
    assert [c.path for c in (await shadow.snapshot("_step_1_3")).changes] == ["back.txt"]


async def test_another_harness_repository_goes_on(git_dir: Path, work: Path, tmp_path: Path) -> None:
    """As the reference harness makes it: a bare repository, `add -A`, its own exclusions."""
    git("init", "-q", "--bare", str(git_dir), cwd=work)
    write(git_dir, b"info/exclude", b"node_modules\n")
    places = {"GIT_DIR": str(git_dir), "GIT_WORK_TREE": str(work)} | ME
    git("add", "-A", cwd=work, **places)
    git("commit", "-qm", "baseline", cwd=work, **places)
    git("tag", "baseline", cwd=work, **places)
    before = state(work)
    (work / "README.md").write_text("theirs\n")
    git("add", "-A", cwd=work, **places)
    git("commit", "-qm", "step 7 (session 1)", cwd=work, **places)
    git("tag", "_step_1_7", cwd=work, **places)
    shadow = await ShadowGit.open(git_dir, work)
    assert b"+theirs\n" in await shadow.diff("baseline", "_step_1_7")
    await shadow.check_out("baseline", tmp_path / "out")
    assert state(tmp_path / "out") == files(before)
    (work / "logo.bin").write_bytes(b"\0")
    assert [c.path for c in (await shadow.snapshot("_step_1_8")).changes] == ["logo.bin"]
    assert await shadow.restore("baseline") == {}
    assert state(work) == before
    await shadow.close()


async def test_a_foreign_repository_cannot_write_elsewhere(git_dir: Path, work: Path, tmp_path: Path) -> None:
    shadow = await ShadowGit.create(git_dir, work)
    blob = git("rev-parse", "baseline:README.md", cwd=git_dir).decode().strip()
    for number, name in enumerate((b"..", b".git", b".GIT")):
        body = b"100644 " + name + b"\0" + bytes.fromhex(blob)
        if name == b"..":
            inner = _tree(git_dir, b"100644 escaped\0" + bytes.fromhex(blob))
            body = b"40000 ..\0" + bytes.fromhex(inner)
        commit = git("commit-tree", _tree(git_dir, body), "-m", "x", cwd=git_dir, **ME).decode().strip()
        git("update-ref", f"refs/tags/evil{number}", commit, cwd=git_dir)
        with pytest.raises(ShadowGitError, match="holds the path"):
            await shadow.check_out(f"evil{number}", tmp_path / "out" / "in")
        with pytest.raises(ShadowGitError, match="holds the path"):
            await shadow.restore(f"evil{number}")
    assert not (tmp_path / "out" / "escaped").exists()
    await shadow.close()


def _tree(git_dir: Path, body: bytes) -> str:
    argv = ["git", "hash-object", "-w", "--literally", "-t", "tree", "--stdin"]
    done = subprocess.run(argv, cwd=git_dir, input=body, capture_output=True, check=True)
    return done.stdout.decode().strip()
