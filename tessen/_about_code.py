"""What is learned about the program's own code when recording starts, and shipped in the background.

What belongs here is when that happens: with a key, once a process and once a day, unless it is turned off,
on a thread that may be left at any moment. Each kind of document has a line in `_documents`: the fingerprint
of the folder the program runs in, and the map of the repository the program is part of. It never raises into
the program, and says nothing: a folder without a repository is no problem of the recorder's.
"""

from __future__ import annotations

import hashlib
import os
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any, NamedTuple

from tessen._config import Settings
from tessen.paths import make_private

MOST_COMMITS = 2_000
"""Commits that are looked at, newest first: enough to know a style by, and half a second of git."""

ONCE_IN = 86_400.0
"""Seconds in which a folder's document is shipped once, by however many processes."""

_started: set[str] = set()


class _Document(NamedTuple):
    """One kind of document."""

    kind: str
    folder: Path
    """What it is about."""
    make: Callable[[Path], Mapping[str, Any]]


def start(settings: Settings, program: object) -> None:
    """Have everything that is due made and shipped; returns at once.

    Args:
        settings: Whether there is a key, and what is turned off.
        program: The file that starts the recorder, if it is one.
    """
    if settings.api_key is None:
        return
    due = [each for each in _documents(settings, program) if each.kind not in _started]
    if due:
        _started.update(each.kind for each in due)
        thread = threading.Thread(target=_run, args=(settings, due), name="tessen-code", daemon=True)
        with suppress(RuntimeError):  # the interpreter is ending
            thread.start()


def _documents(settings: Settings, program: object) -> Iterator[_Document]:
    """Return what is not turned off, what takes longest last."""
    if not settings.disable_git_learn:
        yield _Document("git_fingerprint", Path.cwd(), _fingerprint)
    if not settings.disable_crawl:
        from tessen.crawl import _program

        root = _program.root_of(Path(program) if isinstance(program, str) else None)
        if root is not None and _program.can_be_mapped():
            yield _Document("manifest", root, _program.shippable_map)


def _run(settings: Settings, due: list[_Document]) -> None:
    from tessen import _ship

    for kind, folder, make in due:
        try:
            stamp = _stamp(kind, folder, settings.ingest_url)
            if not _is_recent(stamp) and _ship.ship_document(kind, make(folder)):
                make_private(stamp.parent)
                os.close(os.open(stamp, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, 0o600))
                os.utime(stamp)
        except Exception:  # no repository, no git, no disk: there is nothing to ship then
            continue


def _stamp(kind: str, folder: Path, url: str) -> Path:
    """The empty file whose age says when a folder's document was shipped last."""
    told = hashlib.sha256(os.fsencode(folder) + b"\0" + url.encode()).hexdigest()[:16]
    return Path("~/.tessen/shipped").expanduser() / f"{kind}-{told}"


def _is_recent(stamp: Path) -> bool:
    try:
        return 0 <= time.time() - stamp.stat().st_mtime < ONCE_IN
    except FileNotFoundError:
        return False


def _fingerprint(folder: Path) -> Mapping[str, Any]:
    from tessen.learning.fingerprint import fingerprint

    return fingerprint(folder, MOST_COMMITS)
