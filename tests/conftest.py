"""What all tests share: a home of their own, a still picture, and baselines kept in `snapshots/`."""

from __future__ import annotations

import os

os.environ["TEXTUAL_ANIMATIONS"] = "none"  # read once, when the toolkit is imported

import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, settings
from pytest_textual_snapshot import SVGImageExtension
from syrupy.assertion import SnapshotAssertion
from syrupy.location import PyTestLocation
from textual.app import App

import widgets.status_line
from tests.quiet import wait_for_the_loop

SNAPSHOTS = Path(__file__).parent.parent / "snapshots"
SIZES = ((80, 24), (120, 40))
"""The terminal sizes that every picture is drawn at, columns and lines."""

# The same examples every time, for as long as they take: a busy machine is no fault, and a new example that
# fails is found by who looks for it (HYPOTHESIS_PROFILE=default), not by who changed something else.
settings.register_profile(
    "suite", deadline=None, derandomize=True, suppress_health_check=[HealthCheck.too_slow]
)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "suite"))

LEAKY = ("NO_COLOR", "TMUX", "TESSEN_LOG_DIR", "TESSEN_AGENT_NAME", "TESSEN_API_KEY")


def pytest_configure(config: pytest.Config) -> None:
    """Baselines of all tests share one folder, of which syrupy warns; nothing is left to the clock."""
    wait_for_the_loop()
    widgets.status_line.FLASH_S = 3600.0  # what is said for a few seconds stands until a test has looked
    config.addinivalue_line("filterwarnings", r"ignore:[\s\S]*Can not relate snapshot location")


@pytest.fixture(autouse=True)
def home(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """Settings, caches and logs of the person who runs the tests stay out of them; local time is UTC."""
    folder = tmp_path_factory.mktemp("home")
    monkeypatch.setenv("HOME", str(folder))
    for name in ("CONFIG", "CACHE", "STATE", "DATA"):
        monkeypatch.setenv(f"XDG_{name}_HOME", str(folder / name.lower()))
    for name in LEAKY:
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("TESSEN_DISABLE_GIT_LEARN", "1")  # but for the tests of just that
    monkeypatch.setenv("TERM", "xterm-256color")
    monkeypatch.setenv("COLORTERM", "truecolor")
    monkeypatch.setenv("TZ", "UTC")
    time.tzset()
    yield folder
    monkeypatch.undo()
    time.tzset()


class _Baseline(SVGImageExtension):
    """Baselines in one folder, named after the test."""

    @classmethod
    def dirname(cls, *, test_location: PyTestLocation) -> str:
        return str(SNAPSHOTS)


@pytest.fixture
def matches_baseline(snapshot: SnapshotAssertion) -> Callable[[App[Any]], bool]:
    """Whether what a running app shows is what its baseline shows; to be called inside `run_test`.

    A test that draws several pictures gives each a name, such as its size.
    """
    baseline = snapshot.use_extension(_Baseline)

    def compare(app: App[Any], name: str | None = None) -> bool:
        return bool(baseline(name=name) == app.export_screenshot(simplify=False))

    return compare


@pytest.fixture(params=SIZES, ids=lambda size: f"{size[0]}x{size[1]}")
def size(request: pytest.FixtureRequest) -> tuple[int, int]:
    """Each size that pictures are drawn at."""
    return request.param
