"""SDKs that another library, or the program, has wrapped before the recorder comes: both see every call."""

from __future__ import annotations

import functools
from collections.abc import Callable
from types import ModuleType
from typing import Any
from unittest.mock import MagicMock

import cohere.core.http_client
import google.genai._api_client
import openai._base_client
import pytest

from capture.scripted import ErrorAnswer, ScriptedServer
from tessen import _trunk
from tessen.vendors import cohere as cohere_vendor
from tessen.vendors import google_gemini, interface
from tessen.vendors import openai as openai_vendor
from tests.tessen.sdks import MESSAGES, Kit, chat_v2, gemini

KITS: dict[str, tuple[interface.Vendor, ModuleType]] = {
    "openai": (openai_vendor.VENDOR, openai._base_client),
    "google_gemini": (google_gemini.VENDOR, google.genai._api_client),
    "cohere": (cohere_vendor.VENDOR, cohere.core.http_client),
}


@pytest.fixture
def wrapped(monkeypatch: pytest.MonkeyPatch) -> Callable[..., list[str]]:
    """Puts a wrapper around a method as it is without the recorder, and has the recorder come afterwards."""

    def wrap(vendor: str, place: str, wrapper: Callable[[Any, list[str]], Any]) -> list[str]:
        known, module = KITS[vendor]
        owner, _, name = place.partition(".")
        seen: list[str] = []
        monkeypatch.setattr(getattr(module, owner), name, wrapper(original(module, place), seen))
        assert _trunk.wrap(known, known.trunks[0], module)
        return seen

    return wrap


def original(module: ModuleType, place: str) -> Any:
    owner, _, name = place.partition(".")
    return getattr(getattr(module, owner), name).__wrapped__


def plain(method: Any, seen: list[str]) -> Any:
    """A function that tells nothing of the one that it wraps."""

    def theirs(*args: Any, **kwargs: Any) -> Any:
        seen.append(method.__name__)
        return method(*args, **kwargs)

    return theirs


def told(method: Any, seen: list[str]) -> Any:
    return functools.wraps(method)(plain(method, seen))


def generator(method: Any, seen: list[str]) -> Any:
    @functools.wraps(method)
    def theirs(*args: Any, **kwargs: Any) -> Any:
        seen.append(method.__name__)
        yield from method(*args, **kwargs)

    return theirs


@pytest.fixture(scope="module")
def kit() -> Any:
    kit = Kit()
    yield kit
    kit.close()


@pytest.mark.parametrize("wrapper", [told, generator])
def test_a_method_that_is_a_generator(wrapper: Any, wrapped: Any, kit: Kit, log: Any) -> None:
    seen = wrapped("google_gemini", "BaseApiClient.request_streamed", wrapper)
    assert list(kit.gemini.models.generate_content_stream(**gemini()))
    assert seen == ["request_streamed"]
    event = log.one()
    assert (event["surface"], event["_tessen_tier"]) == ("models.generate_content_stream", 1)


@pytest.mark.parametrize("wrapper", [told, plain])
def test_a_method_that_is_a_context_manager(wrapper: Any, wrapped: Any, kit: Kit, log: Any) -> None:
    seen = wrapped("cohere", "HttpClient.stream", wrapper)
    assert list(kit.cohere.chat_stream(**chat_v2()))
    assert seen == ["stream"]
    event = log.one()
    assert (event["surface"], event["status"], event.get("outcome")) == ("chat_stream", "ok", None)


def test_a_method_whose_parameters_are_hidden(
    wrapped: Any, clients: Any, log: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    seen = wrapped("openai", "SyncAPIClient.request", plain)
    clients.openai().embeddings.create(model="text-embedding-3-small", input="hello")
    event = log.one()
    assert (seen, event["surface"], event["_tessen_tier"]) == (["request"], "embeddings.create", 1)
    assert capsys.readouterr().err == ""


async def test_a_coroutine_behind_a_function(
    wrapped: Any, server: ScriptedServer, clients: Any, log: Any
) -> None:
    seen = wrapped("openai", "AsyncAPIClient.request", plain)
    client = clients.async_openai()
    await client.embeddings.create(model="text-embedding-3-small", input="hello")
    server.enqueue(ErrorAnswer(404))
    with pytest.raises(openai.NotFoundError):
        await client.chat.completions.create(model="gpt-5-mini", messages=MESSAGES)
    await client.close()
    assert seen == ["request", "request"]
    assert [(event["status"], event["_tessen_tier"]) for event in log.events()] == [("ok", 1), ("error", 1)]


def test_a_mock_stays_as_it_is(wrapped: Any, clients: Any, log: Any) -> None:
    mock = MagicMock(return_value="mocked")
    wrapped("openai", "SyncAPIClient.request", lambda method, seen: mock)
    answer = clients.openai().chat.completions.create(model="gpt-5-mini", messages=MESSAGES)
    assert answer == "mocked"
    assert "self" not in mock.call_args.kwargs
    assert len(mock.call_args.args) == 2
    assert log.events() == []
