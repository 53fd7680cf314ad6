"""Where calls were made from, out of the index: the same as a pass over the log says."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from capture.log import LocalLog
from tessen.reading.full_pass import full_pass
from tessen.reading.places import places
from tessen.sites.called import Called
from tests.logs import NOW, make_event, write_log

from .conftest import Opener, indexed

SINCE = NOW - 40.0


def event(number: int, agent: str, site: object) -> dict[str, Any]:
    return make_event(number, agent, NOW - number, call_site=site)


SITES: tuple[object, ...] = (
    {"file": "/srv/agent.py", "line": 7, "func": "run"},
    {"line": 7, "func": "run", "file": "/srv/agent.py", "more": [1]},
    {"file": "/srv/é\ud800.py", "line": 12, "func": "<module>"},
    {"file": "/srv/other.py", "line": None},
    {"file": "", "line": 1, "func": "x"},
    {"file": 7},
    "odd",
    None,
)


def _only_by_the_follower(call: Callable[..., Any]) -> Callable[..., Any]:
    """The same call, but for whoever asks: the thread that follows the log may still be at it."""

    def followed(*arguments: Any) -> Any:
        assert threading.current_thread().name.startswith("log-"), "the log is read"
        return call(*arguments)

    return followed


async def test_the_index_counts_what_a_pass_over_the_log_counts(
    folder: Path, cache: Path, opened: Opener, monkeypatch: pytest.MonkeyPatch
) -> None:
    lines = [event(n, f"agent{n % 2}", SITES[n // 2 % len(SITES)]) for n in range(200)]
    padding = {"request_body": {"messages": "x" * 600}}  # so that there is an index worth keeping
    write_log(folder, [{**each, **padding} for each in lines])
    log = await indexed(await opened(cache=cache))

    async def agree(log: LocalLog) -> None:
        for agent in (None, "agent0", "agent1"):
            counted = full_pass(places(agent, folder), Called(SINCE))
            with monkeypatch.context() as nothing_is_read:
                for name in ("open", "pread"):
                    nothing_is_read.setattr(os, name, _only_by_the_follower(getattr(os, name)))
                found, placeless = await log.calls_by_place(agent, SINCE)
            assert (found, placeless) == (counted.calls(), counted.without)
            assert len(found) == 3
            assert placeless == sum(
                each["ts"] >= SINCE and (agent in (None, each["agent_name"])) and number // 2 % 8 >= 4
                for number, each in enumerate(lines)
            )
        assert await log.calls_by_place("nobody", SINCE) == ([], 0)

    await agree(log)
    await log.close()
    again = await indexed(await opened(cache=cache))
    assert again.follower.backlog_bytes == 0
    await agree(again)


async def test_calls_of_a_file_that_is_gone_do_not_count(folder: Path, opened: Opener) -> None:
    write_log(folder, [event(1, "stays", SITES[0]), event(2, "goes", SITES[0])])
    log = await indexed(await opened())
    (place,), _ = await log.calls_by_place(None, 0.0)
    assert place.events == 2
    (file,) = (folder / "goes").iterdir()
    file.unlink()
    async for _ in log.changes():
        if (await log.calls_by_place(None, 0.0))[0][0].events == 1:
            break
    assert (await log.calls_by_place("goes", 0.0))[0] == []
