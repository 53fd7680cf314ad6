"""Working directories with everything in them, and readers other than ours."""

from __future__ import annotations

import json
import os
import socket
import subprocess
from pathlib import Path

from tests.runs import Ran, run, sessions

SCRIPT = """
rules:
  - match: {turn: 0}
    answer:
      tool_calls:
        - name: Bash
          arguments:
            command: "env; git status --short; echo x >> nested/in; printf y > $(printf 'b\\\\377'); rm loose"
otherwise: {text: done}
"""


def surroundings(work: Path) -> None:
    work.mkdir()
    git = ["git", "-C", str(work), "-c", "user.name=u", "-c", "user.email=e@x"]
    subprocess.run(["git", "init", "-q", str(work)], check=True)
    (work / "kept").write_text("kept\n")
    subprocess.run([*git, "add", "kept"], check=True)
    subprocess.run([*git, "commit", "-qm", "first"], check=True)
    (work / "kept").write_text("changed\n")
    (work / "staged").write_text("staged\n")
    subprocess.run([*git, "add", "staged"], check=True)
    subprocess.run(["git", "init", "-q", str(work / "nested")], check=True)
    (work / "loose").symlink_to("/etc")
    (work / "a\nb").write_text("newline\n")
    os.mkfifo(work / "pipe")
    with socket.socket(socket.AF_UNIX) as listening:
        here = os.open(work, os.O_RDONLY)
        listening.bind(f"/proc/self/fd/{here}/socket")  # whose own path may be too long for one
        os.close(here)


def status(work: Path) -> str:
    command = ["git", "-C", str(work), "status", "--short", "-uno"]
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout


async def test_any_working_directory_will_do_and_the_users_repository_is_left_alone(tmp_path: Path) -> None:
    work = tmp_path / "work"
    surroundings(work)
    index, log = (work / ".git/index").read_bytes(), status(work)
    ran = await run(tmp_path, SCRIPT, sessions("go"))
    assert (ran.meta.status, ran.meta.errors) == ("finished", [])
    assert [path for _, _, path in ran.changes()] == ["b\ufffd", "loose", "nested/in"]
    assert status(work) == log
    assert (work / ".git/index").read_bytes() == index
    said = ran.steps()[1]["observation"]["results"][0]["content"]
    for hidden in ("GIT_DIR", "HARNESS", "shadow", str(ran.folder.path), "PYTHONPATH"):
        assert hidden not in said  # nothing points the agent to the record


async def test_what_agentlens_reads_of_a_run_is_there(tmp_path: Path) -> None:
    """Its reader takes these keys for granted, and turns into text what it finds."""
    ran: Ran = await run(tmp_path, "rules: []", sessions("go"), tags=["a"])
    meta = json.loads(ran.folder.meta.read_bytes())
    for name in (
        "run_name",
        "model",
        "provider",
        "session_mode",
        "tags",
        "errors",
        "sessions",
        "session_count",
    ):
        assert meta[name] is not None
    for name in ("total_steps", "total_tool_calls", "total_file_writes", "total_compaction_events"):
        assert isinstance(meta[name], int)
    (session,) = meta["sessions"]
    assert {
        "session_index",
        "step_count",
        "tool_call_count",
        "total_cost_usd",
        "resumed_from",
        "error",
    } <= set(session)
    turns = json.loads(ran.session().uuid_map.read_bytes())["turns"]
    assert {"turn_index", "shadow_git_tag", "tool_call_ids", "transcript_tool_result_uuids"} <= set(turns[0])
    (row,) = ran.captures()
    assert {"request_index", "agent_context", "model", "message_count", "usage", "sampling_params"} <= set(
        row
    )
