"""Views: what they show, in which order, folded how, and that keeping up equals beginning anew."""

# ruff: noqa: SIM108 - the reason stands beside its branch
import json
from pathlib import Path
from typing import Any

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from capture.log import LocalLog, parse_query
from capture.log.batch import Batcher
from capture.log.folding import NO_ROWS, Folds, fold
from capture.log.table import Table
from capture.log.timeline import merge

from .conftest import NOON, Opener, Writer, indexed, until

CALL = st.tuples(
    st.sampled_from(["a", "b"]), st.integers(1, 30), st.sampled_from(["ok", "E429", "E429", "E500"])
)


def _table(calls: list[tuple[str, int, str]]) -> Table:
    batcher = Batcher()
    for number, (agent, second, kind) in enumerate(calls):
        event: dict[str, Any] = {"event_id": f"{number:032x}", "agent_name": agent, "ts": NOON + second}
        event["status"] = "ok" if kind == "ok" else "error"
        if kind != "ok":
            event["error"] = {"type": "X", "status_code": int(kind[1:])}
        batcher.add([json.dumps(event).encode()], 0)
    table = Table(reserve=128)
    table.append(batcher.take(), 0, NOON)
    return table


def _naive(calls: list[tuple[str, int, str]], expanded: set[int]) -> tuple[list[int], dict[int, int]]:
    """Folding, one row after the other."""
    ordered = sorted(range(len(calls)), key=lambda row: (calls[row][1], row))
    runs: dict[str, list[list[int]]] = {}
    for row in ordered:
        agent, _, kind = calls[row]
        own = runs.setdefault(agent, [])
        if own and kind != "ok" and calls[own[-1][-1]][2] == kind:
            own[-1].append(row)
        else:
            own.append([row])
    every = [run for own in runs.values() for run in own]
    folded = [run for run in every if len(run) > 1 and not expanded & set(run)]
    hidden = {row for run in folded for row in run[:-1]}
    return [row for row in ordered if row not in hidden], {run[-1]: len(run) for run in folded}


@settings(deadline=None)
@given(st.lists(CALL, max_size=30), st.integers(1, 5), st.sets(st.integers(0, 29), max_size=3))
def test_folding_piece_by_piece_is_folding_at_once(
    calls: list[tuple[str, int, str]], piece: int, expanded: set[int]
) -> None:
    table = _table(calls)
    rows, _ = merge(table, NO_ROWS, np.arange(len(calls), dtype="i4")) if calls else (NO_ROWS, 0)
    folds, opened = Folds(), {row for row in expanded if row < len(calls)}
    wanted_rows, wanted_counts = _naive(calls, opened)
    if opened:
        pieces = [rows]  # which row expands a run is known when the run is
    else:
        pieces = [rows[at : at + piece] for at in range(0, len(rows), piece)]
    for each in pieces:
        folds = fold(table, folds, each, set(opened))
    assert folds.rows.tolist() == wanted_rows
    shown = set(wanted_rows)
    assert {row: count for row, count in folds.counts.items() if row in shown} == wanted_counts


@settings(deadline=None)
@given(st.lists(st.lists(st.integers(1, 20), min_size=1, max_size=6), min_size=1, max_size=6))
def test_merging_keeps_time_order_with_ties_by_arrival(pieces: list[list[int]]) -> None:
    table = _table([("a", second, "ok") for piece in pieces for second in piece])
    rows, start = NO_ROWS, 0
    for piece in pieces:
        rows, _ = merge(table, rows, np.arange(start, start + len(piece), dtype="i4"))
        start += len(piece)
    seconds = [second for piece in pieces for second in piece]
    assert rows.tolist() == sorted(range(len(seconds)), key=lambda row: (seconds[row], row))


async def test_two_agents_in_time_order_across_files(folder: Path, opened: Opener) -> None:
    one, two = Writer(folder, "one"), Writer(folder, "two")
    one.write(one.event(ts=NOON + 1), one.event(ts=NOON + 4))
    two.write(two.event(ts=NOON + 2), two.event(ts=NOON + 3))
    log = await indexed(await opened())
    view = log.view(parse_query(""))
    assert [log.row(int(row)).ts - NOON for row in view.rows] == [1, 2, 3, 4]
    one.write(one.event(ts=NOON + 2.5))
    await until(log, lambda: log.count == 5)
    assert view.refresh()
    assert [log.row(int(row)).ts - NOON for row in view.rows] == [1, 2, 2.5, 3, 4]


async def test_broken_clocks_keep_their_place_in_the_file(writer: Writer, opened: Opener) -> None:
    times = [NOON, 0, NOON + 10, 1e18, -5, NOON + 20]
    writer.write(*(writer.event(ts=ts) for ts in times))
    log = await indexed(await opened())
    assert log.view(parse_query("")).rows.tolist() == [0, 1, 2, 3, 4, 5]


