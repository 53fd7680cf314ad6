"""The real SDKs of Gemini, Cohere and Mistral on one scripted server, and every way they ask a model in."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextlib import aclosing, closing
from typing import Any

import cohere
from google import genai
from mistralai.client import Mistral

from capture.scripted import ScriptedServer

GEMINI_KEY = "AIzaSy-0123456789-secret-of-the-test-012"
COHERE_KEY = "co0123456789-secret-of-the-test"
MISTRAL_KEY = "mi0123456789-secret-of-the-test"
KEYS = (GEMINI_KEY, COHERE_KEY, MISTRAL_KEY)

QUESTION = "Where is order A-17? 🌙\u2028"
MESSAGES: list[Any] = [{"role": "user", "content": QUESTION}]
SCHEMA = {"type": "object", "properties": {"order_id": {"type": "string"}}}
TOOL = {"type": "function", "function": {"name": "find", "description": "Find it.", "parameters": SCHEMA}}
ONCE = {"max_retries": 0}


class Kit:
    """A server, a client of every vendor on it, and the loop in which those that are awaited run."""

    def __init__(self) -> None:
        self.server = ScriptedServer()
        self.server.__enter__()
        url = self.server.url
        self.gemini = genai.Client(api_key=GEMINI_KEY, http_options={"base_url": url})
        self.cohere = cohere.ClientV2(api_key=COHERE_KEY, base_url=url)
        self.async_cohere = cohere.AsyncClientV2(api_key=COHERE_KEY, base_url=url)
        self.mistral = Mistral(api_key=MISTRAL_KEY, server_url=url)
        self._runner = asyncio.Runner()

    def run(self, work: Any) -> Any:
        """Run a coroutine to its end."""
        return self._runner.run(work)

    def close(self) -> None:
        """Stop the server, and the loop."""
        self.run(self.gemini.aio.aclose())
        self._runner.close()
        self.server.__exit__(None, None, None)


def gemini(**more: Any) -> Any:
    config = {
        "tools": [{"function_declarations": [{"name": "find", "parameters": {"type": "OBJECT"}}]}],
        "automatic_function_calling": {"disable": True},
        **more,
    }
    return {"model": "gemini-2.5-flash", "contents": QUESTION, "config": config}


def chat_v2(**more: Any) -> Any:
    request = {"model": "command-a-03-2025", "messages": MESSAGES, "tools": [TOOL], "request_options": ONCE}
    return {**request, **more}


def mistral(**more: Any) -> Any:
    return {"model": "mistral-large-latest", "messages": MESSAGES, "tools": [TOOL], **more}


def gemini_plain(kit: Kit) -> Any:
    return kit.gemini.models.generate_content(**gemini())


async def gemini_plain_async(kit: Kit) -> Any:
    return await kit.gemini.aio.models.generate_content(**gemini())


def gemini_iterated(kit: Kit) -> Any:
    return list(kit.gemini.models.generate_content_stream(**gemini()))


def gemini_managed(kit: Kit) -> Any:
    with closing(kit.gemini.models.generate_content_stream(**gemini())) as stream:
        return list(stream)


async def read_async(vendor: str, kit: Kit, each: Callable[[], None] = lambda: None) -> list[Any]:
    """Read a stream to its end, calling `each` for every item."""
    items = []
    if vendor == "google_gemini":
        stream: Any = await kit.gemini.aio.models.generate_content_stream(**gemini())
    elif vendor == "cohere":
        stream = kit.async_cohere.chat_stream(**chat_v2())
    else:
        stream = await kit.mistral.chat.stream_async(**mistral())
    async for item in stream:
        items.append(item)
        each()
    return items


async def gemini_iterated_async(kit: Kit) -> Any:
    return await read_async("google_gemini", kit)


async def gemini_managed_async(kit: Kit) -> Any:
    async with aclosing(await kit.gemini.aio.models.generate_content_stream(**gemini())) as stream:
        return [item async for item in stream]


def cohere_plain(kit: Kit) -> Any:
    return kit.cohere.chat(**chat_v2())


async def cohere_plain_async(kit: Kit) -> Any:
    return await kit.async_cohere.chat(**chat_v2())


def cohere_iterated(kit: Kit) -> Any:
    return list(kit.cohere.chat_stream(**chat_v2()))


def cohere_managed(kit: Kit) -> Any:
    with kit.cohere.with_raw_response.chat_stream(**chat_v2()) as response:
        return list(response.data)


async def cohere_iterated_async(kit: Kit) -> Any:
    return await read_async("cohere", kit)


async def cohere_managed_async(kit: Kit) -> Any:
    async with kit.async_cohere.with_raw_response.chat_stream(**chat_v2()) as response:
        return [item async for item in response.data]


def mistral_plain(kit: Kit) -> Any:
    return kit.mistral.chat.complete(**mistral())


async def mistral_plain_async(kit: Kit) -> Any:
    return await kit.mistral.chat.complete_async(**mistral())


def mistral_iterated(kit: Kit) -> Any:
    return list(kit.mistral.chat.stream(**mistral()))


def mistral_managed(kit: Kit) -> Any:
    with kit.mistral.chat.stream(**mistral()) as stream:
        return list(stream)


async def mistral_iterated_async(kit: Kit) -> Any:
    return await read_async("mistral", kit)


async def mistral_managed_async(kit: Kit) -> Any:
    async with await kit.mistral.chat.stream_async(**mistral()) as stream:
        return [item async for item in stream]


Way = Callable[[Kit], Any]


def awaited(way: Way) -> Way:
    """The same as a function that waits."""

    def ask(kit: Kit) -> Any:
        return kit.run(way(kit))

    ask.__name__ = way.__name__
    return ask


PLAIN: dict[str, list[Way]] = {
    "google_gemini": [gemini_plain, awaited(gemini_plain_async)],
    "cohere": [cohere_plain, awaited(cohere_plain_async)],
    "mistral": [mistral_plain, awaited(mistral_plain_async)],
}
STREAMED: dict[str, list[Way]] = {
    "google_gemini": [
        gemini_iterated,
        gemini_managed,
        awaited(gemini_iterated_async),
        awaited(gemini_managed_async),
    ],
    "cohere": [
        cohere_iterated,
        cohere_managed,
        awaited(cohere_iterated_async),
        awaited(cohere_managed_async),
    ],
    "mistral": [
        mistral_iterated,
        mistral_managed,
        awaited(mistral_iterated_async),
        awaited(mistral_managed_async),
    ],
}
SURFACES = {
    "google_gemini": ("models.generate_content", "models.generate_content_stream"),
    "cohere": ("chat", "chat_stream"),
    "mistral": ("chat.complete", "chat.stream"),
}
MODELS = {
    "google_gemini": "gemini-2.5-flash",
    "cohere": "command-a-03-2025",
    "mistral": "mistral-large-latest",
}
