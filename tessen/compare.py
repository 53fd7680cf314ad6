"""`tessen compare`: what differs between two events, or between two sessions call by call.

What belongs here is finding the two and printing the differences; `tessen.reading.differences` finds those.
"""

from __future__ import annotations

import argparse
import math
import sys
from itertools import islice
from typing import Any

from tessen._command import FAILED, CommandError, Paint, add_json, add_log_dir, found, safe
from tessen.reading import walk
from tessen.reading.differences import Call, Difference, align, differences
from tessen.reading.envelope import dumps, envelope
from tessen.reading.found import Found
from tessen.reading.parse import Tally
from tessen.reading.places import Place
from tessen.viewer import one_event

SUMMARY = "compare two events, or two sessions call by call, and name the first difference"
EXAMPLE = """\
example:
  $ tessen compare 51872a06 99611ca1
  $ tessen compare --session 07a0b2ce e07804db --in my_agent
"""

_MOST_CALLS = 2_000


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the command's arguments."""
    parser.add_argument(
        "a", help="an event's id or its beginning; a session's, with --session or if no event's"
    )
    parser.add_argument("b", help="the other one's")
    parser.add_argument("--session", action="store_true", help="compare sessions")
    parser.add_argument(
        "--in", dest="target", metavar="AGENT", help="look only there: an agent, file or folder"
    )
    add_log_dir(parser)
    add_json(parser)


def run(options: argparse.Namespace) -> int:
    """Print what differs; return the exit code."""
    tally = Tally()
    try:
        return _compared(options, tally)
    except RecursionError:
        raise CommandError("what these calls hold is nested too deeply to be compared") from None
    finally:
        for problem in dict.fromkeys(tally.unreadable_files):
            print(safe(problem), file=sys.stderr)


def _compared(options: argparse.Namespace, tally: Tally) -> int:
    places = found(options)
    if not options.session:
        events = [walk.by_id(places, each, tally) for each in (options.a, options.b)]
        if all(events):
            left, right = (
                one_event(each, name)[0] for each, name in zip(events, (options.a, options.b), strict=True)
            )
            return _events(options, left, right)
    sessions = [_session(places, each, tally, options.session) for each in (options.a, options.b)]
    return _sessions(options, places, *sessions)


def _session(places: list[Place], wanted: str, tally: Tally, only_sessions: bool) -> list[Call]:
    """The calls of a session by their starts; of what they hold only so much that it fits into memory."""
    calls: list[Call] = []
    for number, each in enumerate(islice(walk.in_session(places, wanted, tally), _MOST_CALLS)):
        calls.append(Call.of(each, number))
    calls.sort(key=lambda call: call.facts.ts or math.inf)
    if len({each.facts.session_id for each in calls}) > 1:
        raise CommandError(f"several sessions begin with {safe(wanted, 40)!r}; give more of the id", FAILED)
    if not calls:
        kind = "session" if only_sessions else "event or session"
        raise CommandError(
            f"no {kind} {safe(wanted, 40)!r}; `tessen tail --no-follow` lists the newest events"
        )
    return calls


def _events(options: argparse.Namespace, left: Found, right: Found) -> int:
    differ = differences(left, right)
    if options.json:
        ids = {"a": left.facts.event_id, "b": right.facts.event_id}
        print(dumps(envelope({"kind": "events", **ids, "differences": [each.as_dict() for each in differ]})))
        return 0
    paint = Paint()
    print(paint(f"{safe(left.facts.event_id, 40)} → {safe(right.facts.event_id, 40)}", "strong"))
    _print(differ, paint)
    return 0


def _differences(places: list[Place], left: Call | None, right: Call | None) -> list[Difference]:
    """What differs between two calls, which are read once again."""
    if left is None or right is None:
        return []
    one, other = _again(places, left), _again(places, right)
    return differences(one, other) if one and other else []


def _again(places: list[Place], call: Call) -> Found | None:
    in_session = walk.in_session(places, call.facts.session_id, Tally())
    return next(islice(in_session, call.number, None), None)


def _sessions(options: argparse.Namespace, places: list[Place], left: list[Call], right: list[Call]) -> int:
    pairs = align(left, right)
    first = next((number for number, pair in enumerate(pairs) if not pair.same), None)
    differ = [] if first is None else _differences(places, pairs[first].left, pairs[first].right)
    if options.json:
        print(dumps(envelope(_report(left, right, pairs, first, differ))))
        return 0
    paint = Paint()
    ids = " → ".join(safe(side[0].facts.session_id, 40) for side in (left, right))
    print(paint(f"{ids}: {len(left)} and {len(right)} calls", "strong"))
    for number, pair in enumerate(pairs):
        mark = paint("=", "faint") if pair.same else paint("≠", "warn")
        print(f"{mark} {number:>4}  {safe(pair.words, 200)}")
        if number == first:
            _print(differ, paint, indent="        ")
    if first is None:
        print("the two sessions made the same calls")
    return 0


def _report(
    left: list[Call], right: list[Call], pairs: list[Any], first: int | None, differ: list[Difference]
) -> dict[str, Any]:
    return {
        "kind": "sessions",
        "a": left[0].facts.session_id,
        "b": right[0].facts.session_id,
        "calls": [pair.as_dict() for pair in pairs],
        "first_difference": first,
        "differences": [each.as_dict() for each in differ],
    }


def _print(differ: list[Difference], paint: Paint, indent: str = "  ") -> None:
    if not differ:
        print(f"{indent}no difference that matters")
    for each in differ:
        name = paint(f"{safe(each.name, 60):<14}", "accent")
        print(f"{indent}{name} {safe(each.before, 300)} → {safe(each.after, 300)}")


if __name__ == "__main__":
    from tessen.cli import main

    sys.exit(main(["compare", *sys.argv[1:]]))
