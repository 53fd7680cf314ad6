"""The pane refuses waits that are over before the key before them has done anything."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.e2e.pane import Pane


@pytest.fixture
def pane(tmp_path: Path) -> Iterator[Pane]:
    """A program that says again what it is told, and that it is there."""
    with Pane(["sh", "-c", "echo here; stty -echo; echo ready; exec cat -v"], tmp_path) as pane:
        pane.wait_for("ready")
        yield pane


def test_what_was_there_before_is_not_an_effect(pane: Pane) -> None:
    pane.keys("a", "Enter")
    pane.wait_for("here")
    with pytest.raises(AssertionError, match=r"on the screen before .*'a'.*here"):
        pane.keys("b")
    pane.wait_for("a\n")
    pane.keys("b", "Enter")
    pane.wait_for("b\n")


def test_nor_is_it_at_the_end(tmp_path: Path) -> None:
    with pytest.raises(AssertionError, match="on the screen before"), Pane(["cat"], tmp_path) as pane:
        pane.keys("a")
        pane.wait_for("a")
        pane.keys("b")
        pane.wait_for("a")


def test_nothing_follows_escape_at_once(pane: Pane) -> None:
    with pytest.raises(AssertionError, match="right behind Escape"):
        pane.keys("Escape", "a")
    pane.keys("Escape")
    with pytest.raises(AssertionError, match="right behind Escape"):
        pane.type("a")


def test_what_has_gone_again_was_said(tmp_path: Path) -> None:
    flash = "read _; printf 'a moment'; printf '\\033[2J\\033[Hgone'; exec cat"
    with Pane(["sh", "-c", flash], tmp_path) as pane:
        pane.keys("Enter")
        pane.wait_for("gone")
        pane.wait_until_said("a moment")
