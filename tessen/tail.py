"""`tessen tail`: the newest events, and those that come, one line each.

What belongs here is the line and the following. The end of the log is read, and what is added to it.
"""

from __future__ import annotations

import argparse
import os
import sys
import time
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from tessen._command import (
    CommandError,
    Paint,
    add_filter,
    add_json,
    add_target,
    found,
    log_dir,
    matches,
    print_problems,
    short,
    since_of,
    whole,
)
from tessen.format import UNKNOWN, clock, count, duration, money
from tessen.reading import lines, walk
from tessen.reading.facts import Facts
from tessen.reading.found import Found, in_line
from tessen.reading.long_lines import LONGEST_HELD
from tessen.reading.newest import newest
from tessen.reading.parse import Tally
from tessen.reading.places import NotFoundError, Place, places
from tessen.reading.whole import as_json

if TYPE_CHECKING:
    from tessen.query_match import Matcher

SUMMARY = "print the newest events, and follow the log"
EXAMPLE = """\
example:
  $ tessen tail my_agent
  $ tessen tail my_agent -n 50 --no-follow --filter 'status:error -signal:rate_limited'
  $ tessen tail --since 15m --json --no-follow | jq .event_id
"""

POLL_S = 0.2
_LOOK_FOR_FILES_S = 1.0
_DEFAULT = 10


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the command's arguments."""
    add_target(parser, needed=False)
    parser.add_argument(
        "-n", type=whole, metavar="N", help=f"how many of the newest ({_DEFAULT}, or all with --since)"
    )
    add_filter(parser)
    parser.add_argument(
        "-f", "--follow", action="store_true", default=True, help="go on until Ctrl-C (the default)"
    )
    parser.add_argument("--no-follow", dest="follow", action="store_false", help="stop at the log's end")
    parser.add_argument("--all", action="store_true", help=argparse.SUPPRESS)
    add_json(parser, "print the events themselves, one line of JSON each")


def run(options: argparse.Namespace) -> int:
    """Print events; return the exit code."""
    since, wanted = since_of(options), matches(options)
    try:
        start = found(options)
    except CommandError as error:
        if options.target or not options.follow:
            raise
        print(f"{error}; waiting for the first event, Ctrl-C ends", file=sys.stderr)
        start = []
    following = Following.of(start if options.follow else [])
    show = _Show(options.json, several=len(start) != 1)
    number = options.n if options.n is not None else None if since is not None else _DEFAULT
    for each in _backlog(start, since, wanted, number):
        show(each)
    if options.follow:
        follow(options, following, wanted, show)
    if not show.shown and number != 0:
        print("no event matches; widen --filter or --since, or see `tessen status`", file=sys.stderr)
    return 0


def _backlog(
    start: list[Place], since: float | None, wanted: Matcher | None, number: int | None
) -> Iterator[Found]:
    """What is there already: the last so many, or all since a moment, oldest first."""
    tally = Tally()
    if number is None:
        yield from walk.oldest_first(start, since, wanted, tally)
    else:
        yield from newest(start, since, wanted, number, tally)
    print_problems(tally)


def follow(options: argparse.Namespace, following: Following, wanted: Matcher | None, show: _Show) -> None:
    """Print what is added, until interrupted."""
    looked = time.monotonic()
    tally = Tally()
    while True:
        if time.monotonic() - looked >= _LOOK_FOR_FILES_S:
            looked = time.monotonic()
            with suppress(NotFoundError):
                following.look(places(options.target, log_dir(options)))
        for each in following.news(tally):
            if wanted is None or wanted(each.facts, each.text):
                show(each)
        time.sleep(POLL_S)


@dataclass
class Following:
    """How far each file has been read."""

    read: dict[Path, int] = field(default_factory=dict)
    """Path → where the next line starts."""

    @classmethod
    def of(cls, start: list[Place]) -> Following:
        """Begin at the ends of the files."""
        following = cls()
        for place in start:
            for path in place.files:
                following.read[path] = _end_of_lines(path)
        return following

    def look(self, found_now: list[Place]) -> None:
        """Take files in that have come since; they are read from their beginning."""
        for place in found_now:
            for path in place.files:
                self.read.setdefault(path, 0)

    def news(self, tally: Tally) -> Iterator[Found]:
        """The events that were added; a line without its newline yet waits."""
        for path, start in self.read.items():
            with suppress(OSError):
                size = path.stat().st_size
                if size != start:  # a smaller one was cut off, or is another file under its name
                    yield from self._added(path, start if size > start else 0, tally)

    def _added(self, path: Path, start: int, tally: Tally) -> Iterator[Found]:
        end = _end_of_lines(path)
        self.read[path] = end
        if end <= start:
            return
        with lines.opened(path) as fd:
            for line in lines.placed(fd, start, end, LONGEST_HELD):
                yield from in_line(fd, path, line, tally)


def _end_of_lines(path: Path) -> int:
    """Where the line after the last newline starts."""
    try:
        with lines.opened(path) as fd:
            size = os.fstat(fd).st_size
            return lines.line_start(fd, 0, size)
    except OSError:
        return 0


class _Show:
    """Prints events: as lines for people, or as JSON."""

    def __init__(self, as_json: bool, *, several: bool) -> None:
        self._json = as_json
        self._several = several
        self.shown = 0
        self._paint = Paint()

    def __call__(self, found_one: Found) -> None:
        self.shown += 1
        for piece in as_json(found_one) if self._json else (self._line(found_one.facts),):
            sys.stdout.write(piece)
        print(flush=True)

    def _line(self, facts: Facts) -> str:
        paint = self._paint
        mark, style = ("✖", "bad") if facts.error else ("▲", "warn") if facts.signals else ("·", "faint")
        what = [f"{paint(clock(facts.ts), 'faint')} {paint(mark, style)}"]
        if self._several:
            what.append(_name(facts.agent, 28))
        what.append(paint(_name(facts.event_id[:8], 12), "faint"))
        what.append(f"{_name(facts.surface, 28)} {paint(_name(facts.model, 48), 'accent')}")
        what.append(f"{duration(facts.duration_ms)} {_amounts(facts)}")
        if facts.error:
            what.append(paint(_name(facts.error_name, 48), "bad"))
        if facts.signals:
            what.append(paint(_name(" ".join(facts.signals), 80), "warn"))
        if facts.outcome != "complete":
            what.append(paint(_name(facts.outcome, 20), "warn"))
        return "  ".join(what)


def _name(name: str | None, most: int) -> str:
    """A name, or the sign for one that is not known."""
    return short(name or UNKNOWN, most)


def _amounts(facts: Facts) -> str:
    if facts.usage is None:
        return "–"
    return f"{count(facts.usage.input_tokens)}→{count(facts.usage.output_tokens)} {money(facts.cost_usd)}"


if __name__ == "__main__":
    from tessen.cli import main

    sys.exit(main(["tail", *sys.argv[1:]]))
