"""The map itself: what is told of a call and its function, by which rule, and that it is always the same."""

from __future__ import annotations

import json
import multiprocessing
import os
import signal
import subprocess
import sys
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest

from tessen import cli
from tessen.crawl import _work, crawl
from tessen.crawl._reading import Done, Task

CORPUS = Path(__file__).parent / "corpus"

AGENT = '''\
import asyncio
import time
import anthropic
import openai
from langgraph.graph import StateGraph
from tenacity import retry

client = anthropic.Anthropic()
gpt = openai.OpenAI()


class Agent:
    def run(self, prompt: str) -> str:
        """Ask until it is done."""
        messages = [prompt]
        while True:
            # the whole talk
            # goes along
            answer = client.messages.create(
                model="claude-sonnet-5", system="s", messages=messages, tools=[]
            )
            if answer.stop_reason != "tool_use":
                return answer
            messages.append(answer)

    def main(self):
        return self.run("x")


def step(tools): return client.messages.create(model="m", messages=[], tools=tools)


def patient():
    for attempt in range(3):
        try:
            return client.messages.create(model="m", messages=[])
        except anthropic.APIError:
            time.sleep(attempt)


@retry(stop=3)
def decorated(): return client.messages.create(model="m", messages=[])


def batched(): return client.messages.batches.create(requests=[])


def embedded(): return gpt.embeddings.create(model="m", input=[])


def shaped(kind): return gpt.responses.parse(model="m", input="x", text_format=kind)


async def spread(): return await asyncio.gather(gpt.responses.create(model="m", input="x"))


def streamed(): return gpt.responses.create(model="m", input="x", stream=True)


def talk():
    messages = []
    while messages.append(input()) or True:
        messages.append(client.messages.create(model="m", messages=messages))


def each(prompts): return [client.messages.create(model="m", messages=[p]) for p in prompts]


def once(): return client.messages.create(model="m", messages=[])


def twice():
    client.messages.create(model="m", messages=[])
    return client.messages.create(model="m", messages=[])


def node(state): return client.messages.create(model="m", messages=[])


StateGraph(dict).add_node("node", node)
client.messages.create(model="m", messages=[])
'''

PATTERNS = {
    "run": "tool_use_loop_anthropic",
    "step": "tool_use_step",
    "patient": "retry_loop",
    "decorated": "retry_loop",
    "batched": "batch_submission",
    "embedded": "embedding_pipeline",
    "shaped": "structured_output",
    "spread": "fan_out",
    "streamed": "streaming_consumer",
    "talk": "conversation_loop",
    "each": "loop_over_items",
    "once": "single_shot",
    "twice": "several_calls",
    "node": "framework_wrapped:langgraph",
}


@pytest.fixture
def manifest(tmp_path: Path) -> dict[str, Any]:
    (tmp_path / "agent.py").write_text(AGENT)
    return crawl(tmp_path, cache=False)


def test_each_function_is_named_by_the_first_rule_that_matches(manifest: dict[str, Any]) -> None:
    assert {each["func"]: each["pattern_name"] for each in manifest["agent_patterns"]} == PATTERNS
    (outside,) = manifest["uncategorized_call_sites"]
    assert (outside["func"], outside["cls"]) == ("<module>", None)


def test_every_rule_is_in_the_documentation() -> None:
    told = (Path(__file__).parents[3] / "docs" / "crawl.md").read_text()
    for name in PATTERNS.values():
        assert name.replace("anthropic", "<vendor>").replace(":langgraph", ":<framework>") in told


def test_what_is_told_of_a_call(manifest: dict[str, Any]) -> None:
    site = manifest["call_sites"][0]
    lines = AGENT.split("\n")[12:24]
    assert site == {
        "file": "agent.py",
        "line": 19,
        "col": 21,
        "func": "run",
        "cls": "Agent",
        "vendor": "anthropic",
        "method": "messages.create",
        "receiver": "client.messages",
        "kwargs": ["model", "system", "messages", "tools"],
        "in_while_loop": True,
        "in_for_loop": False,
        "in_async_with": False,
        "in_with": False,
        "has_stream_kwarg": False,
        "stream_kwarg_value": None,
        "has_tools_kwarg": True,
        "has_system_kwarg": True,
        "model_kwarg": "claude-sonnet-5",
        "function_docstring": "Ask until it is done.",
        "comments_above": ["the whole talk", "goes along"],
        "enclosing_function_body_hash": sha256("\n".join(lines).encode()).hexdigest(),
        "enclosing_function_lines": [13, 24],
        "type_hints_present": True,
        "called_by_in_file": ["Agent.main"],
    }


def test_the_same_files_give_the_same_bytes_whoever_reads_them() -> None:
    code = (
        "import json, sys; from tessen.crawl import crawl, _work; _work._WORTH_A_CHILD = _work._AT_ONCE = 1;"
        "print(json.dumps(crawl(sys.argv[1], cache=False, jobs=3)))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, CORPUS],
        env={**os.environ, "PYTHONHASHSEED": "1", "PYTHONPATH": str(CORPUS.parents[3])},
        capture_output=True,
        check=True,
    )
    here = crawl(CORPUS, cache=False)
    here["scanned_at"] = json.loads(done.stdout)["scanned_at"]
    assert done.stdout.decode().rstrip() == json.dumps(here)


def test_what_a_child_does_not_bring_back_is_read_all_the_same(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for number in range(8):
        (tmp_path / f"{number}.py").write_text(AGENT)
    context = multiprocessing.get_context("fork")
    real_start, real_examine, parent = context.Process.start, _work.examine, os.getpid()
    started: list[Any] = []

    def start(child: Any) -> None:
        real_start(child)
        started.append(child)

    def examine(root: str, task: Task) -> Done:
        if os.getpid() != parent:
            os.kill(os.getpid(), signal.SIGKILL)
        started[0].join(60)  # so that there was a file left for it to take along
        return real_examine(root, task)

    monkeypatch.setattr(context.Process, "start", start)
    monkeypatch.setattr(_work, "_WORTH_A_CHILD", 1)
    monkeypatch.setattr(_work, "_AT_ONCE", 1)
    monkeypatch.setattr(_work, "examine", examine)
    found = crawl(tmp_path, cache=False, jobs=2)
    assert found["files_scanned"] == 8
    assert {site["file"] for site in found["call_sites"]} == {f"{number}.py" for number in range(8)}
    assert started[0].exitcode == -signal.SIGKILL


def test_the_report_names_vendor_function_and_rule(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "agent.py").write_text(AGENT)
    assert cli.main(["crawl", str(tmp_path), "--jobs", "1"]) == 0
    printed = capsys.readouterr().out
    assert "19  anthropic messages.create                  Agent.run  tool_use_loop_anthropic" in printed
    assert "\x1b" not in printed


def test_json_has_the_manifest_and_the_envelope(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["crawl", str(CORPUS), "--json", "--no-cache"]) == 0
    assert list(json.loads(capsys.readouterr().out)) == [
        "manifest", "schema_version", "tessen_version", "generated_at",
    ]  # fmt: skip


def test_what_is_no_folder_is_a_usage_error(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["crawl", str(tmp_path / "nowhere")]) == 2
    said = capsys.readouterr().err
    assert said.count("\n") == 1
    assert "give the repository's folder" in said
