"""Commands before and after the sessions."""

from __future__ import annotations

from pathlib import Path

from tests.runs import Ran, run, sessions

SAYS = "rules: [{answer: {text: hi}}]"
FAILS = "rules: [{answer: {error: {status: 400}}}]"


def log(ran: Ran) -> str:
    return (ran.folder.path / "commands.log").read_text()


async def test_they_know_the_run_and_run_in_order(tmp_path: Path) -> None:
    ran = await run(
        tmp_path,
        SAYS,
        sessions("go"),
        pre_run_commands=[{"command": 'echo seeded > "$HARNESS_WORK_DIR/seed"; pwd', "cwd": str(tmp_path)}],
        post_run_commands=[{"command": 'ls "$HARNESS_RUN_DIR"; cat "$HARNESS_WORK_DIR/seed"'}],
    )
    assert ran.meta.status == "finished"
    assert "session_01\n" in log(ran)
    assert f"\n{tmp_path}\n" in log(ran)
    assert log(ran).endswith("seeded\n")
    assert "seed" in ran.folder.diff.read_text()
    assert ran.session().diff.read_text() == "# No changes\n"  # it was not the agent
    assert ran.changes() == []


async def test_the_later_ones_run_after_a_failure_too(tmp_path: Path) -> None:
    commands = [{"command": "exit 3"}, {"command": "echo still"}, {"command": "exit 4", "check": False}]
    ran = await run(tmp_path, FAILS, sessions("go"), post_run_commands=commands)
    assert ran.meta.status == "failed"
    assert ran.meta.errors[0].startswith("session 1: 400")
    assert ran.meta.errors[1].startswith("command 'exit 3' ended with exit code 3")
    assert len(ran.meta.errors) == 2
    assert "still\n" in log(ran)
    assert any("'exit 4' ended with exit code 4" in str(each) for each in ran.progress)


async def test_one_that_fails_before_keeps_the_agent_from_starting(tmp_path: Path) -> None:
    before = [{"command": "sleep 60", "timeout_seconds": 0.2}]
    ran = await run(
        tmp_path, SAYS, sessions("go"), pre_run_commands=before, post_run_commands=[{"command": "echo after"}]
    )
    assert ran.meta.status == "failed"
    assert ran.meta.errors == ["command 'sleep 60' was still running after 0.2 s"]
    assert (list(ran.folder.sessions()), "after\n" in log(ran)) == ([], True)


async def test_one_that_cannot_start(tmp_path: Path) -> None:
    ran = await run(tmp_path, SAYS, sessions("go"), pre_run_commands=[{"command": "true", "cwd": "/nowhere"}])
    assert ran.meta.errors == ["command 'true' cannot be started: /nowhere: No such file or directory"]
