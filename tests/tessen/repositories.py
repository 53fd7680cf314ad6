"""Real repositories, made by the real git, for tests to work on."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

WHO = {
    "GIT_AUTHOR_NAME": "Ada Lovelace",
    "GIT_AUTHOR_EMAIL": "ada@example.com",
    "GIT_COMMITTER_NAME": "Ada Lovelace",
    "GIT_COMMITTER_EMAIL": "ada@example.com",
}


def git(folder: Path, *arguments: str, stdin: bytes = b"", **more: str) -> bytes:
    """Run git as a person would, configuration and all."""
    environment = {**os.environ, **WHO, **more}
    return subprocess.run(
        ["git", *arguments], cwd=folder, input=stdin, env=environment, capture_output=True, check=True
    ).stdout


def repository(folder: Path, files: dict[str, bytes]) -> Path:
    """Make a repository with one commit."""
    folder.mkdir(parents=True)
    git(folder, "init", "-q", "-b", "main")
    git(folder, "config", "user.name", WHO["GIT_AUTHOR_NAME"])
    git(folder, "config", "user.email", WHO["GIT_AUTHOR_EMAIL"])
    write(folder, files)
    git(folder, "add", "-A")
    git(folder, "commit", "-q", "-m", "Begin")
    return folder


def write(folder: Path, files: dict[str, bytes]) -> None:
    """Write files below a folder."""
    for name, body in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(body)


def contents(folder: Path) -> dict[str, bytes]:
    """Everything a person has in a work tree, with the index and the branch that is checked out."""
    files = [each for each in folder.rglob("*") if each.is_file() and ".git" not in each.parts]
    git_dir = folder / ".git"
    own = [git_dir / "index", git_dir / "HEAD", *git_dir.glob("*.lock")]
    return {str(each.relative_to(folder)): each.read_bytes() for each in [*files, *own]}
