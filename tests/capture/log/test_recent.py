"""The recent part of an agent's log: read once, read on, begun anew where it has to be."""

from __future__ import annotations

import json
from pathlib import Path

from capture.log.files import scan
from capture.log.findings.recent import Recent
from capture.log.findings.worker import Looker
from tests.findings import event_ids, loop, steps
from tests.logs import NOW, make_event, write_log


def looker(folder: Path) -> Looker:
    return Looker(folder, ())


def kinds(found: dict[str, list]) -> dict[str, list[str]]:  # type: ignore[type-arg]
    return {agent: [finding.kind for finding in findings] for agent, findings in found.items()}


def test_a_loop_is_found_with_every_event_that_shows_it(tmp_path: Path) -> None:
    events = loop(14)
    found = looker(write_log(tmp_path, events)).look()
    (finding,) = found["billing_reconciler"]
    assert (finding.kind, finding.subject, finding.times) == ("tool_loop", "get_invoice", 14)
    assert sorted(finding.events) == event_ids(events)


def test_work_is_no_loop(tmp_path: Path) -> None:
    assert looker(write_log(tmp_path, steps(14))).look() == {}


def test_only_what_is_new_is_read_and_only_what_is_different_is_said(tmp_path: Path) -> None:
    looking = looker(write_log(tmp_path, loop(3)))
    assert looking.look() == {}
    recent = looking._recent["billing_reconciler"]
    more = loop(2, NOW - 100.0, first=9_100)
    write_log(tmp_path, more)
    assert kinds(looking.look()) == {"billing_reconciler": ["tool_loop"]}
    assert looking._recent["billing_reconciler"] is recent
    assert recent.added == sum(len(json.dumps(event, ensure_ascii=False)) + 1 for event in more)
    assert looking.look() == {}
    write_log(tmp_path, [make_event(1, "support_triage", NOW)])
    assert looking.look() == {}


def test_a_line_that_is_still_being_written_is_waited_for(tmp_path: Path) -> None:
    *whole, last = loop(4)
    line = json.dumps(last).encode() + b"\n"
    looking = looker(write_log(tmp_path, [*whole, line[:200]], "billing_reconciler"))
    assert looking.look() == {}
    write_log(tmp_path, [line[200:]], "billing_reconciler")
    assert kinds(looking.look()) == {"billing_reconciler": ["tool_loop"]}


def test_what_is_deleted_or_replaced_shows_nothing_any_more(tmp_path: Path) -> None:
    looking = looker(write_log(tmp_path, loop()))
    assert kinds(looking.look()) == {"billing_reconciler": ["tool_loop"]}
    (path,) = tmp_path.glob("*/*.jsonl")
    path.unlink()
    write_log(tmp_path, steps())
    assert kinds(looking.look()) == {"billing_reconciler": []}
    write_log(tmp_path, loop(14, first=9_500))
    assert kinds(looking.look()) == {"billing_reconciler": ["tool_loop"]}
    path.unlink()
    assert kinds(looking.look()) == {"billing_reconciler": []}


def test_a_rotated_file_is_not_read_again(tmp_path: Path) -> None:
    looking = looker(write_log(tmp_path, loop(3)))
    looking.look()
    (path,) = tmp_path.glob("*/*.jsonl")
    path.rename(path.with_name(f"{path.stem}.1.jsonl"))
    write_log(tmp_path, loop(1, NOW - 50.0, first=9_100))
    (finding,) = looking.look()["billing_reconciler"]
    assert finding.times == 4


def test_of_many_events_the_first_and_the_newest_are_named(tmp_path: Path) -> None:
    events = loop(500, NOW - 5_000.0)
    found = looker(write_log(tmp_path, events)).look()["billing_reconciler"]
    (finding,) = (each for each in found if each.kind == "tool_loop")
    assert finding.times == 500
    assert set(finding.events) == {*event_ids(events)[:100], *event_ids(events)[-100:]}


def test_no_more_is_read_than_the_newest_part(tmp_path: Path) -> None:
    write_log(tmp_path, [*loop(14, NOW - 9_000.0), *steps(400, NOW - 8_000.0, first=10_000)])
    files = scan(tmp_path, ()).files
    assert Recent(files).findings()
    assert Recent(files, most_bytes=100_000).findings() == []


def test_what_has_outgrown_its_part_is_begun_anew(tmp_path: Path) -> None:
    write_log(tmp_path, loop(3))
    recent = Recent(scan(tmp_path, ()).files, grown_bytes=2_000)
    assert not recent.outgrown
    write_log(tmp_path, steps(4, first=9_100))
    assert recent.read(scan(tmp_path, ()).files)
    assert recent.outgrown


def test_what_is_two_days_old_is_no_news(tmp_path: Path) -> None:
    events = [*loop(14, NOW - 2 * 86_400.0), make_event(1, "billing_reconciler", NOW)]
    assert looker(write_log(tmp_path, events)).look() == {}


def test_a_tool_named_by_half_a_character(tmp_path: Path) -> None:
    events = loop(5)
    for event in events:
        event["casted_response"]["content"][0]["name"] = "\ud800"
    lines = [json.dumps(event).encode() + b"\n" for event in events]
    (finding,) = looker(write_log(tmp_path, lines, "billing_reconciler")).look()["billing_reconciler"]
    assert finding.subject == "?"
