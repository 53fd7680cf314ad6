"""A session's folder, and a proxy in front of a scripted server that writes to it."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from capture.scripted import ScriptedServer
from tests.capture.proxy.proxied import Watched, watching


@pytest.fixture
def session(tmp_path: Path) -> Path:
    return tmp_path / "session_01"


@pytest.fixture
async def server() -> AsyncIterator[ScriptedServer]:
    async with ScriptedServer() as running:
        yield running


@pytest.fixture
async def watched(session: Path, server: ScriptedServer) -> AsyncIterator[Watched]:
    """A proxy in front of a scripted server."""
    async with watching(session, server.url) as running:
        yield running
