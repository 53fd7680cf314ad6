"""`tessen sites`: which mapped calls of models were made, which were not, and which calls no map knows.

What belongs here is the command. Its parts: `called` (counting a log), `mapped` (a call of a map), `files`
and `match` (which is which), `report` (in words).
"""

from __future__ import annotations

import argparse
import math

SUMMARY = "show which mapped calls of models made no event, and which events come from unmapped calls"
EXAMPLE = """\
example:
  $ tessen sites . --since 7d
  $ tessen sites ~/src/agent --agent billing --json
"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the command's arguments."""
    from tessen._command import add_json, add_log_dir

    parser.add_argument("repo", nargs="?", default=".", help="the repository's folder (default: this one)")
    parser.add_argument(
        "--agent", dest="target", metavar="AGENT", help="one agent's log, a log file or folder (default: all)"
    )
    parser.add_argument(
        "--since",
        metavar="WHEN",
        help="the period: called then or later; 1h, 24h, 7d, 2026-11-23 (default: ever)",
    )
    parser.add_argument("--tests", action="store_true", help="map tests too")
    add_log_dir(parser)
    add_json(parser)


def run(options: argparse.Namespace) -> int:
    """Print what was called and what was not; return the exit code."""
    import time

    from tessen._command import CommandError, Paint, found, print_problems, since_of
    from tessen.crawl import crawl
    from tessen.reading.envelope import dumps, envelope
    from tessen.reading.full_pass import full_pass
    from tessen.sites import report
    from tessen.sites.called import Called
    from tessen.sites.mapped import mapped
    from tessen.sites.match import match

    since = since_of(options)
    called = full_pass(found(options), Called(-math.inf if since is None else since))
    try:
        manifest = crawl(options.repo, tests=options.tests)
    except NotADirectoryError as problem:
        raise CommandError(f"{options.repo}: is not a folder; give the repository's folder", 2) from problem
    entries = match(list(mapped(manifest)), called.calls())
    if options.json:
        said = {
            "root": manifest["root"],
            "since": since,
            "sites": [report.as_dict(each) for each in entries],
            "events_without_call_site": called.without,
            "events_of_more_places": called.beyond,
            "corrupt_lines": called.tally.corrupt_lines,
        }
        print(dumps(envelope(said)))
        return 0
    period = f"since {options.since}" if options.since else "ever"
    for line in report.text(entries, str(manifest["root"]), period, time.time(), Paint()):
        print(line)
    if called.without or called.beyond:
        print(f"not counted by place: {called.without:,} without a call site, {called.beyond:,} beyond")
    print_problems(called.tally)
    return 0
