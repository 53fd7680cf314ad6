"""Whatever ends the harness, a readable folder stays and no process does."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
import yaml

from capture.engines.keeper import descendants
from capture.runs.folder import RunFolder
from capture.runs.meta import read_meta
from tests.runs import GPT, MODEL, checked, until

HARNESS = [sys.executable, "-P", "-c", "from capture.cli import main; main()"]
COMMAND = "echo x > a.txt; setsid sleep {n} & (trap '' INT TERM; sleep {n}) & touch started; sleep {n}"
ENGINES = {
    "builtin": ("Bash", "command", MODEL),
    "claude_code": ("Bash", "command", MODEL),
    "codex": ("exec_command", "cmd", GPT),
}


def configured(base: Path, engine: str, seconds: int) -> Path:
    tool, argument, model = ENGINES[engine]
    call = {"name": tool, "arguments": {argument: COMMAND.format(n=seconds)}}
    script = {"rules": [{"match": {"tool_result": False}, "answer": {"tool_calls": [call]}}]}
    (base / "script.yaml").write_text(yaml.safe_dump(script))
    (base / "work").mkdir()
    config = {
        "engine": engine,
        "model": model,
        "work_dir": "work",
        "script": "script.yaml",
        "sessions": [{"session_index": 1, "prompt": "go"}, {"session_index": 2, "prompt": "never"}],
        "post_run_commands": [{"command": 'echo after >> "$HARNESS_WORK_DIR/../after"'}],
    }
    (base / "run.yaml").write_text(yaml.safe_dump(config))
    return base / "run.yaml"


def sleeping(seconds: int) -> list[int]:
    """The processes that sleep so long."""
    wanted = f"sleep\0{seconds}\0".encode()
    found = []
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            if (folder / "cmdline").read_bytes() == wanted:
                found.append(int(folder.name))
        except OSError:
            continue
    return found


def wait(holds: Callable[[], bool]) -> None:
    asyncio.run(until(holds))


@pytest.mark.parametrize(
    ("engine", "how"),
    [
        ("builtin", signal.SIGINT),
        ("builtin", signal.SIGKILL),
        ("claude_code", signal.SIGTERM),
        ("claude_code", signal.SIGKILL),
        ("codex", signal.SIGKILL),
    ],
)
def test_a_signal(tmp_path: Path, engine: str, how: signal.Signals) -> None:
    seconds = 100_000 + os.getpid() % 10_000 * 10 + how  # told apart from those of other tests
    config = configured(tmp_path, engine, seconds)
    folder = RunFolder(tmp_path / "runs" / "it")
    arguments = ["run", str(config), "--run-name", "it", "--runs-dir", str(tmp_path / "runs")]
    with subprocess.Popen(
        [*HARNESS, *arguments], cwd=tmp_path, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as process:
        try:
            wait(lambda: (tmp_path / "work/started").exists() and len(sleeping(seconds)) == 3)
            wait(lambda: read_meta(folder).total_tool_calls == 1)
            wait(folder.session(1).transcript.exists)
            assert read_meta(folder).status == "running"
            family = descendants(process.pid)
            process.send_signal(how)
            _, err = process.communicate(timeout=60)
        finally:
            process.kill()
    wait(lambda: not any(Path(f"/proc/{each}").exists() for each in family))
    assert sleeping(seconds) == []

    meta = read_meta(folder)
    assert (meta.status, len(meta.sessions)) == ("interrupted", 1)
    assert (meta.sessions[0].stop_reason, meta.sessions[0].num_turns) == ("interrupted", 1)
    checked(folder)
    assert folder.session(1).transcript.exists()
    assert "Traceback" not in err
    if how != signal.SIGKILL:
        assert process.returncode == 130
        assert "+x" in folder.diff.read_text()
        assert (tmp_path / "after").read_text() == "after\n"
        assert not folder.homes.exists()
