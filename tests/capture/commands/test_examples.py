"""Every example runs, as it stands, against a scripted model."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from capture.runs.folder import RunFolder
from tests.runs import checked, files_in

ROOT = Path(__file__).parents[3]
CONFIGS = sorted(
    path.name for path in (ROOT / "examples").glob("*.yaml") if "sessions" in yaml.safe_load(path.read_text())
)
EXPECTED_SESSIONS = {"forked.yaml": 4, "claude-code.yaml": 1, "judged.yaml": 1}


@pytest.fixture
def examples(tmp_path: Path) -> Path:
    return Path(shutil.copytree(ROOT / "examples", tmp_path / "examples"))


@pytest.mark.parametrize("name", CONFIGS)
def test_it_runs(examples: Path, name: str) -> None:
    before = files_in(examples / "project")
    script = [] if name == "demo.yaml" else ["--script", "examples/stand-in.yaml"]
    command = [sys.executable, "-P", "-c", "from capture.cli import main; main()", "run", f"examples/{name}"]
    done = subprocess.run(
        [*command, *script, "--run-name", "it", "--json"],
        cwd=examples.parent,
        capture_output=True,
        text=True,
        check=False,
        timeout=240,
    )
    assert done.returncode == 0, done.stderr
    assert all("test_basket.py" in line for line in done.stderr.splitlines())  # which nobody mended
    meta = json.loads(done.stdout)
    assert meta["status"] == "finished"
    assert meta["session_count"] == EXPECTED_SESSIONS.get(name, 2)
    assert meta["total_file_writes"] > 0
    checked(RunFolder(examples.parent / "runs" / "it"))
    assert files_in(examples / "project") == before  # they all put it back
    if name == "demo.yaml":
        steps = json.loads((examples.parent / "runs/it/session_01/trajectory.json").read_bytes())["steps"]
        assert "all good" in steps[2]["observation"]["results"][1]["content"]


def test_there_is_one_for_each_mode_and_engine() -> None:
    loaded = [yaml.safe_load((ROOT / "examples" / name).read_text()) for name in CONFIGS]
    assert {each.get("session_mode", "isolated") for each in loaded} == {"isolated", "chained", "forked"}
    assert {each["engine"] for each in loaded} == {"builtin", "claude_code", "codex"}
