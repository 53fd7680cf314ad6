"""What makes an author's hash worthless to anybody else: a random salt that never leaves this machine.

What belongs here is `~/.tessen/salt`, 32 random bytes for its owner alone. Each repository has a salt derived
from it, so that one author's hashes in two repositories cannot be told to be of one.
"""

from __future__ import annotations

import hashlib
import hmac
import os
import tempfile
from contextlib import suppress
from pathlib import Path

_BYTES = 32


def of_repository(folder: Path) -> bytes:
    """Return a repository's salt: the same every time, as long as the file is there.

    Args:
        folder: Its git folder.
    """
    return hmac.digest(_of_machine(), os.fsencode(folder.resolve()), "sha256")


def author_id(email: bytes, salt: bytes) -> str:
    """Return what an author is called: `author_` and 32 hexadecimal digits of a salted SHA-256."""
    return "author_" + hashlib.sha256(salt + email.strip().lower()).hexdigest()[:32]


def _of_machine() -> bytes:
    """The salt in the file; where none can be kept, one for this time only."""
    path = Path("~/.tessen/salt").expanduser()
    with suppress(OSError):
        if (found := _read(path)) is None:
            _make(path)
            found = _read(path)
        if found is not None:
            return found
    return os.urandom(_BYTES)


def _read(path: Path) -> bytes | None:
    try:
        body = path.read_bytes()
    except FileNotFoundError:
        return None
    return body if len(body) == _BYTES else None


def _make(path: Path) -> None:
    """Write a new salt, whole, in the place of none or of a torn one; another process may be first."""
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    fd, temporary = tempfile.mkstemp(dir=path.parent, prefix=".salt-")
    try:
        with os.fdopen(fd, "wb") as file:
            file.write(os.urandom(_BYTES))
        if path.exists():
            Path(temporary).replace(path)
        else:
            with suppress(FileExistsError):
                os.link(temporary, path)
    finally:
        Path(temporary).unlink(missing_ok=True)
