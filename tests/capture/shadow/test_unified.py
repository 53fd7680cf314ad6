"""Diffs for reading, compared with those of the real git."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from capture.shadow.unified import MIDDLE_AT_MOST, quoted, unified
from tests.capture.shadow.folders import apply


def unused() -> bytes:
    raise AssertionError("this was to be compared here")


@pytest.mark.parametrize(
    ("before", "after", "diff"),
    [
        (None, b"", ""),
        (b"", b"a\n", "@@ -0,0 +1 @@\n+a\n"),
        (b"a\nb", b"a\nb\n", "@@ -1,2 +1,2 @@\n a\n-b\n\\ No newline at end of file\n+b\n"),
        (b"a\n", None, "@@ -1 +0,0 @@\n-a\n"),
        (b"a\x0cb\n", b"a\x0cc\n", "@@ -1 +1 @@\n-a\x0cb\n+a\x0cc\n"),
        (b"a\n", b"a\n", ""),
        (b"1\n2\n3\n4\n5\n6\n", b"1\n2\n3\n4\n5\n6\n7\n", "@@ -4,3 +4,4 @@\n 4\n 5\n 6\n+7\n"),
    ],
)
def test_a_diff(before: bytes | None, after: bytes | None, diff: str) -> None:
    text, added, removed = unified("f", before, after, unused)
    assert text.partition("+++")[2].partition("\n")[2] == diff
    assert (added, removed) == (text.count("\n+") - bool(text), text.count("\n-"))


LINES = st.lists(st.sampled_from([b"a\n", b"b\n", b"c\n", b"\n"]), max_size=25).map(b"".join)


@settings(max_examples=25, deadline=None, derandomize=True)
@given(before=LINES, after=LINES, tail=st.sampled_from([b"", b"x"]), other=st.sampled_from([b"", b"x"]))
def test_git_applies_it(
    tmp_path_factory: pytest.TempPathFactory, before: bytes, after: bytes, tail: bytes, other: bytes
) -> None:
    folder: Path = tmp_path_factory.mktemp("diff")
    before, after = before + tail, after + other
    (folder / "f").write_bytes(before)
    apply(unified("f", before, after, unused)[0].encode(), folder)
    assert (folder / "f").read_bytes() == after


def test_a_long_middle_is_left_to_git() -> None:
    before = b"".join(b"%d\n" % i for i in range(MIDDLE_AT_MOST))
    asked: list[bool] = []

    def git() -> bytes:
        asked.append(True)
        return b"diff --git a/1 b/2\nindex 1..2 100644\n--- a/1\n+++ b/2\n@@ -1 +1 @@\n-x\n+y\n"

    diff = unified("f", before, before.replace(b"1", b"x"), git)
    assert diff == ("--- a/f\n+++ b/f\n@@ -1 +1 @@\n-x\n+y\n", 1, 1)
    assert asked
    assert unified("f", before, before + b"more\n", unused)[1:] == (1, 0)


@pytest.mark.parametrize(
    ("path", "shown"),
    [("a b/c", "a b/c"), ("a\nb", '"a\\nb"'), ("\udcff", '"\\377"'), ("é", '"\\303\\251"'), ('"', '"\\""')],
)
def test_names_are_quoted_as_git_does(path: str, shown: str) -> None:
    assert quoted(path) == shown
