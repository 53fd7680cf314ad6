"""A recorder on a folder of its own, a scripted server, and the real SDKs' clients on it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import anthropic
import openai
import pytest

import tessen
from capture.scripted import ScriptedServer
from tests.tessen.saying import Saying

ANTHROPIC_KEY = "sk-ant-api03-0123456789-secret-of-the-test"
OPENAI_KEY = "sk-proj-9876543210-secret-of-the-test"


@pytest.fixture(autouse=True)
def nothing_of_the_code_is_shipped(monkeypatch: pytest.MonkeyPatch) -> None:
    """A recorder with a key maps the program's repository, which here would be this one."""
    monkeypatch.setenv("TESSEN_DISABLE_CRAWL", "1")


class Log:
    """What a recorder has written."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def lines(self) -> list[bytes]:
        files = sorted(self.folder.rglob("*.jsonl"))
        return [line for file in files for line in file.read_bytes().split(b"\n") if line]

    def events(self) -> list[dict[str, Any]]:
        return [json.loads(line) for line in self.lines()]

    def one(self) -> dict[str, Any]:
        (event,) = self.events()
        return event

    def last(self) -> dict[str, Any]:
        return self.events()[-1]


@pytest.fixture
def log(tmp_path: Path) -> Iterator[Log]:
    """The log of a recorder that runs while the test does."""
    tessen.init(agent_name="agent", log_dir=tmp_path / "logs")
    yield Log(tmp_path / "logs")
    tessen.shutdown()


@pytest.fixture
def saying() -> Iterator[Saying]:
    with Saying() as server:
        yield server


@pytest.fixture
def server() -> Iterator[ScriptedServer]:
    with ScriptedServer() as running:
        yield running


class Clients:
    """The real SDKs, sync and async, on a scripted server."""

    def __init__(self, server: ScriptedServer) -> None:
        self.server = server
        self._awaited: list[anthropic.AsyncAnthropic | openai.AsyncOpenAI] = []

    async def close(self) -> None:
        """Close the clients that are awaited, in the loop that they were used in."""
        for client in self._awaited:
            await client.close()
        self._awaited.clear()

    def anthropic(self, **more: Any) -> anthropic.Anthropic:
        return anthropic.Anthropic(**self._anthropic(more))

    def async_anthropic(self, **more: Any) -> anthropic.AsyncAnthropic:
        client = anthropic.AsyncAnthropic(**self._anthropic(more))
        self._awaited.append(client)
        return client

    def openai(self, **more: Any) -> openai.OpenAI:
        return openai.OpenAI(**self._openai(more))

    def async_openai(self, **more: Any) -> openai.AsyncOpenAI:
        client = openai.AsyncOpenAI(**self._openai(more))
        self._awaited.append(client)
        return client

    def _anthropic(self, more: dict[str, Any]) -> dict[str, Any]:
        return {"base_url": self.server.url, "api_key": ANTHROPIC_KEY, "max_retries": 0, **more}

    def _openai(self, more: dict[str, Any]) -> dict[str, Any]:
        return {"base_url": f"{self.server.url}/v1", "api_key": OPENAI_KEY, "max_retries": 0, **more}


@pytest.fixture
def clients(server: ScriptedServer) -> Clients:
    return Clients(server)
