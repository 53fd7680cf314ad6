from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tessen import paths


def test_log_dir_is_the_variable_else_in_the_home(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert paths.default_log_dir() == home / ".tessen" / "logs"
    monkeypatch.setenv("TESSEN_LOG_DIR", "  ~/elsewhere ")
    assert paths.default_log_dir() == home / "elsewhere"
    monkeypatch.setenv("TESSEN_LOG_DIR", "   ")
    assert paths.default_log_dir() == home / ".tessen" / "logs"


@pytest.mark.parametrize(
    ("name", "safe"),
    [
        ("billing-agent_2.x", "billing-agent_2.x"),
        ("a/b\\c d", "a_b_c_d"),
        ("../../etc", "_.._etc"),
        (".hidden", "hidden"),
        ("-rf", "rf"),
        ("", "unknown_agent"),
        ("...", "unknown_agent"),
        ("büro", "b_ro"),
    ],
)
def test_safe_agent(name: str, safe: str) -> None:
    assert paths.safe_agent(name) == safe


@given(st.text())
def test_any_name_makes_a_folder_name(name: str) -> None:
    safe = paths.safe_agent(name)
    assert 0 < len(safe.encode()) <= paths.MAX_AGENT_BYTES
    assert "/" not in safe
    assert safe[0] not in ".-"


def test_long_names_that_begin_alike_stay_apart() -> None:
    assert paths.safe_agent("x" * 200 + "a") != paths.safe_agent("x" * 200 + "b")


def test_files_are_ordered_by_date_and_number(tmp_path: Path) -> None:
    names = ["2026-11-23.10.jsonl", "2026-11-23.jsonl", "2026-11-23.2.jsonl", "2026-11-22.jsonl"]
    for name in [*names, "notes.txt", "2026-11-23.jsonl.gz", "2026-11-23.02.jsonl", "x2026-11-23.jsonl"]:
        (tmp_path / name).touch()
    found = [path.name for path in paths.log_files(tmp_path)]
    assert found == [names[3], names[1], names[2], names[0]]


def test_a_missing_folder_has_no_files(tmp_path: Path) -> None:
    assert paths.log_files(tmp_path / "nothing") == []


def test_names_are_read_as_they_are_written() -> None:
    for number in (0, 1, 12):
        assert paths.parse_log_name(paths.log_name("2026-11-23", number)) == ("2026-11-23", number)
