"""What is learned about the program's own code when recording starts, and shipped in the background.

What belongs here is when that happens: with a key, once a process and once a day, unless it is turned off,
for the folder the program runs in, on a thread that may be left at any moment. Each kind of document has a
line in `_documents`. It never raises into the program, and says nothing: a folder without a repository is
no problem of the recorder's.
"""

from __future__ import annotations

import hashlib
import os
import threading
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

from tessen._config import Settings

MOST_COMMITS = 2_000
"""Commits that are looked at, newest first: enough to know a style by, and half a second of git."""

ONCE_IN = 86_400.0
"""Seconds in which a folder's document is shipped once, by however many processes."""

_started: set[str] = set()


def start(settings: Settings) -> None:
    """Have everything that is due made and shipped; returns at once.

    Args:
        settings: Whether there is a key, and what is turned off.
    """
    if settings.api_key is None:
        return
    due = [kind for kind, off, _ in _documents(settings) if not off and kind not in _started]
    if due:
        _started.update(due)
        thread = threading.Thread(
            target=_run, args=(settings, due, Path.cwd()), name="tessen-code", daemon=True
        )
        with suppress(RuntimeError):  # the interpreter is ending
            thread.start()


def _documents(settings: Settings) -> tuple[tuple[str, bool, Callable[[Path], Mapping[str, Any]]], ...]:
    """Each kind of document, whether it is turned off, and what makes it of a folder."""
    return (("git_fingerprint", settings.disable_git_learn, _fingerprint),)


def _run(settings: Settings, due: list[str], folder: Path) -> None:
    from tessen import _ship

    for kind, _, make in _documents(settings):
        if kind not in due:
            continue
        try:
            stamp = _stamp(kind, folder, settings.ingest_url)
            if not _is_recent(stamp) and _ship.ship_document(kind, make(folder)):
                stamp.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
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
