"""Working directories with a huge file and with very many: a whole run, exact and cheap."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from capture.runs.files import read_lines
from capture.runs.progress import Remark
from capture.shadow.large import LARGE
from capture.shadow.patch import LEFT_OUT
from tests.runs import Ran, apply_patch, files_in, run, sessions

HUGE_SCRIPT = """
rules:
  - match: {turn: 0}
    answer: {tool_calls: [{name: Bash, arguments: {command: "echo x >> notes; tail -c 3 model.bin"}}]}
  - match: {turn: 1}
    answer: {tool_calls: [{name: Bash, arguments: {command: "printf y >> model.bin"}}]}
otherwise: {text: done}
"""
MANY_SCRIPT = """
rules:
  - match: {turn: 0}
    answer: {tool_calls: [{name: Bash, arguments: {command: "echo x > d7/f7; rm -r d3; echo x > d1/new"}}]}
  - match: {turn: 1}
    answer: {tool_calls: [{name: Bash, arguments: {command: "for n in d*/f5; do echo all > $n; done"}}]}
otherwise: {text: done}
"""
A_FOLDER = 100


def on_disk(folder: Path) -> int:
    """Bytes that a folder takes up."""
    return sum(path.lstat().st_blocks * 512 for path in folder.rglob("*"))


def kinds(ran: Ran) -> list[tuple[int, int | None, int, str, str]]:
    rows, _ = read_lines(ran.folder.changelog)
    names = ("session_index", "replicate", "step_id", "file_path", "kind")
    return sorted(tuple(row.get(name) or 0 for name in names) for row in rows)


@pytest.mark.parametrize("size", [LARGE + 1, pytest.param(1 << 30, marks=pytest.mark.soak)])
async def test_a_huge_file(tmp_path: Path, size: int) -> None:
    (tmp_path / "work").mkdir()
    with (tmp_path / "work" / "model.bin").open("wb") as file:
        file.truncate(size - 3)
        file.seek(size - 3)
        file.write(b"end")
    ran = await run(
        tmp_path,
        HUGE_SCRIPT,
        [{"session_index": 1, "prompt": "go"}, {"session_index": 2, "prompt": "go", "count": 2}],
    )
    assert (ran.meta.status, ran.meta.errors) == ("finished", [])
    assert [each for each in ran.progress if isinstance(each, Remark)] == []
    assert kinds(ran) == [
        (1, 0, 2, "notes", "add"),
        (1, 0, 3, "model.bin", "large"),
        (2, 1, 2, "notes", "modify"),
        (2, 1, 3, "model.bin", "large"),
        (2, 2, 2, "notes", "modify"),
        (2, 2, 3, "model.bin", "large"),
    ]
    said = [ran.steps(*which)[1]["observation"]["results"][0]["content"] for which in ((1,), (2, 1), (2, 2))]
    assert said == ["end", "ndy", "ndy"]  # replicates begin with the file itself

    assert (ran.work_dir / "model.bin").stat().st_size == size + 1
    assert on_disk(ran.work_dir) + on_disk(ran.folder.path) < 2_000_000
    assert f"{LEFT_OUT}{json.dumps('model.bin')}\n" in ran.folder.diff.read_text()
    (tmp_path / "start").mkdir()
    (tmp_path / "start" / "MEMORY.md").write_text("# Notes\n")
    apply_patch(ran.folder.diff, tmp_path / "start")
    assert files_in(tmp_path / "start") == {"MEMORY.md": "# Notes\n", "notes": "x\n"}


def fill(folder: Path, count: int) -> None:
    folder.mkdir()
    (folder / "MEMORY.md").write_text("# Notes\n")
    for number in range(count):
        if number % A_FOLDER == 0:
            (folder / f"d{number // A_FOLDER}").mkdir()
        (folder / f"d{number // A_FOLDER}" / f"f{number % A_FOLDER}").write_text(f"{number}\n")


@pytest.mark.parametrize("count", [1_500, pytest.param(50_000, marks=pytest.mark.soak)])
async def test_very_many_files(tmp_path: Path, count: int) -> None:
    fill(tmp_path / "work", count)
    fill(tmp_path / "start", count)
    ran = await run(tmp_path, MANY_SCRIPT, sessions("go"))
    assert (ran.meta.status, ran.meta.errors) == ("finished", [])
    changed = kinds(ran)
    assert [row for row in changed if row[2] == 2] == [
        (1, 0, 2, "d1/new", "add"),
        *((1, 0, 2, name, "delete") for name in sorted(f"d3/f{n}" for n in range(A_FOLDER))),
        (1, 0, 2, "d7/f7", "modify"),
    ]
    folders = [number for number in range(count // A_FOLDER) if number != 3]
    assert [row for row in changed if row[2] != 2] == [
        (1, 0, 3, name, "modify") for name in sorted(f"d{number}/f5" for number in folders)
    ]
    apply_patch(ran.folder.diff, tmp_path / "start")
    assert files_in(tmp_path / "start") == files_in(ran.work_dir)
    assert len(list((ran.folder.shadow / "objects").rglob("*"))) < 1_000  # they are packed
