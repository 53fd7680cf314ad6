"""`tessen status`: which agents there are, and how each is doing.

What belongs here is one line an agent, from one pass over its log.
"""

from __future__ import annotations

import argparse
import math
import sys
import time
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from tessen._command import Paint, add_json, add_target, found, log_dir, print_problems, safe, since_of
from tessen.columns import cells, cut, fit, width
from tessen.format import UNKNOWN, age, plural
from tessen.reading.counting import MORE, Names
from tessen.reading.envelope import dumps, listed
from tessen.reading.full_pass import full_pass
from tessen.reading.outline import outline_row
from tessen.reading.parse import Tally
from tessen.reading.places import Place, agents_in
from tessen.reading.rows import Kin, Row, finite

SUMMARY = "show every agent at a glance: events, errors, anomalies, and when it was last seen"
EXAMPLE = """\
example:
  $ tessen status
  $ tessen status --since 24h
"""

_DAY_S = 86_400.0
_STALE_S = 7 * _DAY_S
_MOST_AGENTS = 10_000
_MOST_WAITING = 8_192
"""So many calls wait to be counted together."""

_FIGURES = 38
"""Cells of a line between the name and what happened last, with the mark before the name."""
_LAST = 16
"""Cells that are left for what happened last, however long the names are."""
_LEAST_NAME, _MOST_NAME = 12, 60


class Newest(NamedTuple):
    """The call of an agent that started last."""

    ts: float
    failed: bool
    error: str
    signals: tuple[str, ...]


_NOTHING = Newest(0.0, False, "", ())


@dataclass(slots=True)
class Agent:
    """What the log says of one agent."""

    events: int = 0
    anomalies: int = 0
    errors: int = 0
    newest: Newest = _NOTHING
    by_provider: Names = field(default_factory=Names)
    by_surface: Names = field(default_factory=Names)
    by_anomaly: Names = field(default_factory=Names)

    def add(self, kin: Kin, count: int, latest: float) -> None:
        """Take calls that are alike, of which the last started at `latest`."""
        self.events += count
        self.errors += count * kin.failed
        self.anomalies += count * bool(kin.signals)
        if latest >= self.newest.ts:
            newest = Newest(latest, kin.failed, kin.error_name if kin.failed else "", kin.signals)
            self.newest = max(self.newest, newest)
        self.by_provider.take(kin.provider or "?", count)
        self.by_surface.take(kin.surface or "?", count)
        for signal in kin.signals:
            self.by_anomaly.take(signal, count)

    def merge(self, other: Agent) -> None:
        """Add what another part of the log says."""
        self.events += other.events
        self.anomalies += other.anomalies
        self.errors += other.errors
        self.newest = max(self.newest, other.newest)
        self.by_provider.merge(other.by_provider)
        self.by_surface.merge(other.by_surface)
        self.by_anomaly.merge(other.by_anomaly)

    def as_dict(self, name: str) -> dict[str, Any]:
        """The agent as `--json` gives it."""
        return {
            "agent": name,
            "events": self.events,
            "anomalies": self.anomalies,
            "errors": self.errors,
            "most_recent_ts": self.newest.ts or None,
            "most_recent_signals": list(self.newest.signals),
            "most_recent_status": "error" if self.newest.failed else "ok",
            "by_provider": self.by_provider.ranked(),
            "by_surface": self.by_surface.ranked(),
            "by_anomaly": self.by_anomaly.ranked(),
        }


class Agents:
    """Adds events up by agent."""

    def __init__(self, since: float | None) -> None:
        self.tally = Tally()
        self.first = -math.inf if since is None else since
        self._by_name: dict[str, Agent] = {}
        self.scan = outline_row
        self._starts: defaultdict[Kin, list[Any]] = defaultdict(list)
        """By what calls have in common, when each started."""
        self._waiting = 0

    def take(self, rows: Sequence[tuple[Kin, Row]]) -> None:
        """Take events, as rows."""
        for kin, row in rows:
            self._starts[kin].append(row[2])
            self._waiting += 1
        if self._waiting >= _MOST_WAITING:
            self._fold()

    def pack(self) -> None:
        """Be as small as can be, on the way to another process."""
        self._fold()

    def merge(self, other: Agents) -> None:
        """Add what another part of the log says."""
        self._fold()
        self.tally.add(other.tally)
        for name, agent in other.by_name().items():
            self._at(name).merge(agent)

    def by_name(self) -> dict[str, Agent]:
        """The agents, by the name in their events."""
        self._fold()
        return self._by_name

    def _at(self, name: str) -> Agent:
        """The agent of this name; all others together, once there are too many."""
        known = name in self._by_name or len(self._by_name) < _MOST_AGENTS
        return self._by_name.setdefault(name if known else MORE, Agent())

    def _fold(self) -> None:
        for kin, starts in self._starts.items():
            self._at(kin.agent).add(kin, len(starts), max(finite(starts)))
        self._starts.clear()
        self._waiting = 0


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the command's arguments."""
    add_target(parser, needed=False)
    parser.add_argument(
        "--since", metavar="WHEN", help="count only calls that started then or later: 24h, 7d"
    )
    parser.add_argument("--all", action="store_true", help="show empty agents, and those silent for a week")
    add_json(parser)


