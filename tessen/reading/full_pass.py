"""One pass over many files, on all cores, in bounded memory.

What belongs here is dividing the work. Files are cut into stretches; each process takes the next one that
nobody has, adds its events up, and hands over the sums at the end. A small log is read by this process alone.
"""

from __future__ import annotations

import gc
import math
import os
import pickle
import re
import signal
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple, NoReturn, Protocol, TypeVar

from tessen.reading import lines, seek
from tessen.reading.facts import Facts, facts_of
from tessen.reading.parse import Tally, events_of
from tessen.reading.places import Place
from tessen.reading.rows import Kin, Row, row_of
from tessen.reading.scan import facts_of_row

if TYPE_CHECKING:
    from tessen.query_match import Matcher

LONGEST_LINE = 16 << 20
"""Longer lines are counted as unreadable, so that memory stays bounded."""

LONGEST_PARSED = 2 << 20
"""Of longer lines, strings of `LONGEST_TEXT` bytes and more are not looked into, which bounds memory, too."""

LONGEST_TEXT = 1 << 16

WORTH_SHARING = 16 << 20
"""Fewer bytes than that are read sooner than a process starts."""

_STRING = re.compile(rb'"[^"\\]*(?:\\.[^"\\]*)*"', re.DOTALL)
_STRETCH = 8 << 20
_NUMBER = 4
"""Bytes of a stretch's number in the pipe that hands them out."""
_MOST_STRETCHES = 8_192
"""So many numbers fit into a pipe at once, with room to spare."""


class Sink(Protocol):
    """What adds events up."""

    tally: Tally

    @property
    def scan(self) -> Callable[[bytes, int, int], tuple[Kin, Row] | None]:
        """Reads what it needs of a line, without parsing it, where that can be done: `scan.py`."""

    @property
    def first(self) -> float:
        """Events that started before this are left out; seconds since the epoch."""

    def take(self, kin: Kin, row: Row) -> None:
        """Take one event, as a row."""

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
        workers: How many processes; by default as many as this one may use cores, or one for little work.

    Returns:
        The sink.
    """
    work = stretches(places, sink.first, sink.tally)
    size = sum(each.stop - each.start for each in work)
    if workers is None:
        workers = 1 if size < WORTH_SHARING or not hasattr(os, "fork") else _cores()
    if workers <= 1:
        read_stretches(work, sink, matches)
        return sink
    for part in _shared(work, sink, matches, workers):
        sink.merge(part)
    return sink


def stretches(places: Sequence[Place], first: float, tally: Tally) -> list[Stretch]:
    """Cut files into parts of some megabytes, without what lies before the first event that is wanted."""
    found: list[Stretch] = []
    for place in places:
        for path in place.files:
            if first != -math.inf and not seek.may_hold(path, first):
                continue
            try:
                with lines.opened(path) as fd:
                    start = 0 if first == -math.inf else seek.offset_of(fd, first)
                    found.append(Stretch(path, start, os.fstat(fd).st_size))
            except OSError as error:
                tally.unreadable_files.append(f"{path}: {error.strerror or error}")
    size = max(_STRETCH, sum(each.stop - each.start for each in found) // (_MOST_STRETCHES - len(found) or 1))
    return [piece for each in found for piece in _pieces(each, size)]


def _pieces(whole: Stretch, size: int) -> Iterator[Stretch]:
    for start in range(whole.start, whole.stop, size):
        yield Stretch(whole.path, start, min(start + size, whole.stop))


def read_stretches(work: Iterable[Stretch], sink: Sink, matches: Matcher | None) -> None:
    """Add up the events of some stretches."""
    for path, start, stop in work:
        try:
            with lines.opened(path) as fd:
                for data, size in lines.together(fd, start, stop, LONGEST_LINE):
                    if data is None:
                        sink.tally.corrupt_lines += 1
                    else:
                        _add_lines(data, size, sink, matches)
        except OSError as error:
            sink.tally.unreadable_files.append(f"{path}: {error.strerror or error}")


def _add_lines(data: bytes, size: int, sink: Sink, matches: Matcher | None) -> None:
    scan, take, tally, first = sink.scan, sink.take, sink.tally, sink.first
    everything = matches is None and first == -math.inf
    start = read = 0
    while start <= size:
        end = data.find(b"\n", start, size)
        if end < 0:
            end = size
        found = scan(data, start, end)
        if found is None:
            line = data[start:end]
            for facts in _parsed(line, tally):
                if facts.ts >= first and (matches is None or matches(facts, line)):
                    take(*row_of(facts))
        else:
            read += 1
            kin, row = found
            if everything or (
                float(row[2]) >= first and (matches is None or _matches(matches, kin, row, data[start:end]))
            ):
                take(kin, row)
        start = end + 1
    tally.events += read


def _matches(matches: Matcher, kin: Kin, row: Row, line: bytes) -> bool:
    facts = facts_of_row(kin, row)
    return facts is not None and matches(facts, line)


def _parsed(line: bytes, tally: Tally) -> list[Facts]:
    size = len(line)
    if size > LONGEST_PARSED:
        line = _STRING.sub(lambda text: text[0] if len(text[0]) < LONGEST_TEXT else b'"(long)"', line)
    return [facts_of(event, size) for event in events_of(line, tally)]


def _shared(work: list[Stretch], sink: SomeSink, matches: Matcher | None, workers: int) -> Iterator[SomeSink]:
    """Start processes that share the work, and yield what each has added up.

    Raises:
        ChildProcessError: One of them was killed.
    """
    numbers, hand_out = os.pipe()
    os.write(hand_out, b"".join(number.to_bytes(_NUMBER, "little") for number in range(len(work))))
    os.close(hand_out)
    children: dict[int, int] = {}
    try:
        for _ in range(workers):
            results, give = os.pipe()
            child = os.fork()
            if child == 0:
                _work(work, numbers, sink, matches, give)
            os.close(give)
            children[child] = results
        for results in children.values():
            yield _received(results)
    finally:
        os.close(numbers)
        for child, results in children.items():
            os.close(results)
            _end(child)


def _work(work: list[Stretch], numbers: int, sink: Sink, matches: Matcher | None, give: int) -> NoReturn:
    """What another process does: take stretches until there are none, then hand over the sums."""
    try:
        signal.signal(signal.SIGINT, signal.SIG_DFL)
        gc.disable()  # nothing here makes cycles, and looking for them costs a tenth of the time
        sink.tally = Tally()
        while number := os.read(numbers, _NUMBER):
            read_stretches([work[int.from_bytes(number, "little")]], sink, matches)
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


def _cores() -> int:
    try:
        return min(8, len(os.sched_getaffinity(0)))
    except AttributeError:
        return min(8, os.cpu_count() or 1)
