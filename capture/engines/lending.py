"""Lending an engine the user's own login, and nothing else of theirs: one file, taken back when renewed."""

from __future__ import annotations

import contextlib
import shutil
from pathlib import Path


def lend(own: Path, lent: Path) -> None:
    """Let an engine find a file of the user's at another place. Nothing happens where there is none."""
    if own.exists() and not lent.exists():
        lent.symlink_to(own.resolve())


def take_back(own: Path, lent: Path) -> None:
    """Keep what an engine put in place of what it was lent: once a login is renewed, the old one is void."""
    if lent.is_symlink() or not lent.exists() or not own.exists():
        return
    renewed = own.with_name(f".{own.name}.renewed")
    with contextlib.suppress(OSError):
        shutil.copyfile(lent, renewed)
        renewed.chmod(0o600)
        renewed.replace(own.resolve())
