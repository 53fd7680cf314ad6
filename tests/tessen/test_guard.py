"""What is said of the recorder's own failures, and that saying it harms nobody either."""

from __future__ import annotations

import sys

import pytest

from tessen import _guard


class Failing:
    """A program's own stderr, such as one that logs, which fails in a way of its own."""

    def write(self, text: str) -> int:
        raise KeyError(text)

    def flush(self) -> None:
        raise AssertionError("nothing was written")


@_guard.guarded("doing it")
def fail() -> None:
    raise LookupError("ours")


@pytest.fixture(autouse=True)
def first_failure(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tessen._guard._count", iter(range(1, 99)))


def test_the_first_failure_is_one_line_and_the_others_are_none(capsys: pytest.CaptureFixture[str]) -> None:
    fail()
    fail()
    said = capsys.readouterr()
    assert said.out == ""
    assert said.err.startswith("tessen: doing it failed (LookupError); the program is not affected.")
    assert said.err.count("\n") == 1


def test_every_failure_in_full_where_that_is_asked_for(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("TESSEN_DEBUG", "1")
    fail()
    fail()
    assert capsys.readouterr().err.count("LookupError: ours") == 2


@pytest.mark.parametrize("stderr", [None, Failing()], ids=["closed", "failing"])
@pytest.mark.parametrize("debug", ["", "1"])
def test_where_there_is_no_stderr_nothing_is_said(
    stderr: object, debug: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """A program that was started with stderr closed has None for it, and `print` takes that for stdout."""
    monkeypatch.setenv("TESSEN_DEBUG", debug)
    monkeypatch.setattr(sys, "stderr", stderr)
    fail()
    _guard.say("and more")
    assert capsys.readouterr().out == ""
