"""The installed programs, in real panes, over folders of the test's own."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from capture.scripted import ScriptedServer
from tests.e2e.pane import Pane

APP = Path(sys.executable).parent / "tessen-tui"

Run = Callable[..., Pane]


@pytest.fixture
def log_dir(tmp_path: Path) -> Path:
    """Where the log folder will be; nothing is there yet."""
    return tmp_path / "logs"


@pytest.fixture
def run_app(tmp_path: Path, log_dir: Path) -> Iterator[Run]:
    """Start `tessen-tui` over the log folder in a pane of a given size; ended with the test."""
    panes: list[Pane] = []

    def run(*words: str, size: tuple[int, int] = (80, 24), term: str = "tmux-256color", **env: str) -> Pane:
        apart = {"XDG_CACHE_HOME": str(tmp_path / "cache"), "XDG_CONFIG_HOME": str(tmp_path / "config")}
        argv = [str(APP), *words, *([] if "--demo" in words else ["--log-dir", str(log_dir)])]
        pane = Pane(argv, tmp_path, size, {**apart, **env}, term)
        panes.append(pane)
        return pane

    yield run
    for pane in panes:
        pane.__exit__(None, None, None)


@pytest.fixture
def agent(tmp_path: Path, log_dir: Path) -> Iterator[Callable[..., None]]:
    """Run a few lines of an agent that records into the log folder (`record`)."""

    def run(name: str, lines: str, *answers: object) -> None:
        record(tmp_path, log_dir, name, lines, *answers)

    return run


def record(folder: Path, log_dir: Path, name: str, lines: str, *answers: object) -> None:
    """Run a few lines of an agent that records with the real SDK against a scripted model.

    Args:
        folder: an existing folder for its script.
        log_dir: where it records.
        name: the agent's name.
        lines: what it does; they find `Anthropic` imported.
        answers: what the model says, in turn.
    """
    script = folder / f"{name}.py"
    script.write_text("import tessen; tessen.init()\nfrom anthropic import Anthropic\n" + lines)
    with ScriptedServer(list(answers)) as server:
        env = {
            **os.environ,
            "TESSEN_LOG_DIR": str(log_dir),
            "TESSEN_AGENT_NAME": name,
            "ANTHROPIC_BASE_URL": server.url,
            "ANTHROPIC_API_KEY": "sk-ant-secret-of-the-test",
        }
        subprocess.run([sys.executable, str(script)], env=env, check=True, timeout=120)
