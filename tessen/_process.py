"""Whether a process seen earlier is still running, although its number may have been given away since.

What belongs here is what the system says of processes: when one started, on which boot of which machine, in
which container. Where it says nothing (no `/proc`), a number that is in use counts as the same process.
"""

from __future__ import annotations

import os
from functools import cache
from typing import NamedTuple


class Machine(NamedTuple):
    """Where process numbers mean the same processes. Each is "" where it is not known."""

    host: str
    boot_id: str
    """Different after every start of the machine."""
    pid_namespace: str
    """Different in every container that numbers its processes by itself."""


@cache
def machine() -> Machine:
    """Return the machine that this process runs on."""
    return Machine(os.uname().nodename, _read("/proc/sys/kernel/random/boot_id").strip(), _namespace())


def started(pid: int) -> int:
    """Return when a process started, in the system's ticks since boot; 0 if that is not known."""
    state = _state(pid)
    return state[1] if state else 0


def has_ended(pid: int, start: int, there: Machine) -> bool | None:
    """Whether a process is gone.

    Args:
        pid: Its number.
        start: What `started` said of it when it was running.
        there: The machine it was running on.

    Returns:
        None if this cannot be told from here: it ran on another machine, or in another container.
    """
    here = machine()
    if there.host != here.host:
        return None
    if there.boot_id and here.boot_id and there.boot_id != here.boot_id:
        return True
    if there.pid_namespace != here.pid_namespace:
        return None
    if not os.path.isdir("/proc/self"):  # noqa: PTH112 - pathlib is slow to import and not needed here
        return not _is_in_use(pid)
    state = _state(pid)
    return state is None or state[0] in "ZX" or (start != 0 and state[1] != start)


def _state(pid: int) -> tuple[str, int] | None:
    """The letter of its state and its start; None if there is no such process."""
    fields = _read(f"/proc/{pid}/stat").rpartition(")")[2].split()  # the name in brackets may hold anything
    return (fields[0], int(fields[19])) if len(fields) > 19 else None


def _is_in_use(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except OSError:
        return True  # somebody else's
    return True


def _namespace() -> str:
    try:
        return os.readlink("/proc/self/ns/pid")  # noqa: PTH115 - as above
    except OSError:
        return ""


def _read(path: str) -> str:
    try:
        with open(path, encoding="utf-8", errors="replace") as file:  # noqa: PTH123 - as above
            return file.read(4096)
    except OSError:
        return ""
