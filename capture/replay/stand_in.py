"""The scripted model of a run that is gone back to."""

from __future__ import annotations

import contextlib
import secrets
from collections.abc import AsyncIterator
from dataclasses import replace

from capture.config import Config
from capture.scripted import ScriptedServer
from capture.scripted.load import load_script


@contextlib.asynccontextmanager
async def scripted_anew(config: Config) -> AsyncIterator[str | None]:
    """Serve the scripted model of a configuration, if it has one; yields its address.

    It has a seed of its own, or its answers would have the ids of those that are in the conversation.

    Raises:
        ScriptError: the script cannot be read.
    """
    if config.script is None:
        yield None
        return
    script = replace(load_script(config.script), seed=secrets.randbits(32))
    async with ScriptedServer(script, keep=0) as server:
        yield server.url
