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
    print_problems,
    safe,
    since_of,
    whole,
)
from tessen.reading import walk
from tessen.reading.envelope import listed
from tessen.reading.found import Found
from tessen.reading.page import page
from tessen.reading.parse import Tally
from tessen.reading.whole import as_json

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
        "--index", type=_index, metavar="N", help="the Nth event that matches, from 0; -1 is the newest"
    )
    parser.add_argument("-n", type=whole, metavar="N", help="the newest N that match; all if left out")
    add_filter(parser)
    parser.add_argument("--no-pager", dest="pager", action="store_false", help="print without a pager")
    add_json(parser)


def _index(text: str) -> int:
    try:
        return max(-sys.maxsize, min(int(text), sys.maxsize - 1))
    except ValueError:
        raise argparse.ArgumentTypeError(f"takes a whole number such as 0 or -1, not {text[:40]!r}") from None


def run(options: argparse.Namespace) -> int:
    """Show the events; return the exit code."""
    tally = Tally()
    chosen = _chosen(options, tally)
    first = next(chosen, None)
    if first is None and options.n != 0:
        print_problems(tally)
        raise CommandError("no event matches; widen --filter or --since, or see `tessen status`")
    chosen = iter(()) if first is None else _chain(first, chosen)
    if options.json:
        most = _MOST_JSON if options.n is None else min(options.n, sys.maxsize)
        values = (as_json(each, indent=2) for each in islice(chosen, most))
        sys.stdout.writelines(listed({}, "events", values, {}))
    elif options.pager and sys.stdout.isatty():
        _paged(_pages(chosen))
    else:
        for line in _pages(chosen):
            print(line)
    print_problems(tally)
    return 0


def _chosen(options: argparse.Namespace, tally: Tally) -> Iterator[Found]:
    """The events that are asked for, the newest first."""
    wanted, since, places = matches(options), since_of(options), found(options)
    if options.event is not None:
        return iter(one_event(walk.by_id(places, options.event, tally), options.event))
    if options.index is not None and options.index >= 0:
        return islice(walk.oldest_first(places, since, wanted, tally), options.index, options.index + 1)
    newest = walk.newest_first(places, since, wanted, tally)
    if options.index is not None:
        return islice(newest, -options.index - 1, -options.index)
    return islice(newest, None if options.n is None else min(options.n, sys.maxsize))


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


def _paged(pages: Iterator[str]) -> None:
    """Show lines in the person's pager; lines are made as it takes them."""
    try:
        command = shlex.split(os.environ.get("PAGER", "").strip() or "less")
    except ValueError as error:
        raise CommandError(f"PAGER: {error}; mend it, or use --no-pager", USAGE) from None
    if shutil.which(command[0]) is None:
        for line in pages:
            print(line)
        return
    environment = {**os.environ, "LESS": os.environ.get("LESS", "FRX")}
    pager = subprocess.Popen(command, stdin=subprocess.PIPE, text=True, env=environment, encoding="utf-8")
    try:
        with contextlib.suppress(BrokenPipeError), pager.stdin as pipe:  # type: ignore[union-attr]
            for line in pages:
                pipe.write(line + "\n")
    finally:
        _wait(pager)


def _wait(pager: subprocess.Popen[str]) -> None:
    """Wait until the pager has ended; Ctrl-C is a key of its own."""
    while pager.poll() is None:
        with contextlib.suppress(KeyboardInterrupt):
            pager.wait()


if __name__ == "__main__":
    from tessen.cli import main

    sys.exit(main(["viewer", *sys.argv[1:]]))