def run(options: argparse.Namespace) -> int:
    """Print the agents; return the exit code."""
    since = since_of(options)
    places = found(options)
    agents = full_pass(places, Agents(since))
    now = time.time()
    rows = sorted(agents.by_name().items(), key=_trouble)
    stale = [] if options.all or since is not None or options.target else _stale(rows, now)
    shown = [row for row in rows if row[0] not in stale]
    if options.json:
        _print_json(options, shown, len(stale), places)
        return 0
    _print(Paint(), shown, now)
    if stale:
        print(f"\n{plural(len(stale), 'agent')} silent for a week; --all shows them")
    print_problems(agents.tally)
    return 0


def _print_json(
    options: argparse.Namespace, rows: list[tuple[str, Agent]], stale: int, places: list[Place]
) -> None:
    root = log_dir(options)
    empty = 0 if options.target else len(agents_in(root, include_empty=True)) - len(places)
    agents = ((dumps(agent.as_dict(name)),) for name, agent in rows)
    hidden = {"hidden_empty": max(0, empty), "hidden_stale": stale, "since": options.since}
    sys.stdout.writelines(listed({"log_dir": str(root)}, "agents", agents, hidden))


def _trouble(row: tuple[str, Agent]) -> tuple[float, int, str]:
    """Those with the greatest share of errors first."""
    name, agent = row
    return -agent.errors / agent.events, -agent.anomalies, name


def _stale(rows: list[tuple[str, Agent]], now: float) -> list[str]:
    silent = [name for name, agent in rows if now - agent.newest.ts > _STALE_S]
    return silent if len(silent) < len(rows) else []


def _print(paint: Paint, rows: list[tuple[str, Agent]], now: float) -> None:
    events = sum(agent.events for _, agent in rows)
    errors = sum(agent.errors for _, agent in rows)
    print(
        paint(f"{plural(len(rows), 'agent')}, {plural(events, 'event')}, {plural(errors, 'error')}", "strong")
    )
    if not rows:
        print("nothing was seen then: widen --since, or see `tessen tail`")
        return
    names = [safe(name, _MOST_NAME) or "?" for name, _ in rows]
    most = min(_MOST_NAME, max(_LEAST_NAME, width() - _FIGURES - _LAST))
    wide = min(most, max(map(cells, [*names, "agent"])))
    head = f"{'agent':<{wide}} {'events':>9} {'errors':>7} {'anomalies':>9} {'seen':>5}  last"
    print(paint(f"\n  {head}", "faint"))
    room = max(_LAST, width() - _FIGURES - wide)
    for name, (_, agent) in zip(names, rows, strict=True):
        print(_line(paint, fit(name, wide), agent, now, room))


def _line(paint: Paint, name: str, agent: Agent, now: float, room: int) -> str:
    newest = agent.newest
    seen = age(now - newest.ts) if newest.ts and newest.ts < now + _DAY_S else UNKNOWN
    mark, style = ("✖", "bad") if newest.failed else ("▲", "warn") if newest.signals else (" ", "faint")
    last = ", ".join(newest.signals) or newest.error or "ok"
    errors = paint(f"{agent.errors:>7,}", "bad") if agent.errors else f"{0:>7}"
    anomalies = paint(f"{agent.anomalies:>9,}", "warn") if agent.anomalies else f"{0:>9}"
    figures = f"{agent.events:>9,} {errors} {anomalies} {seen:>5}"
    return f"{paint(mark, style)} {name} {figures}  {paint(cut(safe(last, 200), room), style)}"


if __name__ == "__main__":
    from tessen.cli import main

    sys.exit(main(["status", *sys.argv[1:]]))
