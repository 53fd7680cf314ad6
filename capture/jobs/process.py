"""Telling a process from a later one with the same id: by when it started."""

from __future__ import annotations

import subprocess
from pathlib import Path


def started(pid: int) -> str | None:
    """Return what is true of a process for as long as it lives, and of no other with its id.

    None where there is no such process.
    """
    if Path("/proc/self/stat").exists():
        return _by_ticks(pid)
    done = subprocess.run(
        ["ps", "-o", "lstart=", "-p", str(pid)], capture_output=True, text=True, check=False
    )
    return " ".join(done.stdout.split()) or None


def _by_ticks(pid: int) -> str | None:
    """On Linux: the boot, and the clock ticks from there to the process's start."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_bytes().rpartition(b")")[2].split()
        boot = Path("/proc/sys/kernel/random/boot_id").read_text().strip()
    except OSError:
        return None
    return None if fields[0] in (b"Z", b"X") else f"{boot}:{int(fields[19])}"
