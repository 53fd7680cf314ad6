"""What was known of a repository's files the last time, so that only what changed is read again.

What belongs here is the file in the cache folder: one a repository, named by a hash of its path. A file
that is missing, damaged, of another version or of another Python is as good as none. It holds docstrings and
comments, as the manifest does, so nobody else may read it.
"""

from __future__ import annotations

import hashlib
import json
import os
import sys
import time
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path
from typing import Any

from tessen import __version__
from tessen.crawl._files import Found
from tessen.crawl._repository import Read
from tessen.crawl._summary import from_json

_FORMAT = [3, __version__, list(sys.version_info[:2])]
_SETTLED_NS = 2_000_000_000
"""A file changed so shortly before it was read may have changed once more without its time showing it."""


class Cache:
    """One repository's cache."""

    def __init__(self, root: str) -> None:
        name = hashlib.sha256(os.fsencode(root)).hexdigest()[:24]
        self._path = _folder() / f"{name}.json"
        self._root = root

    def load(self, files: Iterable[Found]) -> tuple[dict[str, Read], list[str]]:
        """Return what is known of the files that are there, and those that must be read again.

        Args:
            files: The repository's files as they are now.
        """
        kept, saved_ns = self._kept()
        known: dict[str, Read] = {}
        stale: list[str] = []
        for file in files:
            size, mtime_ns, digest, record = kept.get(file.path, (None, None, "", None))
            if record is not None and digest:
                known[file.path] = Read(digest, from_json(record))
            settled = file.mtime_ns < saved_ns - _SETTLED_NS
            if file.path not in known or (size, mtime_ns) != (file.size, file.mtime_ns) or not settled:
                stale.append(file.path)
        return known, stale

    def save(self, files: Iterable[Found], reads: dict[str, Read], began_ns: int) -> None:
        """Write what is known now; where it cannot be written, the next time takes longer.

        Args:
            files: The repository's files as they were found.
            reads: What is known of them.
            began_ns: When they were listed.
        """
        rows = {each.path: [each.size, each.mtime_ns, *reads[each.path]] for each in files}
        text = json.dumps({"format": _FORMAT, "root": self._root, "files": rows, "began_ns": began_ns})
        new = self._path.with_suffix(f".{os.getpid()}.{time.monotonic_ns()}")
        try:
            self._path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            descriptor = os.open(new, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
            with os.fdopen(descriptor, "w", encoding="ascii") as file:
                file.write(f"{_digest(text.encode())}\n{text}")
            new.replace(self._path)
        except OSError:
            with suppress(OSError):
                new.unlink(missing_ok=True)

    def _kept(self) -> tuple[dict[str, list[Any]], int]:
        try:
            digest, _, text = self._path.read_bytes().partition(b"\n")
            if digest.decode() != _digest(text):
                return {}, 0
            value = json.loads(text)
            if value["format"] != _FORMAT or value["root"] != self._root:
                return {}, 0
        except (OSError, ValueError):
            return {}, 0
        return value["files"], value["began_ns"]


def _digest(text: bytes) -> str:
    return hashlib.sha256(text).hexdigest()


def _folder() -> Path:
    """Return the folder of the caches: `XDG_CACHE_HOME`, or `~/.cache`, and in it `tessen/crawl`."""
    configured = os.environ.get("XDG_CACHE_HOME", "").strip()
    return Path(configured or "~/.cache").expanduser() / "tessen" / "crawl"
