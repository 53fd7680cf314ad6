"""Findings of a log that is open: placed in the index, kept up, and given up without harm."""

# ruff: noqa: ASYNC110, ASYNC240 - small local files; nothing else runs on the loop
import asyncio
import os
import signal
import sys
from collections.abc import Callable
from pathlib import Path

from capture.log import LocalLog, parse_query
from capture.log.findings.placed import Placer
from capture.log.source import AgentSummary
from capture.log.table import Table
from tessen.reading.findings import Finding
from tests.findings import LOOPING, event_ids, loop, steps
from tests.logs import NOW, make_error, make_event, write_log

from .conftest import PATIENCE_S, Opener, indexed, until


async def _shows(log: LocalLog, *kinds: str) -> None:
    """Wait until a log shows these kinds of findings."""
    await _until(lambda: tuple(finding.kind for finding in log.found.findings) == kinds)


async def _until(holds: Callable[[], bool]) -> None:
    """Wait until something holds that need not be a change of the log."""
    async with asyncio.timeout(PATIENCE_S):
        while not holds():
            await asyncio.sleep(0.01)


def _billing(log: LocalLog, now: float) -> AgentSummary:
    return next(agent for agent in log.agents(now) if agent.name == "billing_reconciler")


def _sessions_shown(log: LocalLog, query: str) -> int:
    return log.view(parse_query(query), folding=False).matched


async def test_the_evidence_is_found_in_the_index(folder: Path, opened: Opener) -> None:
    write_log(folder, [*loop(14), *steps(5, first=100), make_event(1, "support_triage", NOW)])
    log = await opened(findings=True)
    await _shows(log, "tool_loop")
    await _until(lambda: log.found.findings[0].cost_usd is not None)
    (finding,) = log.found.findings
    assert finding.rows == tuple(sorted(finding.rows, key=lambda row: log.row(row).ts))
    assert {log.row(row).agent for row in finding.rows} == {"billing_reconciler"}
    assert (len(finding.rows), finding.times) == (14, 14)
    assert (finding.first_ts, round(finding.last_ts, 2)) == (NOW - 200, NOW - 70 + 0.64)
    assert finding.cost_usd is not None
    assert round(finding.cost_usd, 4) == round(14 * 0.00575, 4)
    assert log.findings_of(finding.rows[0]) == (finding,)
    assert [_sessions_shown(log, each) for each in ("finding:loop", "finding:none", "-finding:any")] == [
        *(14, 6, 6)
    ]


async def test_it_grows_while_the_log_is_followed_and_views_keep_up(folder: Path, opened: Opener) -> None:
    write_log(folder, loop(3))
    log = await opened(findings=True)
    await _until(lambda: log.finder.looks > 0 and not log.finder.busy)
    view = log.view(parse_query("finding:tool_loop"))
    assert (log.found.findings, view.matched) == ((), 0)
    write_log(folder, loop(2, NOW - 100, first=9_100))
    await _shows(log, "tool_loop")
    await _until(lambda: len(log.found.findings[0].rows) == 5)
    assert view.refresh()
    assert view.matched == 5
    next(folder.glob("*/*.jsonl")).unlink()
    await _shows(log)
    view.refresh()
    assert view.matched == 0


async def test_an_agent_is_looping_while_the_loop_goes_on(folder: Path, opened: Opener) -> None:
    write_log(folder, [*loop(14), make_event(1, "billing_reconciler", NOW - 5)])
    log = await opened(findings=True)
    await _shows(log, "tool_loop")
    now = _billing(log, NOW)
    assert now.state == "looping"
    assert now.reason.startswith("get_invoice 14 times in 2m11s")
    later = _billing(log, NOW + 120)
    assert (later.state, [finding.kind for finding in later.findings]) == ("idle", ["tool_loop"])
    write_log(folder, [make_event(2, "billing_reconciler", NOW - 1, session_id=LOOPING)])
    await _until(lambda: log.found.findings[0].over)
    assert _billing(log, NOW).state == "active"


async def test_failures_come_before_loops_and_work_is_neither(folder: Path, opened: Opener) -> None:
    storm = [make_error(n, "billing_reconciler", NOW - 20 + n) for n in range(10)]
    write_log(folder, [*loop(14), *storm, *steps(14, first=100, agent="invoice_ocr")])
    log = await opened(findings=True)
    await _shows(log, "error_storm", "tool_loop")
    states = {agent.name: agent.state for agent in log.agents(NOW)}
    assert states == {"billing_reconciler": "failing", "invoice_ocr": "active"}


async def test_a_killed_process_is_replaced_and_nothing_is_lost(folder: Path, opened: Opener) -> None:
    write_log(folder, loop())
    log = await opened(findings=True)
    await _shows(log, "tool_loop")
    await _until(lambda: not log.finder.busy)
    before = log.finder.pid
    assert before is not None
    os.kill(before, signal.SIGKILL)
    write_log(folder, [make_error(n, "billing_reconciler", NOW - 20 + n) for n in range(10)])
    await _shows(log, "error_storm", "tool_loop")
    assert log.finder.pid not in (None, before)
    assert not log.problems.no_findings


async def test_given_up_it_says_so_and_the_log_goes_on(folder: Path, opened: Opener) -> None:
    write_log(folder, loop())
    log = LocalLog(folder, cache=None)
    log.finder.argv[:] = [sys.executable, "-c", ""]
    await log.open()
    await until(log, lambda: log.problems.no_findings)
    write_log(folder, loop(2, first=100))
    await until(log, lambda: log.count == 16)
    await log.close()


async def test_closing_ends_the_process(folder: Path, opened: Opener) -> None:
    write_log(folder, loop())
    log = await opened(findings=True)
    await _shows(log, "tool_loop")
    pid = log.finder.pid
    await log.close()
    assert log.finder.pid is None
    try:
        os.kill(pid or 0, 0)
    except ProcessLookupError:
        return
    raise AssertionError("still there")


async def test_rows_are_looked_through_once_for_what_is_known(folder: Path, opened: Opener) -> None:
    write_log(folder, loop(5))
    log = await indexed(await opened())
    looked: list[int] = []

    class Counting(Placer):
        def __init__(self, table: Table) -> None:
            super().__init__(table)
            take = self._events._take
            self._events._take = lambda wanted, start, stop: (  # type: ignore[method-assign]
                looked.append((stop - start) * bool(wanted)),
                take(wanted, start, stop),
            )[1]

    placer = Counting(log.table)
    names = tuple(event_ids(loop(9)))
    finding = Finding("tool_loop", "billing_reconciler", "again", "Look.", names, LOOPING)
    assert len(placer.place([finding]).findings[0].rows) == 5
    assert sum(looked) == 5
    write_log(folder, loop(9)[5:])
    await until(log, lambda: log.count == 9)
    looked.clear()
    assert len(placer.place([finding]).findings[0].rows) == 9
    assert sum(looked) == 4
