"""Discovery on a small SDK, written as SDKs are: every kind of method that takes a model."""

from __future__ import annotations

import sys
import textwrap
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from capture.scripted import ErrorAnswer, ScriptedServer
from tessen import _discovery, _imports
from tessen._call import DISCOVERED
from tessen.vendors import openai

SDK = {
    "__init__.py": """
        class Lazy:
            '''Imports what it stands for as soon as somebody asks for its class.'''
            @property
            def __class__(self):
                import sdk_of_the_test.heavy
                return type(self)

        lazy = Lazy()
    """,
    "heavy.py": "",
    "resources.py": """
        import contextlib, functools, httpx2

        PATH = "/v1/chat/completions"

        def checked(function):
            @functools.wraps(function)
            def wrapper(*args, **kwargs):
                return function(*args, **kwargs)
            return wrapper

        class Manager:
            def __init__(self, enter): self.enter = enter
            def __enter__(self): return self.enter()
            def __exit__(self, *_): pass

        class Talks:
            def __init__(self, url):
                self.http = httpx2.Client(base_url=url)
                self.later = httpx2.AsyncClient(base_url=url)
            def _ask(self, model, **more):
                asked = {"model": model, "messages": [{"role": "user", "content": "hi"}], **more}
                return self.http.post(PATH, json=asked).raise_for_status().json()
            async def _ask_later(self, model):
                asked = {"model": model, "messages": [{"role": "user", "content": "hi"}]}
                return (await self.later.post(PATH, json=asked)).raise_for_status().json()

            def speak(self, *, model): return self._ask(model)
            def speak_by_position(self, model): return self._ask(model)
            def relay(self, *, model): return [self.speak(model=model), self.http.get("/v1/models")]
            def with_a_tool(self, *, model): return [self._ask(model), self._ask(model, n=1)]
            def in_pieces(self, *, model):
                yield from [self._ask(model), "second"]
                return "end"
            def managed(self, *, model): return Manager(lambda: self._ask(model))
            async def speak_later(self, *, model): return await self._ask_later(model)
            @checked
            async def speak_checked(self, *, model): return await self._ask_later(model)
            async def in_pieces_later(self, *, model):
                yield await self._ask_later(model)
                yield "second"

            async def promised(self, *, model):
                async def pieces():
                    yield await self._ask_later(model)
                    yield "second"
                return pieces()

            def prepare(self, *, model): return {"model": model}
            def elsewhere(self, *, model): return self.http.post("/v1/login", json={"user": "me"})
            def refuse(self, *, model): raise TypeError("wrong arguments")
            def local(self, *, model):
                class Made:
                    def model_dump(self):
                        return {"model": model, "usage": {"input_tokens": 3, "output_tokens": 4}}
                return Made()
            def unreachable(self, *, model): raise ConnectionError("nobody there")
            def other(self, *, name): return name
    """,
}


@pytest.fixture
def sdk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, log: Any) -> Iterator[Any]:
    """The SDK's resources, discovered as the program imports them."""
    folder = tmp_path / "sdk_of_the_test"
    folder.mkdir()
    for name, code in SDK.items():
        (folder / name).write_text(textwrap.dedent(code))
    monkeypatch.syspath_prepend(str(tmp_path))
    __import__("sdk_of_the_test")
    gone = openai.VENDOR.trunks[0]._replace(module="sdk_of_the_test._gone")
    _discovery.start(openai.VENDOR._replace(trunks=(gone,)), DISCOVERED)
    __import__("sdk_of_the_test.resources")
    yield sys.modules["sdk_of_the_test.resources"]
    _imports._watcher.packages.pop("sdk_of_the_test")
    for module in [name for name in sys.modules if name.startswith("sdk_of_the_test")]:
        del sys.modules[module]


def only_event(log: Any) -> dict[str, Any]:
    event: dict[str, Any] = log.one()
    assert event["_tessen_tier"] == 2
    assert event["surface"] == "chat.completions.create"
    assert event["call_site"]["file"] == __file__
    assert event["casted_response"]["choices"]
    return event


@pytest.mark.parametrize("method", ["speak", "relay"])
def test_a_method_that_asks(method: str, sdk: Any, server: ScriptedServer, log: Any) -> None:
    getattr(sdk.Talks(server.url), method)(model="gpt-5-mini")
    assert only_event(log)["model"] == "gpt-5-mini"


def test_a_model_by_position(sdk: Any, server: ScriptedServer, log: Any) -> None:
    sdk.Talks(server.url).speak_by_position("gpt-5-mini")
    only_event(log)


