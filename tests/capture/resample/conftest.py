"""A run whose requests were recorded by the proxy, from the vendors' own SDKs, and a server to ask again."""

from __future__ import annotations

import asyncio
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from capture.cli import main
from capture.scripted import Received, ScriptedServer
from tests.capture.proxy.proxied import watching

KEY = "sk-ant-api03-a-key-of-the-environment-0123456789"
HEAD: dict[str, Any] = {"model": "claude-sonnet-4-5", "max_tokens": 100}
SAID: list[Any] = [{"role": "user", "content": "hällo ✓"}]

Harness = Callable[..., tuple[int, str, str]]


@pytest.fixture
def server() -> Iterator[ScriptedServer]:
    with ScriptedServer() as running:
        yield running


@pytest.fixture(scope="module")
def recording(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, list[Received]]:
    """A run with four requests (Messages plain and streamed, chat, Responses streamed), and what was sent."""
    folder = tmp_path_factory.mktemp("recorded") / "run"
    (folder / "session_01").mkdir(parents=True)
    with ScriptedServer() as server:
        asyncio.run(_record(folder / "session_01", server.url))
        return folder, server.requests


async def _record(session: Path, url: str) -> None:
    async with watching(session, url) as watched:
        claude, gpt = watched.claude(), watched.gpt()
        await claude.messages.create(**HEAD, messages=SAID)
        warm = {"temperature": 0.5}
        async for _ in await claude.messages.create(**HEAD, messages=SAID, stream=True, extra_body=warm):
            pass
        await gpt.chat.completions.create(model="gpt-4.1", messages=SAID)
        async for _ in await gpt.responses.create(model="gpt-4.1", input="hi", stream=True):
            pass


@pytest.fixture
def run(tmp_path: Path, recording: tuple[Path, list[Received]]) -> Path:
    return Path(shutil.copytree(recording[0], tmp_path / "run"))


@pytest.fixture
def harness(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Harness:
    """Run a command here; gives its exit code, output and errors."""
    for name in ("ANTHROPIC_API_KEY", "OPENAI_API_KEY", "GEMINI_API_KEY", "CO_API_KEY", "MISTRAL_API_KEY"):
        monkeypatch.setenv(name, KEY)

    def call(*arguments: Any) -> tuple[int, str, str]:
        with pytest.raises(SystemExit) as ended:
            main([str(each) for each in arguments])
        out, err = capsys.readouterr()
        return int(ended.value.code or 0), out, err

    return call


def holds_secret(folder: Path) -> list[Path]:
    """The files below a folder that hold the key."""
    return [path for path in folder.rglob("*") if path.is_file() and KEY.encode() in path.read_bytes()]
