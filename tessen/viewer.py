"""`tessen viewer`: events in full, paged.

What belongs here is which events, and the pager; how one reads is `tessen.reading.page`.
"""

from __future__ import annotations

import argparse
import contextlib
import os
import shlex
import shutil
import subprocess
import sys
from collections.abc import Iterable, Iterator
from itertools import islice

from tessen._command import (
    USAGE,
    CommandError,
    Paint,
    add_filter,
    add_json,
    add_target,
    found,
    matches,
    safe,
    since_of,
)
from tessen.reading import walk
from tessen.reading.envelope import dumps, envelope
from tessen.reading.page import page
from tessen.reading.parse import Tally
from tessen.reading.walk import Found

SUMMARY = "show events in full: why one was flagged, request, answer, usage, cost, error"
EXAMPLE = """\
example:
  $ tessen viewer my_agent
  $ tessen viewer my_agent --event 51872a06
  $ tessen viewer my_agent --index -1 --json
  $ tessen viewer my_agent --filter 'signal:truncated_response' -n 3
"""

_MOST_JSON = 100


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the command's arguments."""
    add_target(parser, needed=False)
    parser.add_argument("--event", metavar="ID", help="the event of this id, or of the beginning of one")
    parser.add_argument(
        "--index", type=int, metavar="N", help="the Nth event that matches, from 0; -1 is the newest"
    )
    parser.add_argument("-n", type=int, metavar="N", help="the newest N that match; all if left out")
    add_filter(parser)
    parser.add_argument("--no-pager", dest="pager", action="store_false", help="print without a pager")
    add_json(parser)


def run(options: argparse.Namespace) -> int:
    """Show the events; return the exit code."""
    tally = Tally()
    chosen = _chosen(options, tally)
    first = next(chosen, None)
    if first is None:
        raise CommandError("no event matches; widen --filter or --since, or see `tessen status`")
    if options.json:
        most = options.n if options.n is not None else _MOST_JSON
        events = [each.event for each in islice(_chain(first, chosen), most)]
        print(dumps(envelope({"events": events})))
        return 0
    pages = _pages(_chain(first, chosen))
    if options.pager and sys.stdout.isatty():
        return _paged(pages)
    for line in pages:
        print(line)
    return 0


def _chosen(options: argparse.Namespace, tally: Tally) -> Iterator[Found]:
    """The events that are asked for, the newest first."""
    wanted, since, places = matches(options), since_of(options), found(options)
    if options.event:
        return iter(one_event(walk.by_id(places, options.event, tally), options.event))
    if options.index is not None and options.index >= 0:
        return islice(walk.oldest_first(places, since, wanted, tally), options.index, options.index + 1)
    newest = walk.newest_first(places, since, wanted, tally)
    if options.index is not None:
        return islice(newest, -options.index - 1, -options.index)
    return islice(newest, options.n)


def one_event(events: list[Found], wanted: str) -> list[Found]:
    """The one event that an id's beginning names.

    Raises:
        CommandError: there are several, or none.
    """
    if not events:
        raise CommandError(
            safe(f"no event {wanted[:40]!r}; `tessen tail -n 20 --no-follow` lists the newest")
        )
    if len(events) > 1:
        ids = " and ".join(safe(each.facts.event_id, 40) for each in events)
        raise CommandError(f"several events begin so, {ids} among them; give more of the id", USAGE)
    return events


def _chain(first: Found, rest: Iterable[Found]) -> Iterator[Found]:
    yield first
    yield from rest


def _pages(chosen: Iterable[Found]) -> Iterator[str]:
    paint = Paint()
    for number, each in enumerate(chosen):
        if number:
            yield ""
            yield paint("─" * 72, "faint")
            yield ""
        yield from page(each, paint)


def _paged(pages: Iterator[str]) -> int:
    """Show lines in the person's pager; lines are made as it takes them."""
    command = shlex.split(os.environ.get("PAGER", "").strip() or "less")
    if shutil.which(command[0]) is None:
        for line in pages:
            print(line)
        return 0
    environment = {**os.environ, "LESS": os.environ.get("LESS", "FRX")}
    pager = subprocess.Popen(command, stdin=subprocess.PIPE, text=True, env=environment, encoding="utf-8")
    try:
        with contextlib.suppress(BrokenPipeError), pager.stdin as pipe:  # type: ignore[union-attr]
            for line in pages:
                pipe.write(line + "\n")
    finally:
        _wait(pager)
    return 0


def _wait(pager: subprocess.Popen[str]) -> None:
    """Wait until the pager has ended; Ctrl-C is a key of its own."""
    while pager.poll() is None:
        with contextlib.suppress(KeyboardInterrupt):
            pager.wait()


if __name__ == "__main__":
    from tessen.cli import main

    sys.exit(main(["viewer", *sys.argv[1:]]))