def test_a_method_that_runs_a_tool_and_asks_again(sdk: Any, server: ScriptedServer, log: Any) -> None:
    """Each answer is paid for, and the second request is no retry."""
    assert len(sdk.Talks(server.url).with_a_tool(model="gpt-5-mini")) == 2
    events = log.events()
    assert sorted(event["_tessen_tier"] for event in events) == [2, 3]
    assert [event["quality_signals"] for event in events] == [[], []]
    assert all(event["usage"]["output_tokens"] for event in events)


def test_another_sdk_in_a_hook_of_the_http_client(
    sdk: Any, server: ScriptedServer, clients: Any, log: Any
) -> None:
    talks = sdk.Talks(server.url)
    asked: Any = {"model": "claude-haiku-4-5", "messages": [{"role": "user", "content": "hello"}]}
    talks.http.event_hooks = {"request": [lambda _: clients.anthropic().messages.count_tokens(**asked)]}
    talks.speak(model="gpt-5-mini")
    surfaces = [(event["surface"], event["_tessen_tier"]) for event in log.events()]
    assert surfaces == [("messages.count_tokens", 1), ("chat.completions.create", 2)]


def test_a_generator_asks_when_it_is_first_used(sdk: Any, server: ScriptedServer, log: Any) -> None:
    pieces = sdk.Talks(server.url).in_pieces(model="gpt-5-mini")
    assert log.events() == []
    assert next(pieces)["choices"]
    only_event(log)
    assert next(pieces) == "second"
    with pytest.raises(StopIteration) as end:
        next(pieces)
    assert end.value.value == "end"


def test_a_context_manager_asks_when_it_is_entered(sdk: Any, server: ScriptedServer, log: Any) -> None:
    manager = sdk.Talks(server.url).managed(model="gpt-5-mini")
    assert type(manager) is sdk.Manager
    assert log.events() == []
    with manager as answer:
        assert answer["choices"]
    only_event(log)
    with sdk.Manager(lambda: "made by hand") as said:
        assert said == "made by hand"


@pytest.mark.parametrize("method", ["speak_later", "speak_checked"])
async def test_a_method_that_is_awaited(method: str, sdk: Any, server: ScriptedServer, log: Any) -> None:
    talks = sdk.Talks(server.url)
    assert (await getattr(talks, method)(model="gpt-5-mini"))["choices"]
    only_event(log)
    await talks.later.aclose()


@pytest.mark.parametrize("promised", [False, True], ids=["returned", "awaited first"])
async def test_an_async_generator(*, promised: bool, sdk: Any, server: ScriptedServer, log: Any) -> None:
    talks = sdk.Talks(server.url)
    items = (
        await talks.promised(model="gpt-5-mini") if promised else talks.in_pieces_later(model="gpt-5-mini")
    )
    pieces = [piece async for piece in items]
    assert pieces[1] == "second"
    only_event(log)
    await talks.later.aclose()


def test_a_failure(sdk: Any, server: ScriptedServer, log: Any) -> None:
    server.enqueue(ErrorAnswer(429))
    with pytest.raises(Exception, match="429"):
        sdk.Talks(server.url).speak(model="gpt-5-mini")
    event = log.one()
    assert (event["_tessen_tier"], event["status"], event["quality_signals"]) == (
        2,
        "error",
        ["rate_limited"],
    )
    with pytest.raises(ConnectionError):
        sdk.Talks(server.url).unreachable(model="gpt-5-mini")
    assert log.last()["quality_signals"] == ["connection_error"]


def test_what_asks_nobody_leaves_nothing(sdk: Any, server: ScriptedServer, log: Any) -> None:
    talks = sdk.Talks(server.url)
    assert talks.prepare(model="gpt-5-mini") == {"model": "gpt-5-mini"}
    assert talks.elsewhere(model="gpt-5-mini").status_code == 404
    with pytest.raises(TypeError):
        talks.refuse(model="gpt-5-mini")
    assert talks.other(name="gpt-5-mini") == "gpt-5-mini"
    assert not hasattr(sdk.Talks.other, "__tessen__")
    assert log.events() == []


def test_an_answer_by_a_library_that_is_not_known(sdk: Any, server: ScriptedServer, log: Any) -> None:
    sdk.Talks(server.url).local(model="gpt-5-mini")
    event = log.one()
    assert (event["surface"], event["_tessen_tier"], event["model"]) == ("talks.local", 2, "gpt-5-mini")
    assert event["usage"]["output_tokens"] == 4


def test_looking_for_methods_imports_nothing(sdk: Any) -> None:
    assert "sdk_of_the_test.heavy" not in sys.modules
