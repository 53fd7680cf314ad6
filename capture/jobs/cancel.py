"""Ending a job, from wherever: it is told first, so that it keeps what it has, and killed if need be."""

from __future__ import annotations

import os
import signal
import socket
import time

from capture.jobs.folder import JobFolder, is_alive
from capture.jobs.job import Job, JobError
from capture.jobs.listing import read_job
from capture.jobs.process import started
from capture.runs.files import write_file

GRACE_S = 20.0
"""Seconds between telling and killing: an agent gets up to fourteen to write down what it has."""
KILL_GRACE_S = 10.0
LOOK_EVERY_S = 0.05


def cancel(folder: JobFolder, grace_s: float = GRACE_S) -> Job:
    """End a job, and wait until it is gone. One that has ended is left as it is.

    Of a job in a session of its own, all processes of its group are told; of one in the foreground, its
    process alone, since the group is the terminal's.

    Args:
        folder: The job's.
        grace_s: Seconds that it gets to end in order.

    Returns:
        The job as it is then.

    Raises:
        JobError: it cannot be read, or its process is not ours to end.
    """
    if read_job(folder).ended and not is_alive(folder):
        return read_job(folder)
    write_file(folder.cancelled, b"")
    until = time.monotonic() + grace_s
    told = False
    while is_alive(folder) and time.monotonic() < until:
        told = told or _signal(read_job(folder), signal.SIGTERM)
        time.sleep(LOOK_EVERY_S)
    until = time.monotonic() + KILL_GRACE_S
    while is_alive(folder):
        if not _signal(read_job(folder), signal.SIGKILL) or time.monotonic() > until:
            raise JobError(f"job {folder.id}: its process does not end")
        time.sleep(LOOK_EVERY_S)
    return read_job(folder)


def _signal(job: Job, number: signal.Signals) -> bool:
    """Send a signal to a job's process; returns whether there is one yet."""
    if job.pid is None:
        return False
    if job.host not in (None, socket.gethostname()):
        raise JobError(f"job {job.id} runs on {job.host}; cancel it there")
    if started(job.pid) != job.process_started:
        return True  # it is ending, and its id may be another's already
    try:
        (os.killpg if job.detached else os.kill)(job.pid, number)
    except ProcessLookupError:
        return True
    except PermissionError:
        raise JobError(f"job {job.id}: process {job.pid} is another user's") from None
    return True
