"""`tessen analyze`: what a log adds up to.

What belongs here is the report in words, findings first; the figures are `tessen.reading.rollup`.
"""

from __future__ import annotations

import argparse
import math
import os
import sys
import time
from collections.abc import Iterator
from typing import Any

from tessen._command import (
    Paint,
    add_filter,
    add_json,
    add_target,
    found,
    matches,
    print_problems,
    safe,
    short,
    since_of,
)
from tessen.columns import fit
from tessen.format import UNKNOWN, count, duration, money, plural
from tessen.reading import lines, seek
from tessen.reading.envelope import dumps, envelope
from tessen.reading.full_pass import full_pass
from tessen.reading.moments import LATEST
from tessen.reading.places import Place
from tessen.reading.rollup import DAY_S, Periods, Rollup
from tessen.signals import SIGNAL_BY_NAME

SUMMARY = "add up a log: findings, errors, anomalies, cost, latency, days and sessions"
EXAMPLE = """\
example:
  $ tessen analyze my_agent
  $ tessen analyze my_agent --since 7d --filter 'model:*haiku*' --json
"""

_TOP = 8
_MOST_DAYS = 14
_HEAD = 4_096
"""Bytes at a line's beginning, among which its time stands."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the command's arguments."""
    add_target(parser, needed=False)
    add_filter(parser)
    parser.add_argument("--window", dest="since", metavar="WHEN", help=argparse.SUPPRESS)
    add_json(parser)


def run(options: argparse.Namespace) -> int:
    """Print the report; return the exit code."""
    since, wanted, places = since_of(options), matches(options), found(options)
    rollup = full_pass(places, Rollup(periods(places, since, time.time())), wanted)
    report = rollup.report()
    if options.json:
        print(dumps(envelope(report)))
        return 0
    for line in text(report, Paint()):
        print(line)
    print_problems(rollup.tally)
    return 0


def periods(places: list[Place], since: float | None, now: float) -> Periods:
    """What is counted, and what is held against what.

    With `since`: the time from then on against as long a time before. Without: the log's last 24 hours, up to
    its newest event, against the 24 hours before.
    """
    if since is not None:
        return Periods(since, since, since - max(0.0, now - since))
    end = max((_newest(place) for place in places), default=0.0)
    return Periods(-math.inf, end - DAY_S, end - 2 * DAY_S) if end else Periods()


def _newest(place: Place) -> float:
    """When the last call of an agent started; 0.0 where nothing says."""
    for path in reversed(place.files):
        try:
            with lines.opened(path) as fd:
                found = lines.backward(fd, os.fstat(fd).st_size, 0, _HEAD)
                newest = (seek.start_of(line.data or os.pread(fd, _HEAD, line.start)) for line in found)
                return next(ts for ts in newest if ts and ts < LATEST)
        except (OSError, StopIteration):
            continue
    return 0.0


def text(report: dict[str, Any], paint: Paint) -> Iterator[str]:
    """The report as lines; text of the log in it is safe."""
    total, agents = report["events_total"], report["agent_name"]
    named = ", ".join(safe(name, 40) for name in list(agents)[:4]) + (" …" if len(agents) > 4 else "")
    yield paint(f"{plural(total, 'event')} of {plural(len(agents), 'agent')}: {named}", "strong")
    if not total:
        yield "nothing to add up: widen --since or --filter, or see `tessen status`"
        return
    yield from _findings(report, paint)
    yield from _section(paint, "errors", f"{report['error_events']:,} of {total:,} calls failed")
    yield from _ranked(report["error_types"], paint, "bad")
    yield from _section(paint, "anomalies", f"{report['events_with_anomalies']:,} events flagged")
    yield from _anomalies(report, paint)
    yield from _costs(report, paint)
    yield from _latency(report, paint)
    yield from _change(report, paint)
    yield from _days(report, paint)
    yield from _sessions(report, paint)
    yield from _section(paint, "call sites", "by calls")
    yield from _ranked(report["top_call_sites_by_count"], paint, "accent")


def _section(paint: Paint, name: str, words: str = "") -> Iterator[str]:
    yield ""
    yield f"{paint(name, 'strong')}  {paint(words, 'faint')}".rstrip()


def _findings(report: dict[str, Any], paint: Paint) -> Iterator[str]:
    yield from _section(paint, "findings", "" if report["findings"] else "no pattern across events")
    for finding in report["findings"]:
        agent = short(finding["agent"], 40)
        yield f"  {paint('▲', 'warn')} {agent}: {safe(finding['says'])}"
        yield f"    {finding['advice']}"
        if finding["events"]:
            yield paint(f"    events {' '.join(safe(each[:8], 12) for each in finding['events'])}", "faint")


