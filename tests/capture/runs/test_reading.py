"""One session read for a person, also one that another recorder wrote, or that is torn."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from capture.runs.folder import RunFolder
from capture.runs.reading import ReadSession, read_session
from capture.runs.searching import SEARCH_FIELDS, Hit, search_run
from tessen.query import parse_query

FIELDS = {field.name: field for field in SEARCH_FIELDS}


def step(number: int, **fields: Any) -> dict[str, Any]:
    return {"step_id": number, "source": "agent", "message": "", **fields}


@pytest.fixture
def run(tmp_path: Path) -> RunFolder:
    """A session in which a model call is several steps, of which the map names the last."""
    session = tmp_path / "run" / "session_01"
    session.mkdir(parents=True)
    call = {"tool_call_id": "c", "function_name": "Bash", "arguments": {"command": 'echo "Füße"'}}
    steps = [
        step(1, source="user", message="go"),
        step(2, reasoning_content="I am UNSURE of it."),
        step(3, tool_calls=[call], observation={"results": [{"source_call_id": "c", "content": "out"}]}),
        step(4, message="Done, quickly."),
        step(5, message="More."),
        step(6, message="go", is_copied_context=True),
    ]
    trajectory = {"schema_version": "ATIF-v1.6", "agent": {"name": "a", "version": "1"}, "steps": steps}
    (session / "trajectory.json").write_text(json.dumps(trajectory))
    turns = [{"turn_index": 1, "atif_step_ids": [3], "request_file": "request_001.json"}]
    (session / "uuid_map.json").write_text(json.dumps({"turns": [*turns, {"turn_index": "x"}, None]}))
    (session / "judge.jsonl").write_text('{"turn": 1, "flagged": true}\n{"turn": ')
    rows = [
        {"session_index": 1, "step_id": 3, "file_path": "a/b.py", "diff": ""},
        {"session_index": 2, "step_id": 3},
    ]
    (tmp_path / "run" / "state_changelog.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    return RunFolder(tmp_path / "run")


def read(run: RunFolder) -> ReadSession:
    return read_session(run, next(run.sessions()))


def test_steps_of_one_model_call_are_one_turn(run: RunFolder) -> None:
    session = read(run)
    assert session.turns == {2: 1, 3: 1, 4: 2, 5: 3}
    assert session.requests == {1: 1}
    assert [row.change.path for row in session.changes[3]] == ["a/b.py"]
    assert session.verdicts[1] == [{"turn": 1, "flagged": True}]
    assert session.problems == [
        "state_changelog.jsonl: 1 lines could not be read",
        "session_01/judge.jsonl: 1 lines could not be read",
    ]


def test_without_a_trajectory_the_rest_is_there(run: RunFolder) -> None:
    next(run.sessions()).trajectory.write_text("{")
    session = read(run)
    assert (session.steps, session.last_step) == ((), None)
    assert session.problems[0].startswith("session_01/trajectory.json: not JSON")
    assert session.verdicts


@pytest.mark.parametrize(
    ("asked", "steps"),
    [
        ("unsure", [2]),
        ("thought:*unsure*", [2]),
        ("said:*unsure*", []),
        ("Füße", [3]),
        ('"echo \\"Füße"', [3]),
        ("tool:bash", [3]),
        ("tool:Write", []),
        ("file:*.py", [3]),
        ("file:*.py out", [3]),
        ("-tool:bash quickly", [4]),
        ("go", [1]),
    ],
)
def test_search(run: RunFolder, asked: str, steps: list[int]) -> None:
    assert search_run(run.path, parse_query(asked, FIELDS)) == [Hit(1, None, number) for number in steps]


def test_search_in_what_is_no_run(tmp_path: Path) -> None:
    assert search_run(tmp_path / "nowhere", parse_query("x", FIELDS)) == []
