"""Folders as plain values to compare, and the real git's view of them."""

from __future__ import annotations

import os
import stat
import subprocess
from pathlib import Path

State = dict[str, tuple[str, bytes]]
"""Path → what it is (file, executable, link, folder; the latter only when empty) and its content."""


def fill(folder: Path) -> None:
    """Write a few files of each kind."""
    (folder / "src").mkdir()
    (folder / "src" / "main.py").write_text("def add(a, b):\n    return a + b\n")
    (folder / "src" / "run.sh").write_text("#!/bin/sh\necho run\n")
    (folder / "src" / "run.sh").chmod(0o755)
    (folder / "README.md").write_text("# Notes\n")
    (folder / "logo.bin").write_bytes(bytes(range(256)) * 4)
    (folder / "latest").symlink_to("src/main.py")
    (folder / "empty" / "inside").mkdir(parents=True)


def state(folder: Path) -> State:
    """Everything in a folder but `.git`, as the kernel tells it."""
    found: State = {}
    pending = [folder]
    while pending:
        here = pending.pop()
        entries = [path for path in here.iterdir() if path.name.lower() != ".git"]
        if here != folder and not entries:
            found[str(here.relative_to(folder))] = ("folder", b"")
        for path in entries:
            name, mode = str(path.relative_to(folder)), path.lstat().st_mode
            if stat.S_ISDIR(mode):
                pending.append(path)
            elif stat.S_ISLNK(mode):
                found[name] = ("link", os.fsencode(path.readlink()))
            elif stat.S_ISREG(mode):
                found[name] = ("executable" if mode & stat.S_IXUSR else "file", path.read_bytes())
    return found


def write(folder: Path, name: bytes, content: bytes) -> None:
    """Write a file whose name may be any bytes, and the folders on the way to it."""
    path = folder / os.fsdecode(name)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)


def files(found: State) -> State:
    """Only what git knows of: no empty folders."""
    return {path: entry for path, entry in found.items() if entry[0] != "folder"}


def git(*arguments: str, cwd: Path, **environment: str) -> bytes:
    """Run the real git, with the environment of the test."""
    done = subprocess.run(
        ["git", *arguments], cwd=cwd, env=os.environ | environment, capture_output=True, check=False
    )
    assert done.returncode == 0, done.stderr.decode()
    return done.stdout


def tree_by_git(folder: Path, place: Path) -> str:
    """The id that the real git's own `add` and `write-tree` give to a folder."""
    git("init", "-q", "--bare", str(place), cwd=folder)
    (place / "info").mkdir(exist_ok=True)
    (place / "info" / "attributes").write_text("* -text -filter\n")
    places = {"GIT_DIR": str(place), "GIT_WORK_TREE": str(folder)}
    git("add", "-A", "-f", ".", cwd=folder, **places)
    return git("write-tree", cwd=folder, **places).decode().strip()


def apply(patch: bytes, folder: Path) -> None:
    """Apply a patch in a folder as a person would."""
    if patch:
        done = subprocess.run(
            ["git", "apply", "--whitespace=nowarn", "-"],
            cwd=folder,
            input=patch,
            capture_output=True,
            check=False,
        )
        assert done.returncode == 0, done.stderr.decode()
