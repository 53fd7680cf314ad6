"""One pass over many files, on all cores, in bounded memory.

What belongs here is dividing the work. Each process takes as many bytes as the others, one after the other in
the log, and adds its events up: this one those of the first part, the others hand over their sums at the end.
They are merged in the log's order, so that every run says the same. A small log is read by one process.
"""

from __future__ import annotations

import gc
import math
import os
import pickle
import signal
import threading
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple, NoReturn, Protocol, TypeVar

from tessen.reading import lines, seek
from tessen.reading.facts import facts_of
from tessen.reading.long_lines import is_long, long_events, overlapping
from tessen.reading.parse import Tally, events_of
from tessen.reading.places import Place
from tessen.reading.rows import Kin, Row, Scan, facts_of_row, row_of
from tessen.reading.scan import expect_many
from tessen.reading.stretch import read_bytes
from tessen.reading.tokens import Read

if TYPE_CHECKING:
    from tessen.query_match import Matcher

LONGEST_LINE = 8 << 20
"""Longer lines are not held: they are parsed without some of what stands in them."""

LEARNED_FROM = 2 << 20
"""So many bytes at a long log's beginning are looked at before it is read."""

FIRST_SHARE = 1.04
"""How much of a log the process reads that merges, for what each other one reads."""

WORTH_SHARING = 16 << 20
"""Fewer bytes than that are read sooner than a process starts."""


class Sink(Protocol):
    """What adds events up."""

    tally: Tally

    @property
    def scan(self) -> Scan:
        """Reads what it needs of a line, without parsing it, where that can be done: `scan.py`."""

    @property
    def first(self) -> float:
        """Events that started before this are left out; seconds since the epoch."""

    def take(self, rows: Sequence[tuple[Kin, Row]]) -> None:
        """Take events, as rows."""

    def pack(self) -> None:
        """Be as small as can be, on the way to another process."""

    def merge(self, other: Any) -> None:
        """Take what another of the same kind added up."""


SomeSink = TypeVar("SomeSink", bound=Sink)


class Stretch(NamedTuple):
    """A part of a file: the lines that start in [start, stop)."""

    path: Path
    start: int
    stop: int


def full_pass(
    places: Sequence[Place], sink: SomeSink, matches: Matcher | None = None, workers: int | None = None
) -> SomeSink:
    """Add up every event of these files.

    Args:
        places: The files.
        sink: Adds up; holds the result. Other processes start from copies of it, so it has to be empty.
        matches: Only events that it holds for.
        workers: How many processes; by default as many as this one may use cores, or one for little work, and
            where other threads run: what they hold would be held forever in a copy of this process.

    Returns:
        The sink.
    """
    work = stretches(places, sink.first, sink.tally)
    size = sum(each.stop - each.start for each in work)
    if workers is None:
        workers = _cores() if size >= WORTH_SHARING and _may_fork() else 1
    with _no_collections():
        if size >= WORTH_SHARING:
            _learn(work, sink.scan)
        if workers <= 1:
            read_stretches(work, sink, matches)
        else:
            _read_shares(shares(work, workers), sink, matches)
    return sink


def stretches(places: Sequence[Place], first: float, tally: Tally) -> list[Stretch]:
    """What is to be read of each file: all but what lies before the first event that is wanted."""
    found: list[Stretch] = []
    for place in places:
        for path in place.files:
            if first != -math.inf and not seek.may_hold(path, first):
                continue
            with tally.reading(path), lines.opened(path) as fd:
                start = 0 if first == -math.inf else seek.offset_of(fd, first)
                found.append(Stretch(path, start, os.fstat(fd).st_size))
    return found


