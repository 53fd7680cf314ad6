"""Patches as git writes them, file by file."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest

from capture.runs.patch import FilePatch, split_patch
from capture.shadow.patch import LEFT_OUT

FILE = "diff --git a/x b/x\nindex 7898192..6178079 100644\n--- a/x\n+++ b/x\n@@ -1 +1 @@\n-a\n+b\n"


def git(folder: Path, *words: str) -> str:
    env = {**os.environ, "GIT_CONFIG_GLOBAL": "/dev/null", "GIT_CONFIG_SYSTEM": "/dev/null"}
    who = ("-c", "user.name=t", "-c", "user.email=t@t", "-c", "init.defaultBranch=main")
    done = subprocess.run(["git", *who, *words], cwd=folder, env=env, check=True, capture_output=True)
    return done.stdout.decode("utf-8", "replace")


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> dict[str, FilePatch]:
    """What one commit did to many kinds of files, by path."""
    folder = tmp_path_factory.mktemp("repository")
    git(folder, "init", "-q")
    many = "".join(f"line {number}\n" for number in range(60))
    for name, content in {
        "changed.py": many,
        "gone.txt": "was\n",
        "old name.txt": many,
        "mode.sh": "x\n",
    }.items():
        (folder / name).write_text(content)
    git(folder, "add", "-A")
    git(folder, "commit", "-qm", "before")
    (folder / "changed.py").write_text(
        many.replace("line 3\n", "LINE 3\n").replace("line 50\n", "-- a\n++ b\n")
    )
    (folder / "gone.txt").unlink()
    (folder / "old name.txt").rename(folder / "neü \t.txt")
    (folder / "mode.sh").chmod(0o755)
    (folder / "data.bin").write_bytes(bytes(range(256)) * 4)
    (folder / "link").symlink_to("changed.py")
    (folder / "new.txt").write_text("a\rb\x0cc\u2028d\nno end")
    git(folder, "add", "-A")
    return {each.path: each for each in split_patch(git(folder, "diff", "--binary", "-M", "--cached"))}


def test_every_kind_of_change_is_named(files: dict[str, FilePatch]) -> None:
    assert {path: each.what for path, each in files.items()} == {
        "changed.py": "modify",
        "data.bin": "binary",
        "gone.txt": "delete",
        "link": "symlink",
        "mode.sh": "mode",
        "neü \t.txt": "rename",
        "new.txt": "add",
    }
    assert files["neü \t.txt"].old_path == "old name.txt"
    assert files["mode.sh"].note == "mode 100644 → 100755"
    assert files["data.bin"].text == ""


def test_lines_are_counted_and_parsed_when_asked(files: dict[str, FilePatch]) -> None:
    changed = files["changed.py"]
    assert (changed.added, changed.removed) == (3, 2)
    first, second = changed.hunks()
    assert (first.old_start, first.new_start) == (1, 1)
    assert [line for line in second.lines if line.sign in "+-"] == [
        ("-", "line 50"),
        ("+", "-- a"),
        ("+", "++ b"),
    ]
    assert files["gone.txt"].hunks()[0].lines == [("-", "was")]


def test_only_a_line_feed_ends_a_line(files: dict[str, FilePatch]) -> None:
    lines = files["new.txt"].hunks()[0].lines
    assert [line.text for line in lines if line.sign == "+"] == ["a\rb\x0cc\u2028d", "no end"]


def test_no_changes_and_nonsense() -> None:
    assert split_patch("# No changes\n") == []
    with pytest.raises(ValueError, match="shorter"):
        FilePatch("x", "modify", 1, 0, "--- x\n+++ x\n@@ -1,5 +1,9 @@\n+only this\n").hunks()


def test_large_files_are_named_first() -> None:
    patch = f'{LEFT_OUT}"models/a\\nb.bin"\n{LEFT_OUT}no name\n{FILE}'
    large, plain = split_patch(patch)
    assert (large.path, large.what, large.hunks(), large.note) == (
        *("models/a\nb.bin", "large", [], "no content kept"),
    )
    assert (plain.path, plain.what, plain.added, plain.removed) == ("x", "modify", 1, 1)
    assert [each.path for each in split_patch(f'{LEFT_OUT}"only"\n')] == ["only"]


def test_a_file_that_says_so_itself_is_none() -> None:
    told = FILE.replace("+b", f'+{LEFT_OUT}"trick"').replace("-a", LEFT_OUT)
    assert [each.path for each in split_patch(told)] == ["x"]
    assert split_patch("# No changes\n") == []
