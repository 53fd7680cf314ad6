"""The table of `harness compare`: a line a model, means where there are several replays of it."""

from __future__ import annotations

import statistics
from typing import Any, cast

from capture.commands.words import money, short_count
from capture.terminal import BOLD, DIM, GREEN, RED, Painter, plain

Json = dict[str, Any]

HEADINGS = ("model", "verdict", "in", "out", "cost", "time", "turns", "first divergence")
NUMBERS = ("in", "out", "cost", "time", "turns")


def table(rows: list[Json], paint: Painter) -> list[str]:
    """Return the table's lines, with what went wrong below it."""
    cells: list[tuple[str, ...]] = [HEADINGS, *(_cells(row) for row in rows)]
    widths = [max(map(len, column)) for column in zip(*cells, strict=True)]
    lines = []
    for number, line in enumerate(cells):
        padded = [_padded(place, cell, widths[place]) for place, cell in enumerate(line)]
        if number == 0:
            lines.append(paint("  ".join(padded).rstrip(), BOLD))
            continue
        passed = line[1].startswith("pass")
        padded[1] = paint(padded[1], GREEN if passed else RED) if line[1] != "-" else padded[1]
        lines.append("  ".join(padded).rstrip())
    for row in rows:
        troubles = [row["left_out"], *(_trouble(each) for each in row["replays"])]
        lines += [paint(f"{plain(row['model'])}: {plain(each)}", DIM) for each in troubles if each]
    return lines


def _trouble(replay: Json) -> str | None:
    """Return why a replay did not come to its own end; None where it did."""
    if replay["error"] is not None or replay["stop_reason"] in (None, "completed"):
        return cast("str | None", replay["error"])
    return f"ended by {str(replay['stop_reason']).replace('_', ' ')}"


def _padded(place: int, cell: str, width: int) -> str:
    return cell.rjust(width) if HEADINGS[place] in NUMBERS else cell.ljust(width)


def _cells(row: Json) -> tuple[str, ...]:
    name = plain(row["model"]) + (" (recorded)" if row["recorded"] else "")
    replays = row["replays"]
    if not replays:
        return (name, "-", "-", "-", "-", "-", "-", "left out" if row["left_out"] else "-")
    costs = [each["cost_usd"] for each in replays if each["cost_usd"] is not None]
    times = [each["duration_s"] for each in replays if each["duration_s"] is not None]
    return (
        name,
        _verdict(row),
        short_count(round(statistics.mean(each["prompt_tokens"] for each in replays))),
        short_count(round(statistics.mean(each["completion_tokens"] for each in replays))),
        money(statistics.mean(costs)) if len(costs) == len(replays) else "unknown",
        f"{statistics.mean(times):.1f} s" if times else "-",
        f"{statistics.mean(each['turns'] for each in replays):.3g}",
        _divergence(row),
    )


def _verdict(row: Json) -> str:
    """Return what the command said: of one replay its exit code, of several how many passed."""
    replays = row["replays"]
    if len(replays) > 1:
        return f"{'pass' if row['passed'] == len(replays) else 'fail'} {row['passed']}/{len(replays)}"
    verdict = replays[0]["verify"]
    if verdict is None:
        return "-"
    if verdict["exit_code"] is None:
        return "fail (too long)"
    return "pass" if verdict["exit_code"] == 0 else f"fail ({verdict['exit_code']})"


def _divergence(row: Json) -> str:
    """Return where the replays part from the record: the earliest."""
    found = [each["first_divergence"] for each in row["replays"] if each["first_divergence"] is not None]
    if not found:
        return "-"
    first = min(found, key=lambda each: each["turn"])
    then, made = (plain(", ".join(first[name])) or "done" for name in ("recorded", "now"))
    other = f"{made}, recorded {then}" if made != then else f"{made} with other arguments"
    return f"turn {first['turn']}: {other}"
