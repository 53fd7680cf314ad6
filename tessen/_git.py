"""Running git on a repository that somebody else may have prepared.

What belongs here is how git is called, so that nothing a repository holds is ever run. Git's configuration
can name programs (`core.fsmonitor`, `core.hooksPath`, `diff.external`, filters, `gpg.program` …), and a
list of what to turn off is never complete. So all that reads or writes objects happens in a private git
folder with a configuration of our own, which borrows nothing from the repository but its object store. Only
what must ask the repository itself (where it is, what its branches are, making one) uses its folder, by
commands that read configuration without running anything of it, hooks turned off.
"""

from __future__ import annotations

import contextlib
import io
import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import IO

_PASSED_ON = ("PATH", "TMPDIR", "SYSTEMROOT", "TZ")
_WHO = tuple(f"GIT_{role}_{what}" for role in ("AUTHOR", "COMMITTER") for what in ("NAME", "EMAIL", "DATE"))
_HARMLESS = (
    "-c", "core.hooksPath=/dev/null", "-c", "core.fsmonitor=false", "-c", "core.pager=cat",
    "-c", "core.sshCommand=false", "-c", "credential.helper=", "-c", "gc.auto=0",
    "-c", "protocol.allow=never",
)  # fmt: skip
_COPIED = ("filemode", "symlinks", "ignorecase", "precomposeunicode", "autocrlf", "eol")
_WORDS = frozenset(("true", "false", "input", "lf", "crlf", "native"))
"""What files on the disk are like: all settings, and all values of them, that are taken over."""


class GitError(Exception):
    """Git could not do it; `str()` is one line in git's own words, or says what to do."""


@dataclass(frozen=True)
class Places:
    """Where a repository's parts are."""

    top: Path | None
    """The work tree's folder; None in a bare repository."""
    git_dir: Path
    common_dir: Path
    """Differs from `git_dir` in a linked work tree."""
    object_format: str
    """`sha1` or `sha256`."""

    @property
    def objects(self) -> Path:
        """The object store."""
        return self.common_dir / "objects"


def find(folder: Path) -> Places:
    """Find the repository that a folder is in.

    Raises:
        GitError: there is none, git is missing or refuses it, or it claims a work tree elsewhere.
    """
    if not folder.is_dir():
        raise GitError(f"{folder}: not a folder; name a git repository")
    asked = ("--is-bare-repository", "--is-inside-git-dir", "--absolute-git-dir", "--show-object-format")
    lines = _asked(folder, "rev-parse", *asked, "--git-common-dir").split(b"\n")
    bare, inside, git_dir, object_format, common = (os.fsdecode(line) for line in lines[:5])
    top = None
    if bare != "true" and inside != "true":
        top = Path(os.fsdecode(_asked(folder, "rev-parse", "--show-toplevel").removesuffix(b"\n")))
        _check_top(top, Path(git_dir), folder)
    return Places(top, Path(git_dir), (folder / common).resolve(), object_format)


def _check_top(top: Path, git_dir: Path, folder: Path) -> None:
    """Refuse a work tree that is not where its `.git` is: `core.worktree` could name any folder."""
    marker = top / ".git"
    ours = marker.is_file() or (marker.is_dir() and marker.resolve() == git_dir.resolve())
    if not ours or not folder.resolve().is_relative_to(top.resolve()):
        raise GitError(f"{git_dir}/config: core.worktree names another folder, {top}; unset it")


def ask(places: Places, *arguments: str, stdin: bytes | None = None) -> bytes:
    """Run one command in the repository itself; only for those that never run what configuration names.

    Raises:
        GitError: it failed.
    """
    return _asked(places.top or places.git_dir, *arguments, stdin=stdin)


def _asked(folder: Path, *arguments: str, stdin: bytes | None = None) -> bytes:
    environment = _environment((*_WHO, "HOME", "XDG_CONFIG_HOME", "USER", "LOGNAME", "EMAIL"))
    return _run(["git", "--no-pager", *_HARMLESS, *arguments], environment, folder, stdin)


