"""Sessions that join a run, many at once: nothing of anybody's is lost."""

from __future__ import annotations

import json
import os
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from capture.runs.catalogue import Catalogue
from capture.runs.files import make_folder, read_lines
from capture.runs.folder import RunFolder
from capture.runs.joining import Joined, SharedChangelog
from capture.runs.locks import hold
from capture.runs.meta import SessionMeta, read_meta
from capture.shadow import FileChange

AT_ONCE, SAVES = 8, 20


def joined(folder: RunFolder) -> Joined:
    """One that joins, says how far it is very often, and ends."""
    one = Joined(folder, SessionMeta(session_index=2))
    changelog = SharedChangelog(folder)
    for number in range(SAVES):
        one.meta.step_count += 1
        one.meta.total_cost_usd = one.meta.step_count * 0.1
        one.save()
        change = FileChange("a.txt", "modify", None, None, "", 1, 0, None, str(number))
        changelog.append(2, one.meta.replicate, number, "2026-01-01T00:00:00+00:00", [change])
    one.meta.stop_reason = "completed"
    one.complain(f"of {one.meta.name}")
    one.leave()
    return one


def test_many_at_once(tmp_path: Path) -> None:
    folder = RunFolder(tmp_path)
    folder.session(2).path.mkdir()
    rows = [
        {"session_index": 1, "step_count": 5, "theirs": [1]},
        {"session_index": 2, "step_count": 7, "stop_reason": None},
        {"session_index": 3, "step_count": "?"},
    ]
    # killed, by a recorder that counts ten steps which no session has
    folder.meta.write_text(
        json.dumps({"status": "running", "total_steps": 22, "ours": "no", "sessions": rows})
    )
    with ThreadPoolExecutor(AT_ONCE) as pool:
        ended = list(pool.map(joined, [folder] * AT_ONCE))
    assert sorted(each.meta.replicate or 0 for each in ended) == [*range(2, AT_ONCE + 2)]
    meta, data = read_meta(folder), json.loads(folder.meta.read_bytes())
    assert [each.name for each in meta.sessions] == [
        *("1", "2", *(f"2 r{number:02d}" for number in range(2, AT_ONCE + 2)), "3")
    ]
    assert meta.status == data["status"] == "interrupted"
    assert [each.stop_reason for each in meta.sessions] == [
        *("interrupted", "interrupted", *["completed"] * AT_ONCE, "interrupted")
    ]
    assert (data["ours"], data["sessions"][0]["theirs"], data["sessions"][-1]["step_count"]) == (
        "no",
        [1],
        "?",
    )
    assert meta.total_steps == 22 + AT_ONCE * SAVES
    assert meta.total_cost_usd == round(AT_ONCE * SAVES * 0.1, 1)
    assert len(meta.errors) == AT_ONCE
    changes, bad = read_lines(folder.changelog)
    assert (len(changes), bad) == (AT_ONCE * SAVES, 0)


def test_a_list_sees_that_one_was_killed(tmp_path: Path) -> None:
    folder = RunFolder(tmp_path / "run")
    session = folder.session(1, 2)
    make_folder(session.path)
    row = {"session_index": 1, "replicate": 2, "stop_reason": None}
    folder.meta.write_text(json.dumps({"status": "finished", "sessions": [row]}))
    catalogue = Catalogue(tmp_path)
    alive = hold(session.lock)
    (listed,) = catalogue.read()
    assert (listed.state, listed.moving, listed.meta.sessions[0].stop_reason) == ("finished", True, None)
    os.close(alive)  # as the system does
    (listed,) = catalogue.read()
    assert (listed.moving, listed.meta.sessions[0].stop_reason) == (False, "interrupted")
