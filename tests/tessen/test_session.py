"""Sessions as a program has them: blocks that follow tasks, threads and pools, and the process's own."""

from __future__ import annotations

import asyncio
import re
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextvars import copy_context
from typing import Any

import pytest

import tessen
from tessen import _recorder, _session


def here() -> str:
    assert _recorder.active is not None
    return _session.current(_recorder.active.process_session)


def in_a_thread(function: Any) -> Any:
    found: list[Any] = []
    thread = threading.Thread(target=lambda: found.append(function()))
    thread.start()
    thread.join()
    return found[0]


def test_the_calls_of_a_block_are_one_session(clients: Any, log: Any) -> None:
    client = clients.anthropic()

    def ask() -> None:
        client.messages.create(model="m", max_tokens=1, messages=[{"role": "user", "content": "hi"}])

    ask()
    with tessen.session() as inside:
        ask()
        with tessen.session("of the ticket #7"):
            ask()
        ask()
    ask()
    first, second, third, fourth, fifth = (event["session_id"] for event in log.events())
    assert re.fullmatch("[0-9a-f]{32}", inside)
    assert second == fourth == inside
    assert third == "of the ticket #7"
    assert first == fifth != inside


def test_a_stream_belongs_to_the_block_it_was_begun_in(clients: Any, log: Any) -> None:
    with tessen.session() as inside:
        stream = clients.anthropic().messages.create(
            model="m", max_tokens=1, messages=[{"role": "user", "content": "hi"}], stream=True
        )
    list(stream)
    assert log.one()["session_id"] == inside


@pytest.mark.usefixtures("log")
async def test_tasks_have_their_own_and_their_children_share_it() -> None:
    async def child() -> str:
        await asyncio.sleep(0)
        return here()

    async def request(number: int) -> None:
        with tessen.session(str(number)):
            await asyncio.sleep(0)
            found = await asyncio.gather(child(), asyncio.to_thread(here), asyncio.create_task(child()))
            loop = asyncio.get_running_loop()
            assert [*found, await loop.run_in_executor(None, here)] == [str(number)] * 4

    outside = here()
    await asyncio.gather(*(request(number) for number in range(20)))
    assert here() == outside


@pytest.mark.usefixtures("log")
def test_threads_started_in_a_block_belong_to_it_to_their_end() -> None:
    outside, go, found = here(), threading.Event(), []

    def work() -> None:
        go.wait(60)
        found.append((here(), in_a_thread(here)))

    with tessen.session() as inside:
        thread = threading.Thread(target=work)
        thread.start()
    go.set()
    thread.join()
    assert found == [(inside, inside)]
    assert in_a_thread(here) == outside


@pytest.mark.usefixtures("log")
def test_a_pools_threads_work_for_whoever_asks() -> None:
    outside = here()
    with ThreadPoolExecutor(1) as pool:
        with tessen.session() as inside:
            assert pool.submit(here).result() == inside
            assert list(pool.map(lambda _: here(), range(3))) == [inside] * 3
        assert pool.submit(here).result() == outside
        with pytest.raises(ZeroDivisionError):
            pool.submit(lambda: 1 // 0).result()


@pytest.mark.usefixtures("log")
def test_a_new_session_inside_a_block_is_the_blocks() -> None:
    outside = here()
    with tessen.session():
        renewed = tessen.new_session()
        assert here() == in_a_thread(here) == renewed != outside
    assert here() == outside
    assert in_a_thread(tessen.new_session) == here() != outside


@pytest.mark.usefixtures("log")
def test_a_generator_that_is_closed_elsewhere_raises_nothing() -> None:
    def turns() -> Iterator[str]:
        with tessen.session("turns"):
            yield here()

    generator = turns()
    assert copy_context().run(next, generator) == "turns"
    generator.close()
    assert here() != "turns"


def test_it_works_without_a_recorder() -> None:
    assert _recorder.active is None
    with tessen.session() as inside:
        assert re.fullmatch("[0-9a-f]{32}", inside)
        assert tessen.new_session() is None
