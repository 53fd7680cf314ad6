"""Rows of the changelog: written whole, strictly JSON, read with tolerance."""

from __future__ import annotations

import json
import os
import threading
from datetime import UTC, datetime
from pathlib import Path

import pytest

from capture.shadow import Changelog, ChangelogRow, FileChange, ShadowGit, read_changelog
from tests.capture.shadow.folders import write

WHEN = datetime(2026, 11, 24, 12, tzinfo=UTC)


def change(path: str = "a.txt", **more: object) -> FileChange:
    """A change of a text."""
    fields = {"kind": "modify", "before_oid": "1" * 40, "after_oid": "2" * 40, "diff": "", "added": 1}
    fields |= {"removed": 0, "content_before": "", "content_after": "x\n"}
    return FileChange(path=path, **(fields | more))  # type: ignore[arg-type]


async def test_what_a_step_changed_comes_back_from_the_file(
    shadow: ShadowGit, work: Path, tmp_path: Path
) -> None:
    write(work, b"name \xff\n", b"x\n")
    write(work, b"README.md", b"# Notes\nmore\n")
    write(work, b"logo.bin", b"\0")
    changes = (await shadow.snapshot("_step_1_7")).changes
    log = Changelog(tmp_path / "state_changelog.jsonl")
    log.append(1, None, 7, WHEN, changes)
    log.append(2, 3, 1, WHEN, [])
    found = read_changelog(log.path)
    assert found.rows == tuple(ChangelogRow("2026-11-24T12:00:00+00:00", 1, None, 7, c) for c in changes)
    assert found.unreadable == 0
    assert log.path.stat().st_mode & 0o777 == 0o600


def test_a_row_is_as_documented(tmp_path: Path) -> None:
    log = Changelog(tmp_path / "log")
    log.append(1, 2, 7, WHEN, [change(content_before=None, kind="add", before_oid=None)])
    assert json.loads(log.path.read_bytes()) == {
        "timestamp": "2026-11-24T12:00:00+00:00",
        "session_index": 1,
        "replicate": 2,
        "step_id": 7,
        "file_path": "a.txt",
        "kind": "add",
        "diff": "",
        "diff_stats": {"added": 1, "removed": 0},
        "before_oid": None,
        "after_oid": "2" * 40,
        "content_after": "x\n",
    }


def test_a_name_that_is_not_utf8_is_strict_json_and_not_lost(tmp_path: Path) -> None:
    log = Changelog(tmp_path / "log")
    log.append(1, None, 1, WHEN, [change(os.fsdecode(b"caf\xe9"))])
    row = json.loads(log.path.read_bytes().decode("utf-8"))
    assert (row["file_path"], row["file_path_base64"]) == ("caf\ufffd", "Y2Fm6Q==")
    assert read_changelog(log.path).rows[0].change.path == os.fsdecode(b"caf\xe9")


def test_rows_of_others_are_read(tmp_path: Path) -> None:
    row = {"timestamp": "2026-11-23T11:28:02.323924+00:00", "session_index": 1, "step_id": 7}
    row |= {"file_path": "MEMORY.md", "diff": "--- MEMORY.md\n", "diff_stats": {"added": 1, "removed": 0}}
    (tmp_path / "log").write_text(json.dumps(row | {"content_before": "a\n", "content_after": "a\nb\n"}))
    (found,) = read_changelog(tmp_path / "log").rows
    assert (found.session_index, found.replicate, found.step_id) == (1, None, 7)
    assert (found.change.path, found.change.kind, found.change.added) == ("MEMORY.md", "modify", 1)
    assert found.change.before_oid is None


def test_torn_and_foreign_lines_are_counted_and_the_next_row_starts_anew(tmp_path: Path) -> None:
    log = Changelog(tmp_path / "log")
    log.append(1, None, 1, WHEN, [change("one")])
    with log.path.open("ab") as file:
        file.write(b'[]\n{"file_path": 3}\n\xff\n\n{"file_path": "to')
    log.append(1, None, 2, WHEN, [change("two")])
    found = read_changelog(log.path)
    assert [row.change.path for row in found.rows] == ["one", "two"]
    assert found.unreadable == 4
    assert read_changelog(tmp_path / "none").rows == ()


@pytest.mark.parametrize("field", ["session_index", "replicate", "step_id", "diff_stats", "kind", "diff"])
@pytest.mark.parametrize("value", ["x", [], None, True, {"added": "many"}])
def test_a_field_of_another_kind_does_not_cost_the_row(tmp_path: Path, field: str, value: object) -> None:
    (tmp_path / "log").write_text(json.dumps({"file_path": "a", field: value}))
    assert [row.change.path for row in read_changelog(tmp_path / "log").rows] == ["a"]


def test_several_may_append_at_once(tmp_path: Path) -> None:
    def append(number: int) -> None:
        log = Changelog(tmp_path / "log")
        for step in range(30):
            log.append(1, number, step, WHEN, [change("p" * 3000), change("q")])

    threads = [threading.Thread(target=append, args=(n,)) for n in range(1, 5)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    found = read_changelog(tmp_path / "log")
    assert (len(found.rows), found.unreadable) == (240, 0)
