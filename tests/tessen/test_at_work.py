"""Whether a marked function is still at work, wherever it waits, and that its end is noticed."""

from __future__ import annotations

import asyncio
import functools
import sys
import threading
import types
from collections.abc import AsyncIterator, Callable, Generator
from typing import Any

import pytest

from tessen._floor import at_work
from tessen._floor.at_work import Mark

SDK = """
def run(work):
    return work()

async def wait(work, waiting):
    work()
    await waiting

async def generate(work, waiting):
    work()
    await waiting
    yield 1
"""


LIBRARY = """
def send(mark, owner, marks, then):
    marks.append(mark(owner, retries=True))
    return then()
"""


class Owner:
    """Counts how often it is told that the SDK is gone."""

    told = 0

    def sdk_is_gone(self) -> None:
        self.told += 1


@pytest.fixture
def owner() -> Owner:
    return Owner()


def module(name: str, code: str) -> types.ModuleType:
    """A module as if it were installed."""
    made = types.ModuleType(name)
    exec(compile(code, f"/site-packages/{name.replace('.', '/')}.py", "exec"), vars(made))
    return made


@pytest.fixture
def sdk() -> types.ModuleType:
    """A package whose functions do `work` by way of an HTTP library."""
    return module("some_client.api", SDK)


def marking(owner: Owner, marks: list[Any], then: Callable[[], object] = bool) -> Callable[[], Any]:
    """Work of an HTTP library that marks its caller, and keeps the mark in a list."""
    library = module("httpx2.anything", LIBRARY)
    return functools.partial(library.send, at_work.mark, owner, marks, then)


def asked_elsewhere(mark: Mark) -> bool:
    """What another thread is told."""
    answers: list[bool] = []
    thread = threading.Thread(target=lambda: answers.append(mark.goes_on()))
    thread.start()
    thread.join()
    return answers[0]


def test_a_function_on_the_stack(sdk: types.ModuleType, owner: Owner) -> None:
    marks: list[Any] = []

    def then() -> bool:
        return asked_elsewhere(marks[0]) and list(at_work.owners_above()) == [owner]

    assert sdk.run(marking(owner, marks, then))
    assert not asked_elsewhere(marks[0])
    assert list(at_work.owners_above()) == []
    marks.clear()
    assert owner.told == 1


def test_a_function_of_a_thread_that_has_ended(sdk: types.ModuleType, owner: Owner) -> None:
    marks: list[Any] = []
    thread = threading.Thread(target=sdk.run, args=(marking(owner, marks),))
    thread.start()
    thread.join()
    assert not marks[0].goes_on()


@pytest.mark.parametrize("kind", ["coroutine", "generator"])
async def test_a_task_that_waits(kind: str, sdk: types.ModuleType, owner: Owner) -> None:
    marks: list[Any] = []
    waiting = asyncio.get_running_loop().create_future()

    async def of_the_program(items: AsyncIterator[int]) -> None:
        async for _ in items:
            pass

    work = marking(owner, marks)
    made = sdk.wait(work, waiting) if kind == "coroutine" else of_the_program(sdk.generate(work, waiting))
    task = asyncio.create_task(made)
    await asyncio.sleep(0)
    assert asked_elsewhere(marks[0])
    waiting.set_result(None)
    await task
    assert not asked_elsewhere(marks[0])


def test_in_an_unknown_event_loop_its_end_is_noticed_all_the_same(
    sdk: types.ModuleType, owner: Owner
) -> None:
    class Waiting:
        def __await__(self) -> Generator[None, None, None]:
            yield

    marks: list[Any] = []
    coroutine = sdk.wait(marking(owner, marks), Waiting())
    coroutine.send(None)
    assert marks[0].goes_on()
    marks.clear()
    assert owner.told == 0
    coroutine.close()
    del coroutine
    assert owner.told == 1


def test_a_function_that_is_traced_is_left_alone(sdk: types.ModuleType, owner: Owner) -> None:
    def tracer(frame: Any, event: str, argument: Any) -> Any:
        del frame, event, argument
        return tracer

    marks: list[Any] = []
    before = sys.gettrace()
    sys.settrace(tracer)
    try:
        sdk.run(marking(owner, marks))
    finally:
        sys.settrace(before)
    assert marks == [None]


def test_the_programs_own_function_is_not_marked(owner: Owner) -> None:
    marks: list[Any] = []
    marking(owner, marks)()
    assert marks == [None]