def shares(work: list[Stretch], workers: int) -> list[list[Stretch]]:
    """Divide stretches into as many lists of about as many bytes each, in order.

    The first one gets some more: the others, which are read elsewhere, have to be handed over then.
    """
    size = sum(each.stop - each.start for each in work)
    room = min(size, int(size / workers * FIRST_SHARE)) or 1
    most = -(-(size - room) // max(1, workers - 1)) or 1
    found: list[list[Stretch]] = [[]]
    for path, at, stop in work:
        start = at
        while start < stop:
            if not room:
                found.append([])
                room = most
            end = min(stop, start + room)
            found[-1].append(Stretch(path, start, end))
            room -= end - start
            start = end
    return found


def read_stretches(work: Iterable[Stretch], sink: Sink, matches: Matcher | None) -> None:
    """Add up the events of some stretches."""
    for path, start, stop in work:
        with sink.tally.reading(path), lines.opened(path) as fd:
            for some in lines.together(fd, start, stop, LONGEST_LINE):
                if some.chunk is None:
                    read, at = partial(read_bytes, fd), some.offset
                    sink.take(list(_abridged(read, at, at + some.size, sink, matches)))
                else:
                    _add_lines(some.chunk, some.size, sink, matches)


@contextmanager
def _no_collections() -> Iterator[None]:
    """Nothing here makes cycles, and looking for them costs a tenth of the time, or a fifth afterwards."""
    enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if enabled:
            gc.freeze()
            gc.enable()


def _add_lines(data: bytes, size: int, sink: Sink, matches: Matcher | None) -> None:
    scan, first = sink.scan, sink.first
    everything = matches is None and first == -math.inf
    taken: list[tuple[Kin, Row]] = []
    start = read = 0
    while start <= size:
        end = data.find(b"\n", start, size)
        if end < 0:
            end = size
        found = scan(data, start, end)
        if found is None:
            taken += _parsed(data, start, end, sink, matches)
        else:
            read += 1
            if everything or (
                float(found[1][2]) >= first
                and (matches is None or _matches(matches, *found, _pieces(data, start, end)))
            ):
                taken.append(found)
        start = end + 1
    sink.tally.events += read
    sink.take(taken)


def _matches(matches: Matcher, kin: Kin, row: Row, line: Iterable[bytes]) -> bool:
    facts = facts_of_row(kin, row)
    return facts is not None and matches(facts, line)


def _pieces(data: bytes, start: int, end: int) -> Iterable[bytes]:
    """A line to look for something in; in pieces, so that copies of it stay small."""
    return overlapping(lambda start, stop: data[start:stop], start, end)


def _parsed(
    data: bytes, start: int, end: int, sink: Sink, matches: Matcher | None
) -> Iterator[tuple[Kin, Row]]:
    """The events of a line that was not read by its ends."""
    line = data[start:end]
    if is_long(line):
        yield from _abridged(lambda start, stop: line[start:stop], 0, end - start, sink, matches)
        return
    for event in events_of(line, sink.tally):
        facts = facts_of(event, end - start)
        if facts.ts >= sink.first and (matches is None or matches(facts, line)):
            yield row_of(facts)


def _abridged(
    read: Read, start: int, stop: int, sink: Sink, matches: Matcher | None
) -> Iterator[tuple[Kin, Row]]:
    """The events of a line that is too long to be parsed as it is."""
    for event, at, end in long_events(read, start, stop, sink.tally):
        facts = facts_of(event, end - at)
        if facts.ts >= sink.first and (matches is None or matches(facts, overlapping(read, at, end))):
            yield row_of(facts)


def _learn(work: list[Stretch], scan: Scan) -> None:
    """Look at a log's first lines, so that no process has to learn, by parsing many, what they are like."""
    expect_many()
    path, start, stop = work[0]
    with suppress(OSError), lines.opened(path) as fd:
        for some in lines.forward(fd, start, min(stop, start + LEARNED_FROM), LONGEST_LINE):
            for line in filter(None, some):
                scan(line, 0, len(line))


def _read_shares(work: list[list[Stretch]], sink: Sink, matches: Matcher | None) -> None:
    """Add up the events of the first share here, and those of each other share in a process of its own.

    Raises:
        ChildProcessError: One of them was killed.
    """
    mine, *others = work
    children: dict[int, int] = {}
    try:
        for share in others:
            results, give = os.pipe()
            child = os.fork()
            if child == 0:
                _work(share, sink, matches, give)
            os.close(give)
            children[child] = results
        read_stretches(mine, sink, matches)
        for results in children.values():
            sink.merge(_received(results))
    finally:
        for child, results in children.items():
            os.close(results)
            _end(child)


def _work(share: list[Stretch], sink: Sink, matches: Matcher | None, give: int) -> NoReturn:
    """What another process does: read its share, then hand over the sums."""
    try:
        signal.signal(signal.SIGINT, signal.SIG_DFL)
        sink.tally = Tally()
        read_stretches(share, sink, matches)
        sink.pack()
        with os.fdopen(give, "wb") as out:
            pickle.dump(sink, out, pickle.HIGHEST_PROTOCOL)
        os._exit(0)
    finally:
        os._exit(1)


def _received(results: int) -> Any:
    with os.fdopen(os.dup(results), "rb") as source:
        try:
            return pickle.load(source)
        except (EOFError, pickle.UnpicklingError):
            raise ChildProcessError(
                "a process that read the log was killed; is there enough memory?"
            ) from None


def _end(child: int) -> None:
    """Let a process end: at once where its result is not wanted any more."""
    try:
        os.kill(child, signal.SIGTERM)
        os.waitpid(child, 0)
    except (ProcessLookupError, ChildProcessError):
        return


def _may_fork() -> bool:
    return hasattr(os, "fork") and threading.active_count() == 1


def _cores() -> int:
    try:
        return min(8, len(os.sched_getaffinity(0)))
    except AttributeError:
        return min(8, os.cpu_count() or 1)
