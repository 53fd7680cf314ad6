"""The keeper: when an agent or the harness ends, nothing of the agent stays."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

from capture.engines import keeper
from capture.engines.processes import AgentProcess, start_process
from tests.runs import until

FAMILY = "setsid sleep {0} & (trap '' INT TERM; sleep {0}; sleep {0}) & echo up; "


async def started(tmp_path: Path, command: str, stdin: bool = False) -> AgentProcess:
    return await start_process(
        ["sh", "-c", command], cwd=tmp_path, env=dict(os.environ), stderr=tmp_path / "err", stdin=stdin
    )


def alive(pids: list[int]) -> list[int]:
    return [pid for pid in pids if pid in keeper.descendants(os.getpid()) or Path(f"/proc/{pid}").exists()]


async def test_what_an_agent_leaves_behind_ends_with_it(tmp_path: Path) -> None:
    process = await started(tmp_path, FAMILY.format(9001) + "read line; echo no more >&2; exit 3", stdin=True)
    lines = process.lines()
    assert await anext(lines) == b"up\n"
    family = keeper.descendants(process.pid)
    assert len(family) >= 3
    await process.write(b"go on\n")
    assert [line async for line in lines] == []
    assert await process.wait() == 3
    assert alive(family) == []
    assert process.complaint() == "no more"


async def test_stopping_takes_steps_and_leaves_nothing(tmp_path: Path) -> None:
    told = "trap 'echo told; exit 0' INT; "
    process = await started(tmp_path, told + FAMILY.format(9002) + "while :; do sleep 0.1; done")
    lines = process.lines()
    await anext(lines)
    family = keeper.descendants(process.pid)
    await process.stop()
    assert [line async for line in lines] == [b"told\n"]  # it was asked before it was made to
    assert alive(family) == []
    await process.stop()  # once more does no harm


async def test_an_agent_that_ignores_everything_is_killed(tmp_path: Path) -> None:
    process = await started(tmp_path, "trap '' INT TERM; echo up; while :; do sleep 0.1; done")
    await anext(process.lines())
    family = keeper.descendants(process.pid)
    await process.stop()
    assert alive(family) == []


async def test_when_the_harness_is_killed_so_is_everything(tmp_path: Path) -> None:
    program = f"""
import asyncio, os
from pathlib import Path
from capture.engines.processes import start_process
async def main():
    here = Path({str(tmp_path)!r})
    process = await start_process(["sh", "-c", {FAMILY.format(9003)!r} + "sleep 9003"],
        cwd=here, env=dict(os.environ), stderr=here / "err")
    async for line in process.lines():
        print(process.pid, flush=True)
asyncio.run(main())
"""
    command = [sys.executable, "-c", program]
    harness = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)  # noqa: ASYNC220 - to be killed
    assert harness.stdout is not None
    pid = int(harness.stdout.readline())
    family = [pid, *keeper.descendants(pid)]
    harness.send_signal(signal.SIGKILL)
    harness.wait()
    harness.stdout.close()
    await until(lambda: not alive(family))


async def test_a_program_that_is_not_there(tmp_path: Path) -> None:
    process = await start_process(
        ["/no/such/agent"], cwd=tmp_path, env=dict(os.environ), stderr=tmp_path / "err"
    )
    assert [line async for line in process.lines()] == []
    assert await process.wait() == 127
    assert process.complaint() == "/no/such/agent: No such file or directory"
