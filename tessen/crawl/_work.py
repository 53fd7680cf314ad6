"""Reading many files, on the cores there are.

What belongs here is where the work is done: in this process, or in children that are forked from it. Children
are for programs of our own, such as the command; in somebody else's process a fork is theirs to decide on.
"""

from __future__ import annotations

import functools
import gc
import multiprocessing
import os
import signal
from collections.abc import Iterable, Iterator
from contextlib import contextmanager

from tessen.crawl._reading import Done, Task, examine
from tessen.crawl._repository import Examine

_WORTH_A_CHILD = 400
"""Files; below that a child takes longer to start than it saves."""

_AT_ONCE = 32


@contextmanager
def examiner(root: str, files: int, jobs: int) -> Iterator[Examine]:
    """Give a function that reads files.

    Args:
        root: The repository.
        files: How many there are to read.
        jobs: How many processes may do it.
    """
    if jobs < 2 or files < _WORTH_A_CHILD or "fork" not in multiprocessing.get_all_start_methods():
        yield lambda tasks: map(functools.partial(examine, root), tasks)
        return
    with multiprocessing.get_context("fork").Pool(jobs, _prepare) as pool:

        def spread(tasks: list[Task]) -> Iterable[Done]:
            return pool.imap_unordered(functools.partial(examine, root), tasks, _AT_ONCE)

        yield spread


@contextmanager
def without_collection() -> Iterator[None]:
    """Keep Python from searching for circles meanwhile: syntax trees have none, and are large."""
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.enable()


def cores() -> int:
    """Return how many cores this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def _prepare() -> None:
    """In a child: leave Ctrl-C to the parent; for the collector see `without_collection`."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    gc.disable()
