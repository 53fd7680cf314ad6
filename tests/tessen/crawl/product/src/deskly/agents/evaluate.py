"""Judges yesterday's answers with several models and compares them."""

from __future__ import annotations

import asyncio
import functools
import random
from collections.abc import AsyncIterator, Iterable
from typing import NamedTuple

import anthropic
import mistralai
import openai as oai
from anthropic import Anthropic as Claude, AsyncAnthropic as AsyncClaude
from openai.types.chat import ChatCompletion

try:
    from google import genai
except ImportError:
    genai = None


class Judges(NamedTuple):
    claude: Claude
    gpt: oai.OpenAI


def judges() -> Judges:
    return Judges(Claude(), oai.OpenAI())


def timed(function):
    @functools.wraps(function)
    async def inner(*args, **kwargs):
        async with asyncio.timeout(30):
            return await function(*args, **kwargs)

    return inner


def with_client(function):
    """Hands the decorated function a client of its own."""

    @functools.wraps(function)
    def inner(*args, **kwargs):
        with Claude() as client:
            return function(client, *args, **kwargs)

    return inner


@with_client
def one(client, text):
    return client.messages.create(model="claude-opus-4-1", max_tokens=5, messages=[{"role": "user", "content": text}])


@timed
async def two(text, client=AsyncClaude()):
    return await client.messages.create(model="claude-opus-4-1", max_tokens=5, messages=[{"role": "user", "content": text}])


def both(text: str):
    claude, gpt = judges()
    left = claude.messages.create(model="claude-opus-4-1", max_tokens=5, messages=[{"role": "user", "content": text}])
    right = gpt.chat.completions.create(model="gpt-5", messages=[{"role": "user", "content": text}])
    return left, right


def named(text):
    panel = judges()
    return panel.gpt.responses.create(model="gpt-5", input=text)


def by_mode(text: str, mode: str) -> ChatCompletion:
    match mode:
        case "cheap":
            client = oai.OpenAI(base_url="https://openrouter.ai/api/v1")
        case _:
            client = oai.AzureOpenAI(api_version="2025-03-01-preview")
    return client.chat.completions.create(model="gpt-5", messages=[{"role": "user", "content": text}])


def sampled(texts: Iterable[str], rate: float = 0.1):
    client = oai.OpenAI()
    ask = lambda text: client.responses.create(model="gpt-5-nano", input=text)
    return [ask(text) for text in texts if random.random() < rate]


async def stream(text) -> AsyncIterator[str]:
    async with mistralai.Mistral() as mistral:
        async for event in await mistral.chat.stream_async(model="mistral-large-latest", messages=[{"role": "user", "content": text}]):
            yield event.data.choices[0].delta.content


def agent(text):
    return mistralai.Mistral().agents.complete(agent_id="ag:1", messages=[{"role": "user", "content": text}])


def gemini(text):
    if genai is None:
        return None
    return genai.Client().models.generate_content(model="gemini-2.5-pro", contents=text)


def legacy(text):
    return anthropic.Anthropic().completions.create(model="claude-2.1", prompt=text, max_tokens_to_sample=5)


async def judge_all(texts):
    client = AsyncClaude()
    gate = asyncio.Semaphore(8)

    async def judge(text):
        async with gate:
            return await client.messages.create(model="claude-haiku-4-5", max_tokens=5, messages=[{"role": "user", "content": text}])

    async with asyncio.TaskGroup() as group:
        tasks = [group.create_task(judge(text)) for text in texts]
    return [task.result() for task in tasks]


async def fan_out(texts):
    client = oai.AsyncOpenAI()
    calls = [client.embeddings.create(model="text-embedding-3-small", input=text) for text in texts]
    return await asyncio.gather(*calls)


async def in_executor(text):
    loop = asyncio.get_running_loop()
    client = Claude()
    call = functools.partial(client.messages.create, model="m", max_tokens=5, messages=[{"role": "user", "content": text}])
    return await loop.run_in_executor(None, call)


def tool_runner(tools):
    runner = Claude().beta.messages.tool_runner(model="claude-opus-4-1", max_tokens=100, tools=tools, messages=[])
    return runner.until_done()