class PrivateGit:
    """A git folder of our own over a repository's object store.

    Args:
        places: The repository.
        folder: Where to make it: an empty folder.
    """

    def __init__(self, places: Places, folder: Path) -> None:
        self.folder = folder
        self.places = places
        (folder / "refs").mkdir()
        (folder / "objects").mkdir()
        (folder / "HEAD").write_text("ref: refs/heads/none\n")
        (folder / "config").write_text(_config(places))
        with contextlib.suppress(FileNotFoundError):
            shutil.copyfile(places.common_dir / "shallow", folder / "shallow")

    def environment(self, **more: str) -> dict[str, str]:
        """The environment in which git sees this folder, and nothing of anybody's settings."""
        own = {
            "GIT_DIR": str(self.folder),
            "GIT_OBJECT_DIRECTORY": str(self.places.objects),
            "GIT_INDEX_FILE": str(self.folder / "index"),
            "GIT_CONFIG_GLOBAL": os.devnull,
            "GIT_CONFIG_NOSYSTEM": "1",
            "HOME": os.devnull,
        }
        return _environment(()) | own | more

    def run(self, *arguments: str, stdin: bytes | None = None, **more: str) -> bytes:
        """Run one command; return what it printed.

        Args:
            arguments: The command and its arguments.
            stdin: What it reads.
            more: More of the environment.

        Raises:
            GitError: it failed.
        """
        argv = ["git", "--no-pager", "--literal-pathspecs", *arguments]
        return _run(argv, self.environment(**more), self.folder, stdin)

    @contextlib.contextmanager
    def stream(self, *arguments: str) -> Iterator[IO[bytes]]:
        """Run one command, and read what it prints while it runs; leaving early ends it.

        Args:
            arguments: The command and its arguments.

        Raises:
            GitError: it failed by itself.
        """
        argv = ["git", "--no-pager", "--literal-pathspecs", *arguments]
        with tempfile.TemporaryFile() as said:
            process = subprocess.Popen(
                argv,
                env=self.environment(),
                cwd=self.folder,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=said,
            )
            assert process.stdout is not None
            with process, process.stdout as out:
                try:
                    yield out
                except BaseException:
                    process.kill()
                    raise
                early = bool(out.peek(1)) if isinstance(out, io.BufferedReader) else False
                if early:
                    process.kill()
            if process.returncode and not early:
                said.seek(0)
                raise GitError(_first_line(said.read(4096)) or f"git {arguments[0]} failed")

    def line(self, *arguments: str, stdin: bytes | None = None, **more: str) -> str:
        """Run one command; return the one line that it printed."""
        return os.fsdecode(self.run(*arguments, stdin=stdin, **more).strip())


@contextlib.contextmanager
def private(places: Places) -> Iterator[PrivateGit]:
    """A private git folder, gone in the end."""
    with tempfile.TemporaryDirectory(prefix="tessen-git-") as folder:
        yield PrivateGit(places, Path(folder))


def head(places: Places) -> tuple[str | None, str | None]:
    """Return the commit that is checked out, and its branch's full name; None for what there is not."""
    branch = commit = None
    with contextlib.suppress(GitError):
        branch = os.fsdecode(ask(places, "symbolic-ref", "-q", "HEAD").strip()) or None
    with contextlib.suppress(GitError):
        commit = os.fsdecode(ask(places, "rev-parse", "-q", "--verify", "HEAD^{commit}").strip()) or None
    return commit, branch


def _config(places: Places) -> str:
    sha256 = places.object_format != "sha1"
    lines = ["[core]", f"repositoryformatversion = {int(sha256)}", "bare = false", "hooksPath = /dev/null"]
    for name in _COPIED:
        with contextlib.suppress(GitError):
            value = ask(places, "config", "--get", f"core.{name}").strip().decode("utf-8", "replace").lower()
            lines += [f"{name} = {value}"] if value in _WORDS else []
    lines += ["[extensions]", f"objectFormat = {places.object_format}"] if sha256 else []
    return "\n".join([*lines, "[gc]", "auto = 0", ""])


def _environment(passed_on: tuple[str, ...]) -> dict[str, str]:
    kept = {name: os.environ[name] for name in (*_PASSED_ON, *passed_on) if name in os.environ}
    return kept | {
        "LC_ALL": "C",
        "GIT_ATTR_NOSYSTEM": "1",
        "GIT_ALLOW_PROTOCOL": "none",  # a repository may promise objects from somewhere
        "GIT_NO_LAZY_FETCH": "1",
        "GIT_NO_REPLACE_OBJECTS": "1",
        "GIT_OPTIONAL_LOCKS": "0",
        "GIT_TERMINAL_PROMPT": "0",
    }


def _run(argv: list[str], environment: Mapping[str, str], folder: Path, stdin: bytes | None) -> bytes:
    try:
        done = subprocess.run(
            argv, input=stdin or b"", env=environment, cwd=folder, capture_output=True, check=False
        )
    except FileNotFoundError as error:
        raise GitError(f"{error.filename}: not found; install git") from None
    if done.returncode:
        raise GitError(_first_line(done.stderr) or f"git {argv[-1]} failed")
    return done.stdout


def _first_line(said: bytes) -> str:
    return said.decode("utf-8", "replace").strip().split("\n")[0].removeprefix("fatal: ")
