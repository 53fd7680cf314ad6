"""The SDKs of one major before the current ones, installed in an environment of their own."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from capture.scripted import Answer, ErrorAnswer, ScriptedServer, Usage

RELEASES = ("anthropic<2", "openai<3", "google-genai<3", "cohere<7", "mistralai<3")
ROOT = Path(__file__).parents[2]
PROGRAM = """
import os, tessen
tessen.init(agent_name="agent")
import anthropic, cohere, openai
from google import genai
try:
    from mistralai.client import Mistral
except ImportError:
    from mistralai import Mistral

url = os.environ["SERVER"]
messages = [{"role": "user", "content": "hello"}]
claude = anthropic.Anthropic(base_url=url, api_key="none", max_retries=0)
gpt = openai.OpenAI(base_url=url + "/v1", api_key="none", max_retries=0)
gemini = genai.Client(api_key="none", http_options={"base_url": url})
command = cohere.ClientV2(api_key="none", base_url=url)
mistral = Mistral(api_key="none", server_url=url)
once = {"max_retries": 0}
ways = [
    lambda: claude.messages.create(model="m", max_tokens=9, messages=messages),
    lambda: list(claude.messages.create(model="m", max_tokens=9, messages=messages, stream=True)),
    lambda: gpt.chat.completions.create(model="m", messages=messages),
    lambda: list(gpt.chat.completions.create(model="m", messages=messages, stream=True,
                                             stream_options={"include_usage": True})),
    lambda: gpt.responses.create(model="m", input="hello"),
    lambda: list(gpt.responses.create(model="m", input="hello", stream=True)),
    lambda: gemini.models.generate_content(model="m", contents="hello"),
    lambda: list(gemini.models.generate_content_stream(model="m", contents="hello")),
    lambda: command.chat(model="m", messages=messages, request_options=once),
    lambda: list(command.chat_stream(model="m", messages=messages, request_options=once)),
    lambda: mistral.chat.complete(model="m", messages=messages),
    lambda: list(mistral.chat.stream(model="m", messages=messages)),
]
for way in ways:
    way()
    try:
        way()
    except Exception as problem:
        print(type(problem).__name__)
"""
SURFACES = [
    *("messages.create", "messages.stream", "chat.completions.create", "chat.completions.stream"),
    *("responses.create", "responses.stream", "models.generate_content", "models.generate_content_stream"),
    *("chat", "chat_stream", "chat.complete", "chat.stream"),
]


@pytest.mark.soak
def test_the_previous_major_of_every_sdk(tmp_path: Path) -> None:
    """A minute of installing, which is why it is not run every time."""
    python = tmp_path / "env" / "bin" / "python"
    subprocess.run([sys.executable, "-m", "venv", python.parents[1]], check=True)
    subprocess.run([python, "-m", "pip", "install", "-q", *RELEASES], check=True)
    ok = Answer(text="hello there", usage=Usage(input=30, output=9))
    with ScriptedServer() as server:
        server.enqueue(*[ok, ErrorAnswer(429)] * len(SURFACES))
        surroundings = {
            "SERVER": server.url,
            "TESSEN_LOG_DIR": str(tmp_path / "logs"),
            "PYTHONPATH": str(ROOT),
        }
        done = subprocess.run(
            [python, "-c", PROGRAM],
            capture_output=True,
            text=True,
            check=True,
            env={**os.environ, **surroundings},
        )
    lines = [line for file in (tmp_path / "logs").rglob("*.jsonl") for line in file.read_bytes().splitlines()]
    events = [json.loads(line) for line in lines]
    answered, refused = events[::2], events[1::2]
    assert [event["surface"] for event in answered] == [event["surface"] for event in refused] == SURFACES
    assert {event["_tessen_tier"] for event in events} == {1}
    assert [event["usage"]["input_tokens"] for event in answered] == [30] * 12
    assert [event["error"]["type"] for event in refused] == done.stdout.split()
    assert [event["quality_signals"] for event in refused] == [["rate_limited"]] * 12
