"""Giving an agent a copy of its files under the original's path, so that the original is out of reach.

A conversation that is continued holds absolute paths. Started in a copy of the files under another path, the
agent would go on writing to the original. In a mount namespace of its own the copy lies over the original's
path, for this agent and its children only. Linux; as root, or where users may make namespaces.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from functools import cache
from pathlib import Path

_AS_ROOT = 'mount --bind "$1" "$2" && shift 2 && cd "$PWD" && exec "$@"'
_AS_USER = (
    'mount --bind "$1" "$2" && shift 2 && cd "$PWD" && '
    f'exec unshare -U --map-user={os.geteuid()} --map-group={os.getegid()} "$@"'
)
"""In a namespace where the user may mount it is root, and then, in one within, itself again."""


@cache
def _unshare() -> tuple[str, ...] | None:
    """Return the command that shows one folder at the path of another; None where none can be made."""
    program = shutil.which("unshare")
    if program is None:
        return None
    root = os.geteuid() == 0
    command = (program, "-m" if root else "-Urm", "sh", "-c", _AS_ROOT if root else _AS_USER, "sh")
    folder = tempfile.gettempdir()  # any that exists
    done = subprocess.run([*command, folder, folder, "true"], capture_output=True, check=False)
    return command if done.returncode == 0 else None


def can_overlay() -> bool:
    """Whether a copy can be shown under the original's path here."""
    return _unshare() is not None


def overlay(copy: Path, original: Path) -> tuple[str, ...]:
    """Return a command line to put before an agent's, for which `copy` then lies at `original`.

    Raises:
        RuntimeError: no namespace can be made here.
    """
    command = _unshare()
    if command is None:
        raise RuntimeError("this machine does not let a process have mounts of its own")
    return (*command, str(copy), str(original))
