"""What a folder lies on, as far as it decides whether its changes are told.

What belongs here knows nothing of what is watched, or why.
"""

from __future__ import annotations

import os
from pathlib import Path

_REMOTE = frozenset({"nfs", "nfs4", "cifs", "smb3", "smbfs", "9p", "afs", "ceph", "vboxsf", "virtiofs"})
"""File systems whose other users' writes give no events here (FUSE is added by its prefix)."""


def is_remote(folder: Path) -> bool:
    """Whether a folder lies on a file system that tells nothing of what other machines write."""
    try:
        mounts = Path("/proc/self/mounts").read_text("utf-8", "replace").splitlines()
        real = os.path.realpath(folder)
    except OSError:
        return False
    best, kind = "", ""
    for line in mounts:
        _, point, this, *_ = line.split(" ")
        inside = real == point or real.startswith(point.rstrip("/") + "/")
        if inside and len(point) >= len(best):
            best, kind = point, this
    return kind in _REMOTE or kind.startswith("fuse.")
