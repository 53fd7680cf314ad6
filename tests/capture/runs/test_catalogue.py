"""The catalogue of runs: what it says of each folder, and how little it reads again."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from capture.runs import catalogue
from capture.runs.catalogue import Catalogue, under_their_sources
from capture.runs.filtering import RUN_FIELDS, run_test
from capture.runs.folder import RunFolder
from capture.runs.locks import hold
from tessen.query import parse_query
from tests.app_runs import meta_only as write

FIELDS = {field.name: field for field in RUN_FIELDS}
NOW = 1_795_400_000.0


@pytest.fixture
def runs(tmp_path: Path) -> Path:
    write(tmp_path, "old", model="claude-haiku-4-5", total_cost_usd=0.5, tags=["base line"], total_steps=40)
    write(
        tmp_path, "new", engine="codex", started_at="2026-11-23T04:00:00", total_steps=7, errors=["it broke"]
    )
    write(tmp_path, "again", replay_source="old", replay_turn=2, started_at="2026-11-23T05:00:00+00:00")
    write(tmp_path, "and-again", replay_source="again", judge_flagged_sessions=2)
    write(tmp_path, "killed", status="running", started_at="2026-11-22T03:00:00+00:00")
    (tmp_path / "torn").mkdir()
    (tmp_path / "torn" / "run_meta.json").write_text('{"run_')
    (tmp_path / "headless").mkdir()
    (tmp_path / "headless" / "config.yaml").write_text("model: x\n")
    (tmp_path / "no run").mkdir()
    (tmp_path / "a file").touch()
    return tmp_path


def test_every_folder_is_listed_the_unreadable_ones_with_the_reason(runs: Path) -> None:
    rows = {row.name: row for row in Catalogue(runs).read()}
    assert {name: row.state for name, row in rows.items()} == {
        **{"old": "finished", "new": "finished", "again": "finished", "and-again": "finished"},
        **{"killed": "interrupted", "torn": "broken", "headless": "broken"},
    }
    assert rows["torn"].problem.startswith("not JSON")
    assert rows["headless"].problem == "No such file or directory"
    assert rows["new"].started - rows["old"].started == 3600
    assert rows["new"].errors == 1
    assert (rows["old"].engine, rows["new"].engine) == ("claude_code", "codex")


def test_replays_stand_under_their_source(runs: Path) -> None:
    rows = Catalogue(runs).read()
    assert [(row.name, depth) for row, depth in under_their_sources(rows)] == [
        *[("new", 0), ("old", 0), ("again", 1), ("and-again", 2), ("killed", 0), ("headless", 0), ("torn", 0)]
    ]
    alone = [row for row in rows if row.name == "again"]
    assert [depth for _, depth in under_their_sources(alone)] == [0]


def test_runs_that_replay_each_other_are_not_lost(tmp_path: Path) -> None:
    write(tmp_path, "a", replay_source="b")
    write(tmp_path, "b", replay_source="a")
    write(tmp_path, "self", replay_source="self")
    assert len(under_their_sources(Catalogue(tmp_path).read())) == 3


def test_only_what_changed_is_parsed_again(runs: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    parsed: list[str] = []
    read_meta = catalogue.read_meta
    monkeypatch.setattr(catalogue, "read_meta", lambda run: parsed.append(run.path.name) or read_meta(run))
    there = Catalogue(runs)
    there.read()
    assert len(parsed) == 7
    parsed.clear()
    there.read()
    assert parsed == []
    (runs / "torn" / "run_meta.json").write_text('{"run_name": "torn"}')
    assert "torn" not in [row.name for row in there.read() if row.problem]
    assert parsed == ["torn"]


def test_a_session_that_does_not_say_how_it_ended_makes_no_living_run(tmp_path: Path) -> None:
    run = RunFolder(write(tmp_path, "old", sessions=[{"session_index": 1}]))
    there = Catalogue(tmp_path)
    assert not there.read()[0].moving
    run.session(1).path.mkdir()
    held = hold(run.session(1).lock)
    write_again = run.meta.read_bytes().replace(b"old", b"the old")
    run.meta.write_bytes(write_again)
    assert there.read()[0].moving
    os.close(held)


@pytest.mark.parametrize(
    ("query", "names"),
    [
        ("state:broken", ["headless", "torn"]),
        ("model:*haiku*", ["old"]),
        ('tag:"base line"', ["old"]),
        ("engine:codex errors>0", ["new"]),
        ("steps>=40", ["old"]),
        ("source:old", ["again"]),
        ("flagged:yes", ["and-again"]),
        ("cost>0.10 -run:new", ["old"]),
        ("broke", ["new"]),
        ("until:2026-11-22T12:00 state:interrupted", ["killed"]),
        ("nonsense:x state:broken", ["headless", "torn"]),
    ],
)
def test_filters(runs: Path, query: str, names: list[str]) -> None:
    matches = run_test(parse_query(query, FIELDS), NOW)
    assert sorted(row.name for row in Catalogue(runs).read() if matches(row)) == names
