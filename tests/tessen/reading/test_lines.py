"""Lines forward and backward: each once, however they are cut into blocks; and no more read than needed."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tessen.reading import lines

LINES = st.lists(st.binary(max_size=40).map(lambda raw: raw.replace(b"\n", b"")), max_size=30)


@pytest.fixture(scope="module")
def path(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("lines") / "log.jsonl"


@settings(max_examples=80, deadline=None)
@given(LINES, st.booleans(), st.integers(0, 600), st.integers(1, 50))
def test_each_line_comes_once_both_ways(
    path: Path, content: list[bytes], ended: bool, middle: int, block: int
) -> None:
    data = b"\n".join(content) + (b"\n" if ended and content else b"")
    path.write_bytes(data)
    expected = [line for line in data.split(b"\n") if line]
    with pytest.MonkeyPatch.context() as patch, lines.opened(path) as fd:
        patch.setattr(lines, "_BLOCK", block)
        parts = [*lines.forward(fd, 0, middle), *lines.forward(fd, middle, len(data))]
        assert [line for part in parts for line in part if line] == expected
        back = list(lines.backward(fd, len(data)))
        forth = [*lines.placed(fd, 0, middle), *lines.placed(fd, middle, len(data), at_once=block)]
    assert [line.data for line in reversed(back)] == expected
    assert back == [line for line in reversed(forth) if line.data]
    assert all(data[line.start : line.stop] == line.data for line in (*forth, *back))


def test_a_line_that_is_too_long_is_told_and_passed_over(path: Path) -> None:
    path.write_bytes(b"first\n" + b"x" * 3_000_000 + b"\nlast\n")
    with lines.opened(path) as fd:
        forward = [line for part in lines.forward(fd, 0, 10**7, max_line=1_000_000) for line in part]
        placed = list(lines.placed(fd, 0, 10**7, max_line=1_000_000))
        backward = list(lines.backward(fd, path.stat().st_size, max_line=1_000_000))
    assert forward == [b"first", None, b"last"]
    assert placed == [(0, b"first", 5), (6, None, 3_000_006), (3_000_007, b"last", 3_000_011)]
    assert [line for line in placed if line.data != b""] == backward[::-1]


def test_the_last_lines_cost_what_they_are_long(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path.write_bytes((b"x" * 999 + b"\n") * 20_000)
    read: list[int] = []
    pread = os.pread
    monkeypatch.setattr(os, "pread", lambda fd, size, at: read.append(size) or pread(fd, size, at))
    with lines.opened(path) as fd:
        newest = lines.backward(fd, path.stat().st_size)
        assert len(next(newest).data or b"") == 999
    assert sum(read) <= 1 << 17
