"""What the reading commands share: what they are pointed at, how they speak, and how they fail.

What belongs here stands between a command and a terminal. Text from a log passes `safe` before it is printed.
"""

from __future__ import annotations

import argparse
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from tessen.columns import cut
from tessen.format import plural
from tessen.reading.moments import moment
from tessen.reading.places import NotFoundError, Place, log_dir_of, places
from tessen.sanitise import one_line as safe

if TYPE_CHECKING:
    from tessen.query_match import Matcher
    from tessen.reading.parse import Tally

__all__ = [
    "CommandError",
    "Paint",
    "add_filter",
    "add_json",
    "add_target",
    "found",
    "matches",
    "print_problems",
    "safe",
    "short",
    "since_of",
    "whole",
]

FAILED, USAGE = 1, 2

_MOST_FILES = 10
"""So many files that cannot be read are named."""

_STYLES = {"bad": "31", "warn": "33", "good": "32", "faint": "2", "strong": "1", "accent": "36"}


class CommandError(Exception):
    """A command cannot go on; `str()` is one line that says what to do.

    Args:
        message: What is wrong, and what to do.
        exit_code: 1 for what failed, 2 for what was asked for wrongly.
    """

    def __init__(self, message: str, exit_code: int = FAILED) -> None:
        super().__init__(message)
        self.exit_code = exit_code


class Paint:
    """Colours, on a terminal that wants them; plain text anywhere else."""

    def __init__(self) -> None:
        plain = os.environ.get("NO_COLOR") or os.environ.get("TERM") == "dumb"
        self.on = sys.stdout.isatty() and not plain

    def __call__(self, text: str, style: str) -> str:
        """Return text in a style: bad, warn, good, faint, strong or accent."""
        return f"\x1b[{_STYLES[style]}m{text}\x1b[0m" if self.on and text else text


def add_target(parser: argparse.ArgumentParser, *, needed: bool) -> None:
    """Add the argument for what to read, and where logs are."""
    kind = "an agent's name, a log file, or a folder"
    if needed:
        parser.add_argument("target", metavar="AGENT", help=kind)
    else:
        parser.add_argument("target", metavar="AGENT", nargs="?", help=f"{kind}; all agents if left out")
    add_log_dir(parser)


def add_log_dir(parser: argparse.ArgumentParser) -> None:
    """Add the option for where logs are."""
    parser.add_argument(
        "--log-dir", type=Path, metavar="DIR", help="where logs are ($TESSEN_LOG_DIR, else ~/.tessen/logs)"
    )


def add_filter(parser: argparse.ArgumentParser) -> None:
    """Add the options that select events."""
    parser.add_argument(
        "--filter",
        metavar="QUERY",
        default="",
        help="only these events, in the app's language: 'status:error dur>5s -model:*haiku*'",
    )
    parser.add_argument(
        "--since", metavar="WHEN", help="only calls that started then or later: 15m, 24h, 7d, 2026-11-23"
    )


def add_json(parser: argparse.ArgumentParser, what: str = "print JSON") -> None:
    """Add the option for scripts."""
    parser.add_argument("--json", action="store_true", help=what)


def whole(text: str, least: int = 0) -> int:
    """A whole number, as an option gives it."""
    try:
        number = int(text)
    except ValueError:
        number = least - 1
    if number < least:
        raise argparse.ArgumentTypeError(f"takes a whole number, {least} or more, not {text[:40]!r}")
    return number


def short(text: str, most: int) -> str:
    """Text of a log, safe, and in so many cells that what stands behind it is still seen."""
    return cut(safe(text, most), most)


def found(options: argparse.Namespace) -> list[Place]:
    """What the command was pointed at.

    Raises:
        CommandError: there is no such agent, file or folder.
    """
    try:
        return places(options.target, options.log_dir)
    except NotFoundError as error:
        raise CommandError(safe(str(error)), USAGE if options.target else FAILED) from None


def log_dir(options: argparse.Namespace) -> Path:
    """The log folder that the command looks in."""
    return log_dir_of(options.log_dir)


def since_of(options: argparse.Namespace) -> float | None:
    """The moment of `--since`, in seconds since the epoch.

    Raises:
        CommandError: it is none.
    """
    try:
        return moment(options.since)
    except TypeError:  # what argparse makes of `--since=--`
        raise CommandError("--since: takes a duration or a date; such as 24h", USAGE) from None
    except ValueError as error:
        raise CommandError(f"--{error}", USAGE) from None


def matches(options: argparse.Namespace) -> Matcher | None:
    """The test of `--filter`; None where everything is wanted.

    Raises:
        CommandError: a term makes no sense.
    """
    if not options.filter or not options.filter.strip():
        return None
    from tessen.query_match import matcher

    try:
        return matcher(options.filter)
    except ValueError as error:
        raise CommandError(safe(f"--{error}"), USAGE) from None


def print_problems(tally: Tally) -> None:
    """Say what could not be read, on standard error."""
    if tally.corrupt_lines:
        print(f"{plural(tally.corrupt_lines, 'line')} could not be read: torn, or no JSON", file=sys.stderr)
    if tally.foreign_lines:
        print(f"{plural(tally.foreign_lines, 'line')} held no event", file=sys.stderr)
    named = tally.unreadable_files[:_MOST_FILES]
    for problem in named:
        print(safe(problem), file=sys.stderr)
    if len(tally.unreadable_files) > len(named):
        print(f"and {plural(len(tally.unreadable_files) - len(named), 'more file')}", file=sys.stderr)
