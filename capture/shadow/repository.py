"""The bare repository, as the git program keeps it.

What belongs here is every call of git: in an environment of its own, deaf to the user's configuration, and to
the repository's hooks and filters. What is asked often has a process that stays.
"""

from __future__ import annotations

import os
import subprocess
from collections.abc import Sequence
from pathlib import Path
from typing import BinaryIO

from capture.shadow.errors import ShadowGitError
from capture.shadow.tree import SUBMODULE, File

_PASSED_ON = ("PATH", "TMPDIR", "SYSTEMROOT")

_SETTINGS = {
    "core.hooksPath": os.devnull,
    "core.fsmonitor": "false",
    "core.sshCommand": "false",
    "core.attributesFile": os.devnull,
    "core.logAllRefUpdates": "false",
    "core.fsync": "none",  # what a killed process wrote is kept all the same, and syncing takes longest
    "core.protectNTFS": "false",
    "core.protectHFS": "false",
    "core.quotePath": "true",
    "gc.auto": "0",
}

_DIFF = (
    "--binary", "--full-index", "--no-renames", "--no-ext-diff", "--no-textconv", "--no-color",
    "--src-prefix=a/", "--dst-prefix=b/", "--no-indent-heuristic", "--unified=3",
)  # fmt: skip

_ATTRIBUTES = "* -text -eol -ident -filter -working-tree-encoding !diff !merge\n"
"""Beats what a work directory's own .gitattributes say: bytes are recorded, and compared, as they are."""


def _environment() -> dict[str, str]:
    kept = {name: os.environ[name] for name in _PASSED_ON if name in os.environ}
    return kept | {
        "LC_ALL": "C",
        "HOME": os.devnull,
        "GIT_CONFIG_NOSYSTEM": "1",
        "GIT_CONFIG_GLOBAL": os.devnull,
        "GIT_ATTR_NOSYSTEM": "1",
        "GIT_ALLOW_PROTOCOL": "none",  # a foreign repository may promise objects from somewhere
        "GIT_NO_LAZY_FETCH": "1",
        "GIT_NO_REPLACE_OBJECTS": "1",
        "GIT_OPTIONAL_LOCKS": "0",
        "GIT_TERMINAL_PROMPT": "0",
    }


