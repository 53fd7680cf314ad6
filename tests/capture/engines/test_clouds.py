"""The real Claude Code through each provider that no test can reach: the request, and a whole run.

The provider is a loopback server with the provider's paths, proofs and framing; the scripted model answers
behind it.
"""

from __future__ import annotations

import asyncio
import base64
import json
import os
import re
import urllib.request
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any, NamedTuple

import pytest
import yaml

from capture.config import parse_config
from capture.runs.experiment import run_experiment
from capture.runs.meta import read_meta
from capture.scripted import ScriptedServer
from capture.scripted.load import parse_script
from tests.aws_frames import message
from tests.runs import Ran, checked

SCRIPT = """
rules:
  - match: {turn: 0, tool_result: false, text: leave a note}
    answer:
      text: Writing.
      tool_calls: [{name: Bash, arguments: {command: "echo hello > note", description: d}}]
      usage: {input: 1000, output: 50, cache_read: 800}
  - match: {tool_result: true}
    answer: {text: Done., usage: {input: 1200, output: 9}}
otherwise: {text: .}
"""


class Request(NamedTuple):
    path: str
    headers: dict[str, str]
    body: dict[str, Any]


class Cloud(ThreadingHTTPServer):
    """Speaks as the providers do, and has the scripted model answer."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.model = ""
        """Where the scripted model is."""
        self.turns: list[Request] = []
        """Requests that offer tools."""
        self.url = f"http://127.0.0.1:{self.server_port}"


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: Cloud

    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers["content-length"])))
        if "tools" in body:
            self.server.turns.append(Request(self.path, dict(self.headers), dict(body)))
        streamed = body.get("stream") or "with-response-stream" in self.path
        asked = body | {"model": "claude-sonnet-4-20250514", "stream": bool(streamed)}
        given = {"content-type": "application/json", "anthropic-version": "2023-06-01", "x-api-key": "k"}
        request = urllib.request.Request(
            f"{self.server.model}/v1/messages", json.dumps(asked).encode(), given
        )
        with urllib.request.urlopen(request) as answer:
            data, kind = answer.read(), answer.headers["content-type"]
        if "with-response-stream" in self.path:
            events = [
                line.removeprefix(b"data: ") for line in data.splitlines() if line.startswith(b"data: ")
            ]
            data = b"".join(message("chunk", {"bytes": base64.b64encode(each).decode()}) for each in events)
            kind = "application/vnd.amazon.eventstream"
        self.answer(200, kind, data)

    def do_GET(self) -> None:
        self.answer(404, "application/json", b"{}")

    def answer(self, status: int, kind: str, data: bytes) -> None:
        self.send_response(status)
        self.send_header("content-type", kind)
        self.send_header("content-length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def log_message(self, *_: Any) -> None:
        pass


@pytest.fixture
def cloud() -> Iterator[Cloud]:
    with Cloud() as server:
        thread = Thread(target=server.serve_forever)
        thread.start()
        yield server
        server.shutdown()
        thread.join()


async def run_at(cloud: Cloud, base: Path, given: dict[str, str], environment: dict[str, str]) -> Ran:
    work = base / "work"
    await asyncio.to_thread(work.mkdir)
    config = {
        "engine": "claude_code",
        "run_name": "run",
        "work_dir": str(work),
        "allowed_tools": ["Bash", "Read"],
        "sessions": [{"session_index": 1, "prompt": "leave a note"}],
    }
    env = {"PATH": os.environ["PATH"], "HOME": str(base), **environment}
    async with ScriptedServer(parse_script(SCRIPT)) as model:
        cloud.model = model.url
        finished = await run_experiment(
            parse_config(yaml.safe_dump(config | given)), base / "runs", lambda _: None, env
        )
    checked(finished.folder)
    return Ran(finished.folder, read_meta(finished.folder), work)


PROVIDERS = {
    "openrouter": (
        {"model": "anthropic/claude-sonnet-4", "base_url": "{url}/api"},
        {"OPENROUTER_API_KEY": "secret-of-the-test"},
        r"/api/v1/messages(\?.*)?",
    ),
    "bedrock": (
        {"model": "eu.anthropic.claude-sonnet-4-20250514-v1:0", "base_url": "{url}"},
        {"AWS_REGION": "eu-west-1", "AWS_BEARER_TOKEN_BEDROCK": "secret-of-the-test"},
        r"/model/eu\.anthropic\.claude-sonnet-4-20250514-v1(:|%3A)0/invoke-with-response-stream",
    ),
    "vertex": (
        {"model": "claude-sonnet-4@20250514", "base_url": "{url}/v1"},
        {
            "CLOUD_ML_REGION": "us-east5",
            "ANTHROPIC_VERTEX_PROJECT_ID": "project",
            "CLAUDE_CODE_SKIP_VERTEX_AUTH": "1",
        },
        r"/v1/projects/project/locations/us-east5/publishers/anthropic/models/"
        r"claude-sonnet-4(@|%40)20250514:streamRawPredict",
    ),
}


@pytest.mark.parametrize("provider", PROVIDERS)
async def test_a_run_through_it(cloud: Cloud, tmp_path: Path, provider: str) -> None:
    given, environment, path = PROVIDERS[provider]
    given = {name: value.format(url=cloud.url) for name, value in given.items()} | {"provider": provider}
    ran = await run_at(cloud, tmp_path, given, environment)

    first, second = cloud.turns
    assert re.fullmatch(path, first.path)
    assert [tool["name"] for tool in first.body["tools"]] == ["Bash", "Read"]
    assert "leave a note" in json.dumps(first.body["messages"])
    assert "tool_result" in json.dumps(second.body["messages"][-1])
    if provider == "vertex":
        assert "Authorization" not in first.headers
    else:
        assert first.headers["Authorization"] == "Bearer secret-of-the-test"
    if provider == "openrouter":
        assert first.body["model"] == given["model"]
    else:
        dates = {"bedrock": "2023-05-31", "vertex": "2023-10-16"}
        assert first.body["anthropic_version"] == f"{provider}-{dates[provider]}"
        assert "model" not in first.body

    assert (ran.meta.status, ran.meta.errors) == ("finished", [])
    meta = ran.session_meta()
    assert (meta.stop_reason, meta.num_turns, meta.tool_call_count) == ("completed", 2, 1)
    assert ran.changes() == [(1, 2, "note")]
    _, writing, done = ran.steps()
    assert (writing["message"], done["message"]) == ("Writing.", "Done.")
    metrics = writing["metrics"]
    assert (metrics["prompt_tokens"], metrics["cached_tokens"], metrics["completion_tokens"]) == (
        1000,
        800,
        50,
    )
    assert metrics["cost_usd"] == pytest.approx((200 * 3 + 800 * 0.3 + 50 * 15) / 1e6)
    rows = [row for row in ran.captures() if row["agent_context"] == "main"]
    assert [(row["api_format"], row["model"], row["status"]) for row in rows] == [
        ("anthropic_messages", given["model"], 200)
    ] * 2
    for written in (each for each in ran.folder.path.rglob("*") if each.is_file()):
        assert b"secret-of-the-test" not in written.read_bytes(), written