async def test_a_storm_folds_into_one_line_that_can_be_opened(writer: Writer, opened: Opener) -> None:
    writer.write(writer.event(), *(writer.failure() for _ in range(4)), writer.event(), writer.failure())
    log = await indexed(await opened())
    view = log.view(parse_query(""))
    assert view.rows.tolist() == [0, 4, 5, 6]
    assert [view.fold_count(int(row)) for row in view.rows] == [1, 4, 1, 1]
    assert view.matched == 7
    assert view.position(2) == 1
    view.toggle_fold(4)
    assert view.rows.tolist() == [0, 1, 2, 3, 4, 5, 6]
    assert view.fold_count(4) == 1
    writer.write(writer.failure())
    await until(log, lambda: log.count == 8)
    view.refresh()
    assert view.rows.tolist() == [0, 1, 2, 3, 4, 5, 7]
    view.toggle_fold(2)
    assert view.rows.tolist() == [0, 4, 5, 7]
    assert log.view(parse_query(""), folding=False).rows.tolist() == list(range(8))


async def test_finding_the_next_error_and_anomaly(writer: Writer, opened: Opener) -> None:
    writer.write(
        writer.event(),
        writer.failure(status=500),
        writer.event(quality_signals=["refusal"]),
        writer.event(),
    )
    log = await indexed(await opened())
    view = log.view(parse_query(""))
    assert view.find(0, "error", 1) == 1
    assert view.find(1, "error", 1) is None
    assert view.find(3, "anomaly", -1) == 2
    assert view.find(2, "anomaly", -1) is None
    assert view.find(2, "error", -1) == 1


async def test_text_is_found_in_either_case_and_however_json_writes_it(
    writer: Writer, opened: Opener
) -> None:
    said = ["Straße nach Köln", 'she said "no"', "plain Needle", "a/b", "x" * 300_000 + "needle"]
    for text in said:
        writer.write(writer.event(note=text))
        writer.write_bytes(json.dumps(writer.event(note=text), ensure_ascii=False).encode() + b"\n")
    log = await indexed(await opened())
    for query, expected in {
        "köln": [0, 1],
        "KÖLN STRASSE": [],
        '"said \\"NO\\""': [2, 3],
        "nEEdle": [4, 5, 8, 9],
        "-needle": [0, 1, 2, 3, 6, 7],
        '"a/b"': [6, 7],
        "needle nach": [],
    }.items():
        view = log.view(parse_query(query))
        await until(log, lambda view=view: view.refresh() is None or not view.searching)
        view.refresh()
        assert view.rows.tolist() == expected, query
        view.close()


async def test_text_is_looked_for_in_what_arrives_too(writer: Writer, opened: Opener) -> None:
    writer.write(writer.event(note="needle"))
    log = await indexed(await opened())
    view = log.view(parse_query("needle"))
    await until(log, lambda: view.refresh() or len(view.rows) == 1)
    writer.write(writer.event(note="hay"), writer.event(note="needle again"))
    await until(log, lambda: (view.refresh(), view.rows.tolist() == [0, 2])[1])


async def test_searching_goes_from_the_cursor_both_ways(writer: Writer, opened: Opener) -> None:
    writer.write(*(writer.event(note="needle" if number in (3, 700) else "hay") for number in range(1000)))
    log = await indexed(await opened())
    view = log.view(parse_query(""))
    assert await view.search("NEEDLE", 0, 1) == 3
    assert await view.search("needle", 3, 1) == 3
    assert await view.search("needle", 4, 1) == 700
    assert await view.search("needle", 701, 1) is None
    assert await view.search("needle", 999, -1) == 700
    assert await view.search("pin", 0, 1) is None


async def test_a_view_kept_up_shows_what_a_new_one_shows(writer: Writer, opened: Opener) -> None:
    writer.write(writer.event())
    log: LocalLog = await indexed(await opened())
    query = parse_query("-status:ok")
    kept_up = log.view(query)
    for part in range(20):
        failing = (writer.failure(ts=NOON + (part * 700 + n * 13) % 9000) for n in range(700))
        writer.write(*failing, writer.event())
        count = log.count + 701
        await until(log, lambda count=count: log.count == count)
        kept_up.refresh()
    anew = log.view(query)
    assert kept_up.rows.tolist() == anew.rows.tolist()
    assert [kept_up.fold_count(int(r)) for r in anew.rows] == [anew.fold_count(int(r)) for r in anew.rows]
    assert kept_up.matched == 14_000
