"""`tessen repo-learn`: how a team works, in figures, from its git history.

What belongs here is what is printed; `tessen.learning` finds it out.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import Any

from tessen._command import CommandError, Paint, add_json, safe
from tessen._git import GitError
from tessen.learning.fingerprint import fingerprint
from tessen.reading.envelope import dumps, envelope

SUMMARY = "learn a team's style from its git history, without names, addresses or messages"
EXAMPLE = """\
example:
  $ tessen repo-learn .
  $ tessen repo-learn ~/src/agent --json
"""
_PAIRS_SHOWN = 10


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the command's arguments."""
    parser.add_argument(
        "repo", type=Path, nargs="?", default=Path(), metavar="REPO", help="a repository (here)"
    )
    parser.add_argument("--max-commits", type=_count, metavar="N", help="look at the newest N commits only")
    add_json(parser)


def run(options: argparse.Namespace) -> int:
    """Print the fingerprint; return the exit code."""
    try:
        found = fingerprint(options.repo, options.max_commits)
    except GitError as error:
        raise CommandError(str(error)) from None
    if options.json:
        print(dumps(envelope({"fingerprint": found})))
        return 0
    _show(found)
    return 0


def _show(found: dict[str, Any]) -> None:
    paint = Paint()
    counted = f"{found['commits_analyzed']:,} commits by {found['author_count']:,} authors"
    head = f"{safe(found['repo_path'], 100)}: {counted} in {found['history_span_days']:,} days"
    print(paint(head, "strong"))
    for name, value in found.items():
        if isinstance(value, str | int | float) and name not in ("tessen_version", "scanned_at", "repo_path"):
            print(f"  {name:<28} {safe(str(value), 60)}")
    print(f"  {'new_deps_recent':<28} {safe(', '.join(found['new_deps_recent']), 300) or '–'}")
    print(f"  {'per_file_primary_author':<28} of {len(found['per_file_primary_author']):,} files")
    for one, other, score in found["co_change_pairs"][:_PAIRS_SHOWN]:
        print(f"  {score:.2f}  {safe(one, 200)} ↔ {safe(other, 200)}")


def _count(text: str) -> int:
    if not text.isdigit() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"{text!r} is not a number of commits")
    return int(text)


if __name__ == "__main__":
    from tessen.cli import main

    sys.exit(main(["repo-learn", *sys.argv[1:]]))
