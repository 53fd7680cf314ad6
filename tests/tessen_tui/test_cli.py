"""The command line: what it says, in one line, and with which exit code."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

COMMAND = str(Path(sys.executable).parent / "tessen-tui")


def run(*words: str | Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run([COMMAND, *map(str, words)], capture_output=True, text=True, check=False)


def test_help_has_examples() -> None:
    done = run("--help")
    assert done.returncode == 0
    assert "tessen-tui --demo" in done.stdout
    assert "--log-dir" in done.stdout


def test_version() -> None:
    import tessen

    assert run("--version").stdout == f"tessen-tui {tessen.__version__}\n"


def test_not_a_terminal(tmp_path: Path) -> None:
    done = run("--log-dir", tmp_path)
    assert done.returncode == 1
    assert done.stderr == ("tessen-tui: needs a terminal; in a pipe, read the JSON lines of the log folder\n")


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--theme", "tessen-drak"], "unknown theme 'tessen-drak'; did you mean tessen-dark?"),
        (["--filter", "statsu:error"], "--filter: unknown field 'statsu'; did you mean 'status'?"),
        (["--demo", "billing"], "--demo shows a folder of its own; leave out AGENT and --log-dir"),
        (["run", "nowhere"], "nowhere: no such run; `harness list` shows those there are"),
        (["--config", "/nowhere.toml"], "--config: /nowhere.toml is not a file"),
    ],
)
def test_wrong_usage_is_one_line_and_two(words: list[str], said: str) -> None:
    done = run(*words)
    assert done.returncode == 2
    assert done.stderr == f"tessen-tui: {said}\n"
    assert done.stdout == ""


def test_an_unknown_agent_gets_did_you_mean(tmp_path: Path) -> None:
    (tmp_path / "billing_reconciler").mkdir()
    done = run("biling_reconciler", "--log-dir", tmp_path)
    assert done.returncode == 2
    assert done.stderr.endswith("; did you mean billing_reconciler?\n")


def test_a_log_folder_that_is_a_file(tmp_path: Path) -> None:
    file = tmp_path / "log.jsonl"
    file.write_text("")
    done = run("--log-dir", file)
    assert done.returncode == 2
    assert "is a file" in done.stderr


def test_a_mistake_in_the_settings_file(home: Path) -> None:
    folder = home / "config" / "tessen-tui"
    folder.mkdir(parents=True)
    (folder / "config.toml").write_text("[keys]\n'live.puase' = 'p'\n")
    done = run()
    assert done.returncode == 1
    assert done.stderr.endswith("keys: unknown action 'live.puase'; did you mean 'live.pause'?\n")
    assert done.stderr.count("\n") == 1
