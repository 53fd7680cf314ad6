"""A log that the released recorder itself has written, against what the server really sent."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import textwrap
from pathlib import Path
from typing import Any

import pytest

from capture.log.batch import Batcher
from capture.scripted import Answer, ErrorAnswer, ScriptedServer, ToolCall, Usage
from tessen import events
from tessen.reading.parse import EVENT_START

RELEASE = "tessen==0.4.0"
USAGE = Usage(input=1_000, output=50, cache_read=400)
ANSWERS = [
    Answer("hello", usage=USAGE),
    Answer("cut", stop="max_tokens", usage=USAGE),
    ErrorAnswer(429),
    Answer("", tool_calls=(ToolCall("search", {"q": "tea"}),), usage=USAGE),
    Answer("hello", usage=USAGE),
]
PROGRAM = """
    import sys, tessen
    assert tessen.__version__ == "0.4.0", "this is our own recorder"
    tessen.init(agent_name="old_agent")
    import anthropic, openai
    url = sys.argv[1]
    claude = anthropic.Anthropic(base_url=url, api_key="none", max_retries=0)
    gpt = openai.OpenAI(base_url=url + "/v1", api_key="none", max_retries=0)
    question = [{"role": "user", "content": "hi \\u2028 there"}]
    for _ in range(5):
        try:
            claude.messages.create(model="claude-sonnet-4-5", max_tokens=9, messages=question)
        except anthropic.APIError:
            pass
    for _ in range(5):
        try:
            gpt.chat.completions.create(model="gpt-5-mini", messages=question)
        except openai.APIError:
            pass
    with claude.messages.stream(model="claude-sonnet-4-5", max_tokens=9, messages=question) as stream:
        stream.get_final_message()
"""
CALLS = 11


def run(release: Path, *command: str | Path, **variables: str) -> str:
    """Run a program with the released package in the place of ours."""
    environment = {**os.environ, "PYTHONPATH": str(release), "PYTHONNOUSERSITE": "1", **variables}
    done = subprocess.run(
        [sys.executable, *command], capture_output=True, text=True, check=False, env=environment, cwd=release
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.fixture(scope="module")
def release(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The released package, in a folder of its own."""
    folder = tmp_path_factory.mktemp("release")
    options = ("--quiet", "--disable-pip-version-check", "--no-deps", "--no-compile", "--target", folder)
    subprocess.run([sys.executable, "-m", "pip", "install", *options, RELEASE], check=True, timeout=120)
    return folder


@pytest.fixture(scope="module")
def log(release: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What it writes of ten calls and a stream, answered by the scripted server."""
    folder = tmp_path_factory.mktemp("released")
    with ScriptedServer([*ANSWERS, *ANSWERS, Answer("streamed", usage=USAGE)]) as server:
        run(release, "-c", textwrap.dedent(PROGRAM), server.url, TESSEN_LOG_DIR=str(folder))
    return folder


@pytest.fixture(scope="module")
def its_own_figures(release: Path, log: Path) -> dict[str, Any]:
    return dict(json.loads(run(release, "-m", "tessen.analyze", "old_agent", "--json", "--log-dir", log)))


def test_nothing_is_lost(log: Path, its_own_figures: dict[str, Any]) -> None:
    stats: dict[str, Any] = {}
    found = list(events.read("old_agent", log_dir=log, stats=stats))
    assert len(found) == its_own_figures["events_total"] == CALLS
    assert (stats["corrupt_lines"], stats["foreign_lines"]) == (0, 0)
    assert "hi \u2028 there" in json.dumps(found[0]["request_body"], ensure_ascii=False)
    assert all("tools" not in event["request_body"] for event in found)


def test_what_it_counted_wrong_is_counted_as_the_server_sent_it(
    log: Path, its_own_figures: dict[str, Any]
) -> None:
    report = events.aggregate(events.read("old_agent", log_dir=log))
    answered, claudes = 9, 5
    sent = {"input": 1_000 * answered, "output": 50 * answered, "cache_read": 400 * answered}
    assert report["tokens"] == {**sent, "cache_write": 0, "reasoning": 0}
    assert its_own_figures["tokens"]["output"] == 50 * claudes  # it counts Anthropic's alone,
    assert its_own_figures["tokens"]["input"] == 600 * claudes  # and of their input not what the cache gave
    assert report["anomaly_counts"]["rate_limited"] == 2
    assert report["anomaly_counts"]["truncated_response"] == 2
    assert its_own_figures["total_cost_usd"] == 0.0
    assert report["total_cost_usd"] == pytest.approx(0.01439)
    assert set(report["cost_by_model"]) >= {"claude-sonnet-4-5"}
    assert report["by_model"] == {"claude-sonnet-4-5": 6, "gpt-5-mini": 5}


def test_the_apps_index_counts_the_same(log: Path) -> None:
    batcher = Batcher()
    for path in sorted(log.rglob("*.jsonl")):
        batcher.add(path.read_bytes().split(b"\n")[:-1], 0)
    columns = batcher.take().columns
    report = events.aggregate(events.read("old_agent", log_dir=log))
    for name in ("input", "output", "cache_read"):
        counts = columns[f"{name}_tokens"]
        assert int(counts[counts != 2**32 - 1].sum()) == report["tokens"][name]
    assert int((columns["signals"] != 0).sum()) == report["events_with_anomalies"]


def test_an_event_glued_behind_a_torn_line_is_recovered(log: Path, tmp_path: Path) -> None:
    (path,) = log.rglob("*.jsonl")
    first, second, *rest = path.read_bytes().split(b"\n")
    assert first.startswith(EVENT_START)
    (tmp_path / "old_agent").mkdir()
    glued = [first[:700] + second, *rest]
    (tmp_path / "old_agent" / path.name).write_bytes(b"\n".join(glued))
    stats: dict[str, Any] = {}
    found = list(events.read("old_agent", log_dir=tmp_path, stats=stats))
    assert len(found) == CALLS - 1
    assert stats["corrupt_lines"] == 1


def test_the_released_reader_reads_our_log(release: Path, tmp_path: Path) -> None:
    """Ours opens there, too: additions are new keys only."""
    from tests.logs import night, write_log

    write_log(tmp_path, night(60))
    code = "import json, tessen.events as ev; print(json.dumps(ev.aggregate(ev.read())))"
    theirs = json.loads(run(release, "-c", code, TESSEN_LOG_DIR=str(tmp_path)))
    ours = events.aggregate(events.read(log_dir=tmp_path))
    for key in ("events_total", "by_status", "error_types", "anomaly_counts", "agent_name"):
        assert theirs[key] == ours[key]
