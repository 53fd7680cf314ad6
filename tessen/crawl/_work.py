"""Reading many files, on the cores there are.

What belongs here is where the work is done: in this process alone, or in children that are forked from it as
well. Children are for programs of our own, such as the command; in somebody else's process a fork is theirs
to decide on.
"""

from __future__ import annotations

import functools
import gc
import json
import multiprocessing
import os
import signal
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from multiprocessing.connection import Connection
from typing import Any

from tessen.crawl._reading import Done, Task, examine
from tessen.crawl._repository import Examine
from tessen.crawl._summary import from_json

_WORTH_A_CHILD = 200
"""Files; below that a child takes longer to start than it saves."""

_AT_ONCE = 32
_KEPT = 4 * 1024 * 1024

_MOST_CHUNKS = 1_000
"""So that all tickets fit in a pipe at once."""


def examiner(root: str, jobs: int) -> Examine:
    """Return a function that reads files of a repository.

    Args:
        root: The repository.
        jobs: How many processes may do it, this one included.
    """
    if jobs < 2 or "fork" not in multiprocessing.get_all_start_methods():
        return functools.partial(_alone, root)
    return functools.partial(_together, root, jobs)


@contextmanager
def without_collection() -> Iterator[None]:
    """Keep Python from searching for circles meanwhile: syntax trees have none, and are large.

    Only for processes of our own: how memory is given back changes for all of the process, and for good.
    """
    _keep_freed_memory()
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.enable()


def _keep_freed_memory() -> None:
    """Let the allocator keep what a parsed file leaves free for the next one.

    The GNU allocator hands memory back to the system when more than 128 KiB are free at its end, which is
    after each file: a tenth of the time goes into pages that come and go. Once so large a piece has come and
    gone, it keeps twice as much.
    """
    bytearray(_KEPT)


def cores() -> int:
    """Return how many cores this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def _alone(root: str, tasks: list[Task]) -> Iterable[Done]:
    return map(functools.partial(examine, root), tasks)


def _together(root: str, jobs: int, tasks: list[Task]) -> Iterable[Done]:
    """Read files in this process and in children; what a child does not bring back is read here."""
    if len(tasks) < _WORTH_A_CHILD:
        return _alone(root, tasks)
    size = max(_AT_ONCE, -(-len(tasks) // _MOST_CHUNKS))
    chunks = [tasks[start : start + size] for start in range(0, len(tasks), size)]
    context = multiprocessing.get_context("fork")
    tickets = _tickets(len(chunks))
    children: list[tuple[Any, Connection]] = []
    try:
        with suppress(OSError):  # no more processes: those that there are do the work
            for _ in range(min(jobs, len(chunks)) - 1):
                ours, theirs = context.Pipe(duplex=False)
                child = context.Process(target=_child, args=(root, chunks, tickets, theirs), daemon=True)
                child.start()
                theirs.close()
                children.append((child, ours))
        done = [each for chunk in _taken(chunks, tickets) for each in _alone(root, chunk)]
        for _, ours in children:
            done += _received(ours)
    finally:
        os.close(tickets)
        for child, ours in children:
            ours.close()
            child.terminate()
            child.join()
    brought = {each.path for each in done}
    return [*done, *_alone(root, [task for task in tasks if task.path not in brought])]


def _tickets(number: int) -> int:
    """Return a pipe's end from which each ticket is read by one process: no lock for a killed one to keep."""
    reader, writer = os.pipe()
    os.write(writer, b"".join(ticket.to_bytes(2, "big") for ticket in range(number)))
    os.close(writer)
    return reader


def _taken(chunks: list[list[Task]], tickets: int) -> Iterator[list[Task]]:
    """Yield those chunks that no other process takes, each when it is asked for."""
    while ticket := os.read(tickets, 2):
        yield chunks[int.from_bytes(ticket, "big")]


def _child(root: str, chunks: list[list[Task]], tickets: int, parent: Connection) -> None:
    """Read files until there are none; Ctrl-C is the parent's, and for the collector see above."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    gc.disable()
    found = [json.dumps(list(_alone(root, chunk))).encode("ascii") for chunk in _taken(chunks, tickets)]
    for each in found:  # at the end: the parent reads files too, and would let a child wait
        parent.send_bytes(each)
    parent.close()


def _received(child: Connection) -> Iterator[Done]:
    """Yield what a child has read, as JSON: made and read by C, it takes half the time of pickling."""
    with suppress(EOFError, OSError):
        while True:
            for path, digest, record in json.loads(child.recv_bytes()):
                yield Done(path, digest, from_json(record) if record else None)