class Repository:
    """One bare repository.

    Args:
        folder: Where it is.

    Raises:
        ShadowGitError: there is none.
    """

    def __init__(self, folder: Path) -> None:
        if not (folder / "objects").is_dir():
            raise ShadowGitError(f"{folder}: no git repository")
        self.folder = folder
        self.branch = self._git("symbolic-ref", "HEAD").decode().strip()
        self._refs: subprocess.Popen[bytes] | None = None
        self._blobs: subprocess.Popen[bytes] | None = None

    @classmethod
    def create(cls, folder: Path) -> Repository:
        """Make an empty one.

        Raises:
            ShadowGitError: there is something already, or git is not installed.
            OSError: it cannot be written.
        """
        if folder.exists() and any(folder.iterdir()):
            raise ShadowGitError(f"{folder}: exists already; open it, or choose another run name")
        folder.mkdir(parents=True, exist_ok=True)
        how = ["--quiet", "--bare", "--template=", "--object-format=sha1", "--initial-branch=master"]
        _run(["git", "init", *how, str(folder)])
        (folder / "info").mkdir(exist_ok=True)
        (folder / "info" / "attributes").write_text(_ATTRIBUTES)
        return cls(folder)

    def resolve(self, name: str) -> str | None:
        """The commit that a tag or ref stands for; None when there is no such."""
        ref = name if name.startswith("refs/") else f"refs/tags/{name}"
        argv = self._argv("rev-parse", "--verify", "--quiet", f"{ref}^{{commit}}")
        done = subprocess.run(argv, env=_environment(), capture_output=True, check=False)
        return done.stdout.decode().strip() or None

    def tags(self) -> set[str]:
        """The names of all tags."""
        listed = self._git("for-each-ref", "--format=%(refname)", "refs/tags").decode("utf-8", "replace")
        return {line.removeprefix("refs/tags/") for line in listed.splitlines()}

    def tree_of(self, commit: str) -> str:
        """The id of a commit's tree."""
        return self._git("rev-parse", "--verify", f"{commit}^{{tree}}").decode().strip()

    def message_of(self, commit: str) -> str:
        """A commit's message."""
        return self._git("cat-file", "commit", commit).partition(b"\n\n")[2].decode("utf-8", "replace")

    def files_of(self, commit: str) -> dict[str, File]:
        """Path → file, of everything in a commit.

        Raises:
            ShadowGitError: it names what no work directory can hold.
        """
        files = {}
        for row in self._git("ls-tree", "-r", "-z", "--full-tree", commit).split(b"\0")[:-1]:
            head, _, raw = row.partition(b"\t")
            mode, _, oid = head.split(b" ")
            path = os.fsdecode(raw)
            if any(part in ("", ".", "..") or part.lower() == ".git" for part in path.split("/")):
                raise ShadowGitError(f"{self.folder}: commit {commit[:12]} holds the path {path!r}")
            if int(mode, 8) != SUBMODULE:
                files[path] = File(int(mode, 8), bytes.fromhex(oid.decode()))
        return files

    def point(self, commit: str, old: str | None, tag: str | None) -> None:
        """Move the branch to a commit, and give it a new tag; both or neither.

        Raises:
            ShadowGitError: git refuses.
        """
        orders = []
        if commit != old:
            orders.append(f"update {self.branch} {commit} {old or '0' * 40}")
        if tag is not None:
            orders.append(f"create refs/tags/{tag} {commit}")
        if not orders:
            return
        if self._refs is None:
            self._refs = self._keep("update-ref", "--no-deref", "--stdin")
        answer = _say(self._refs, "\n".join(["start", *orders, "commit", ""]).encode(), lines=2)
        if answer != b"start: ok\ncommit: ok\n":
            _end(self._refs)
            self._refs = None
            raise ShadowGitError(f"{self.folder}: git did not set {tag or self.branch}: is it there already?")

    def blob(self, oid: bytes, limit: int | None = None) -> bytes | None:
        """The content of a blob; None when it is larger than that.

        Raises:
            ShadowGitError: it is not there.
        """
        if self._blobs is None:
            self._blobs = self._keep("cat-file", "--batch")
        out = self._blobs.stdout
        assert out is not None
        head = _say(self._blobs, oid.hex().encode() + b"\n", lines=1).split()
        if len(head) != 3 or head[1] != b"blob":
            _end(self._blobs)
            self._blobs = None
            raise ShadowGitError(f"{self.folder}: object {oid.hex()} is missing or no file")
        size = int(head[2])
        if limit is None or size <= limit:
            return out.read(size + 1)[:-1]
        left = size + 1
        while left > 0 and (chunk := out.read(min(left, 1 << 20))):
            left -= len(chunk)
        return None

    def content(self, oid: bytes) -> bytes:
        """The content of a blob, however large.

        Raises:
            ShadowGitError: it is not there.
        """
        body = self.blob(oid)
        assert body is not None
        return body

    def diff(self, before: str, after: str, without: Sequence[str] = ()) -> bytes:
        """The patch from one tree, commit or blob to another, with everything `git apply` needs.

        Args:
            before: One.
            after: The other.
            without: Paths that are left out.
        """
        return self._git("diff", *_DIFF, before, after, *_all_but(without))

    def write_diff(self, before: str, after: str, file: BinaryIO, without: Sequence[str] = ()) -> None:
        """The same, written to a file by git itself."""
        _run(self._argv("diff", *_DIFF, before, after, *_all_but(without)), file)

    def changed(self, before: str, after: str, paths: Sequence[str]) -> list[str]:
        """Those of some paths that differ between two commits."""
        found = self._git(
            "diff",
            "--name-only",
            "--no-renames",
            "-z",
            before,
            after,
            "--",
            *(f":(literal){p}" for p in paths),
        )
        return [os.fsdecode(path) for path in found.split(b"\0")[:-1]]

    def index_pack(self, pack: Path) -> None:
        """Make the index of a pack.

        Raises:
            ShadowGitError: the pack is broken.
        """
        self._git("index-pack", str(pack))

    def close(self) -> None:
        """End the processes."""
        for process in (self._refs, self._blobs):
            _end(process)
        self._refs = self._blobs = None

    def _argv(self, *arguments: str) -> list[str]:
        settings = [part for item in _SETTINGS.items() for part in ("-c", "=".join(item))]
        return ["git", f"--git-dir={self.folder}", *settings, *arguments]

    def _git(self, *arguments: str) -> bytes:
        return _run(self._argv(*arguments))

    def _keep(self, *arguments: str) -> subprocess.Popen[bytes]:
        return subprocess.Popen(
            self._argv(*arguments),
            env=_environment(),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
        )


def _all_but(paths: Sequence[str]) -> list[str]:
    """What to tell `git diff` so that paths are left out."""
    return ["--", ".", *(f":(exclude,literal){path}" for path in paths)] if paths else []


def _run(argv: Sequence[str], out: BinaryIO | None = None) -> bytes:
    """What git says; nothing when it says it to a file."""
    try:
        done = subprocess.run(
            argv,
            env=_environment(),
            stdin=subprocess.DEVNULL,
            stdout=out or subprocess.PIPE,
            stderr=subprocess.PIPE,
            check=False,
        )
    except FileNotFoundError:
        raise ShadowGitError("git is not installed, or not on PATH") from None
    if done.returncode:
        said = done.stderr.decode("utf-8", "replace").strip().splitlines()
        raise ShadowGitError(said[-1] if said else f"git ended with {done.returncode}")
    return done.stdout or b""


def _say(process: subprocess.Popen[bytes], words: bytes, lines: int) -> bytes:
    """Send something and read the lines that answer; less when the process has ended."""
    assert process.stdin is not None
    assert process.stdout is not None
    try:
        process.stdin.write(words)
        process.stdin.flush()
    except BrokenPipeError:
        return b""
    return b"".join(process.stdout.readline() for _ in range(lines))


def _end(process: subprocess.Popen[bytes] | None) -> None:
    if process is not None:
        process.communicate()  # closes its input, at whose end it ends
