"""How sessions end before their time, and what is said about it."""

from __future__ import annotations

import asyncio
import json
import os
import sys
from pathlib import Path

import pytest

from capture.engines import isolation
from capture.proxy import proxy, spool
from capture.runs.limits import CostLimit, stopping
from tests.capture.proxy.proxied import answer, post, raw_server, read_request, watching
from tests.runs import GPT, run, sessions

FOR_EVER = """
rules:
  - answer:
      tool_calls: [{name: Bash, arguments: {command: "echo x >> log"}}]
      usage: {input: 100000, output: 1000}
"""


async def test_turns(tmp_path: Path) -> None:
    ran = await run(tmp_path, FOR_EVER, [{"session_index": 1, "prompt": "go", "max_turns": 2}], max_turns=9)
    meta = ran.session_meta()
    assert (meta.stop_reason, meta.num_turns, meta.error) == ("max_turns", 2, None)
    assert (ran.work_dir / "log").read_text() == "x\nx\n"
    assert len(ran.captures()) == 2
    assert ran.meta.status == "finished"


async def test_requests_too_large_to_be_taken_apart_are_held_to_limits_too(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(spool, "TAKEN_APART", 1000)
    ran = await run(tmp_path, FOR_EVER, [{"session_index": 1, "prompt": "go", "max_turns": 3}])
    meta = ran.session_meta()
    assert (meta.stop_reason, meta.num_turns) == ("max_turns", 3)
    assert [row["message_count"] for row in ran.captures()] == [None] * 3
    assert ran.changes() == [(1, 2, "log"), (1, 3, "log"), (1, 4, "log")]


async def test_budget_spends_not_one_request_more(tmp_path: Path) -> None:
    ran = await run(tmp_path, FOR_EVER, sessions("go"), max_budget_usd=0.5)  # 0.315 a call
    meta = ran.session_meta()
    assert (meta.stop_reason, meta.num_turns) == ("budget_exhausted", 2)
    assert meta.total_cost_usd == pytest.approx(0.63)
    *answered, refused = ran.captures()
    assert [row["outcome"] for row in answered] == ["complete"] * 2
    assert (refused["outcome"], refused["status"], refused["answered_by"]) == ("failed", 402, "proxy")
    assert refused["error"].endswith("stopped at max_budget_usd $0.5000 after $0.6300")
    assert ran.changes() == [(1, 2, "log"), (1, 3, "log")]


async def test_budget_is_spent_by_subagents_too(tmp_path: Path) -> None:
    script = """
otherwise:
  tool_calls: [{name: Agent, arguments: {subagent_type: a, prompt: part}}]
  usage: {input: 100000, output: 1000}
"""
    agents = [{"name": "a", "description": "d", "prompt": "p"}]
    ran = await run(tmp_path, script, sessions("go"), agents=agents, max_budget_usd=0.3)
    assert ran.session_meta().stop_reason == "budget_exhausted"
    answered, *refused = ran.captures()
    assert (answered["status"], refused[0]["agent_context"]) == (200, "subagent")
    assert {row["status"] for row in refused} == {402}
    assert ran.meta.total_cost_usd == pytest.approx(0.315)


async def test_codex_ends_by_itself_when_its_budget_is_spent(tmp_path: Path) -> None:
    script = """
otherwise:
  tool_calls: [{name: exec_command, arguments: {cmd: "echo x >> log"}}]
  usage: {input: 100000, output: 1000}
"""
    ran = await run(
        tmp_path, script, sessions("go"), engine="codex", model=GPT, provider="openai", max_budget_usd=0.3
    )
    assert ran.session_meta().stop_reason == "budget_exhausted"
    assert [row["status"] for row in ran.captures()] == [200, 200, 400]
    assert ran.changes() == [(1, 2, "log"), (1, 3, "log")]


async def test_an_answer_counts_when_it_has_said_all_whatever_its_stream_does(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(proxy, "ENDING_TIMEOUT", 60.0)
    may_end = asyncio.Event()

    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await read_request(reader)
        body = b'event: message_stop\ndata: {"type": "message_stop"}\n\n\n'
        whole = answer(body, b"content-type: text/event-stream")
        writer.write(whole[:-1])
        await may_end.wait()
        writer.write(whole[-1:])

    limit = CostLimit(0.5, "a limit")
    async with raw_server(talk) as url, watching(tmp_path, url) as watched:
        reader, writer = await watched.raw()
        writer.write(post("/v1/messages", b'{"model": "claude-sonnet-4-5", "messages": []}'))
        await reader.readuntil(b'"message_stop"}')
        with limit.over(watched.proxy):
            asking = asyncio.create_task(stopping([limit]))
            for _ in range(3):  # as often as it would take, did it not wait
                await watched.proxy.settled()
            assert not asking.done()
            may_end.set()
            assert await asyncio.wait_for(asking, 60) is None
        assert [row["outcome"] for row in watched.rows()] == ["complete"]
        writer.close()
    with limit.over(watched.proxy):  # of a session that ends while another one asks
        assert await stopping([limit]) is None


@pytest.mark.parametrize(
    ("status", "reason"), [(401, "auth_error"), (429, "rate_limited"), (400, "error"), (529, "rate_limited")]
)
async def test_errors_of_the_api(tmp_path: Path, status: int, reason: str) -> None:
    script = f"""
rules:
  - answer:
      error: {{status: {status}, message: not today}}
      headers: {{x-should-retry: "false"}}
"""
    ran = await run(tmp_path, script, sessions("go"))
    meta = ran.session_meta()
    assert (meta.stop_reason, meta.error) == (reason, f"{status}: not today")
    assert (ran.meta.status, ran.meta.errors) == ("failed", [f"session 1: {status}: not today"])
    assert [row["status"] for row in ran.captures()] == [status]


async def test_passing_trouble_passes(tmp_path: Path) -> None:
    script = """
rules:
  - match: {times: 1}
    answer: {error: {status: 529, retry_after: 0.01}}
  - match: {times: 1}
    answer: {cut_after: 1}
"""
    ran = await run(tmp_path, script + "otherwise: {text: at last}", sessions("go"))
    assert ran.steps()[-1]["message"] == "at last"
    assert [row["outcome"] for row in ran.captures()] == ["complete", "failed", "complete"]
    assert [row["attempt"] for row in ran.captures()] == [1, 2, 3]


async def test_a_model_that_never_answers(tmp_path: Path) -> None:
    ran = await run(tmp_path, "rules: [{answer: {hang: true}}]", sessions("go"), idle_timeout_seconds=1)
    assert ran.session_meta().error == "nothing happened for 1 s (idle_timeout_seconds)"
    assert ran.meta.status == "failed"


async def test_an_answer_that_makes_no_sense(tmp_path: Path) -> None:
    ran = await run(tmp_path, "rules: [{answer: {malformed: true}}]", sessions("go"))
    assert (ran.session_meta().error or "").startswith("the answer makes no sense")


async def test_a_model_without_a_price_costs_an_unknown_sum(tmp_path: Path) -> None:
    ran = await run(tmp_path, "rules: []", sessions("go"), model="house-model-1")
    assert ran.meta.total_cost_usd is None
    assert any("no price is known for house-model-1" in str(each) for each in ran.progress)


async def test_a_turn_limit_lets_the_last_turns_subagent_finish(tmp_path: Path) -> None:
    script = """
rules:
  - match: {text: part, tool_result: true}
    answer: {text: part done}
  - match: {text: part}
    answer: {tool_calls: [{name: Bash, arguments: {command: "echo x > part"}}]}
  - answer: {tool_calls: [{name: Agent, arguments: {subagent_type: a, prompt: part}}]}
"""
    agents = [{"name": "a", "description": "d", "prompt": "p"}]
    ran = await run(tmp_path, script, sessions("go"), agents=agents, max_turns=1)
    assert ran.session_meta().stop_reason == "max_turns"
    assert ran.steps()[1]["observation"]["results"][0]["content"] == "part done"
    assert ran.changes() == [(1, 2, "part")]


async def test_a_full_disk_ends_the_run_with_a_reason(tmp_path: Path) -> None:
    assert isolation.can_overlay(), "the tests need mount namespaces"
    unshare = ("unshare", "-m" if os.geteuid() == 0 else "-Urm")
    (tmp_path / "small").mkdir()
    (tmp_path / "script.yaml").write_text(
        "rules: [{match: {turn: 0}, answer: {tool_calls: [{name: Bash, arguments: {command: "
        "'head -c 9000000 /dev/zero > big'}}]}}]\notherwise: {text: done}"
    )
    (tmp_path / "run.yaml").write_text(
        "engine: builtin\nmodel: claude-sonnet-4-5\nwork_dir: small/work\nscript: script.yaml\n"
        "sessions: [{session_index: 1, prompt: go}]\n"
    )
    shell = (
        "mount -t tmpfs -o size=3m none small && mkdir small/work && "
        '"$0" -P -c "from capture.cli import main; main()" run run.yaml --runs-dir small/runs --run-name it; '
        "echo $?; cp small/runs/it/run_meta.json ."
    )
    process = await asyncio.create_subprocess_exec(
        *(*unshare, "sh", "-c", shell, sys.executable),
        cwd=tmp_path,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    out, err = (each.decode() for each in await process.communicate())
    assert out.splitlines()[-1] == "1"
    assert "No space left on device" in err
    assert "Traceback" not in err
    assert json.loads((tmp_path / "run_meta.json").read_bytes())["sessions"][0]["session_index"] == 1


async def test_an_engine_that_crashes(tmp_path: Path) -> None:
    script = (
        "rules: [{answer: {tool_calls: [{name: Bash, arguments: {command: 'echo x > a; kill -9 $PPID'}}]}}]"
    )
    ran = await run(tmp_path, script, sessions("one", "two"))
    assert [meta.error for meta in ran.meta.sessions] == ["the agent ended with exit code 137"] * 2
    assert ran.changes() == [(1, 2, "a")]  # what it did until then is known
    assert ran.session().transcript.exists()