def _ranked(counts: dict[str, Any], paint: Paint, style: str) -> Iterator[str]:
    for name, number in list(counts.items())[:_TOP]:
        yield f"  {paint(f'{number:>8,}', style)}  {short(name, 160)}"
    if len(counts) > _TOP:
        yield paint(f"  {'':>8}  and {len(counts) - _TOP} more kinds", "faint")


def _anomalies(report: dict[str, Any], paint: Paint) -> Iterator[str]:
    computed = report["computed_anomalies"]
    for name, number in list(report["anomaly_counts"].items())[: 2 * _TOP]:
        known = SIGNAL_BY_NAME.get(name)
        missed = f"  ({computed[name]:,} computed: the recorder missed them)" if name in computed else ""
        yield f"  {paint(f'{number:>8,}', 'warn')}  {safe(name, 60)}{paint(missed, 'faint')}"
        if known is not None:
            yield paint(f"  {'':>8}  {known.advice}", "faint")


def _costs(report: dict[str, Any], paint: Paint) -> Iterator[str]:
    tokens, saved = report["tokens"], report["cache_savings_estimate_usd"]
    kept = f", the cache saved about {money(saved)}" if saved else ""
    yield from _section(paint, "cost", f"{money(report['total_cost_usd'])} in all{kept}")
    for model, usd in list(report["cost_by_model"].items())[:_TOP]:
        yield f"  {money(usd):>8}  {safe(model, 80)}"
    for model, events in list(report["unpriced_models"].items())[:_TOP]:
        yield f"  {paint('unpriced', 'warn')}  {safe(model, 80)} ({plural(events, 'event')})"
    yield (
        f"  tokens: {count(tokens['input'])} in, {count(tokens['output'])} out; of the input "
        f"{count(tokens['cache_read'])} from the cache and {count(tokens['cache_write'])} written to it; "
        f"of the output {count(tokens['reasoning'])} reasoning"
    )


def _latency(report: dict[str, Any], paint: Paint) -> Iterator[str]:
    found = report["duration_ms"]
    figures = "  ".join(f"{name} {duration(found[name])}" for name in ("p50", "p95", "p99", "max"))
    yield from _section(paint, "latency", figures)


def _change(report: dict[str, Any], paint: Paint) -> Iterator[str]:
    change = report["change"]
    if change is None or not change["previous"]["events"]:
        return
    recent, before = change["recent"], change["previous"]
    yield from _section(paint, "change", "the newest period against the one before")
    yield f"  {'calls':<10} {before['events']:>9,} → {recent['events']:>9,}"
    yield f"  {'errors':<10} {_share(before):>9} → {_share(recent):>9}"
    yield f"  {'anomalies':<10} {before['anomalies']:>9,} → {recent['anomalies']:>9,}"
    yield f"  {'cost':<10} {money(before['cost_usd']):>9} → {money(recent['cost_usd']):>9}"
    for name in ("p50", "p95"):
        then, now = before["duration_ms"][name], recent["duration_ms"][name]
        yield f"  {name:<10} {duration(then):>9} → {duration(now):>9}"


def _share(figures: dict[str, Any]) -> str:
    return f"{figures['errors'] / figures['events']:.1%}" if figures["events"] else UNKNOWN


def _days(report: dict[str, Any], paint: Paint) -> Iterator[str]:
    yield from _section(paint, "days", "UTC")
    yield paint(
        f"  {'day':<10} {'calls':>8} {'errors':>7} {'anomalies':>9} {'cost':>8} {'p50':>7} {'p95':>7}",
        "faint",
    )
    dated = [day for day in report["by_day"] if day["day"] != "?"]
    for day in dated[-_MOST_DAYS:]:
        yield f"  {day['day']:<10} {_figures(day)}"
    undated = sum(day["events"] for day in report["by_day"]) - sum(day["events"] for day in dated)
    if undated:
        yield paint(f"  and {plural(undated, 'call')} at a time that is no date", "faint")


def _sessions(report: dict[str, Any], paint: Paint) -> Iterator[str]:
    yield from _section(paint, "sessions", f"{report['sessions_total']:,} in all, the dearest first")
    for session in report["by_session"][:_TOP]:
        name, agent = fit(safe(session["session_id"][:8]), 8), short(session["agent"], 40)
        counts = f"{session['events']:>6,} calls {session['errors']:>5,} errors"
        yield f"  {name}  {counts} {money(session['cost_usd']):>8}  {agent}"


def _figures(figures: dict[str, Any]) -> str:
    found = figures["duration_ms"]
    return (
        f"{figures['events']:>8,} {figures['errors']:>7,} {figures['anomalies']:>9,} "
        f"{money(figures['cost_usd']):>8} {duration(found['p50']):>7} {duration(found['p95']):>7}"
    )


if __name__ == "__main__":
    from tessen.cli import main

    sys.exit(main(["analyze", *sys.argv[1:]]))
