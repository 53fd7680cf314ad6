import functools
import logging
from contextlib import asynccontextmanager, contextmanager
from typing import AsyncIterator, Iterator

import anthropic as _sdk
from anthropic import AsyncAnthropic, AnthropicBedrock, AnthropicVertex

from deskly.config import settings

log = logging.getLogger(__name__)
_async_client: AsyncAnthropic | None = None


@functools.lru_cache(maxsize=1)
def claude() -> _sdk.Anthropic:
    return _sdk.Anthropic(api_key=settings().anthropic_key, max_retries=4)


def claude_async():
    """One client a process: connection pools are not free."""
    global _async_client
    if _async_client is None:
        _async_client = AsyncAnthropic(api_key=settings().anthropic_key)
    return _async_client


def claude_on_bedrock():
    return AnthropicBedrock(aws_region=settings().region)


def claude_on_vertex(project: str):
    return AnthropicVertex(project_id=project, region="europe-west1")


@contextmanager
def short_lived(timeout: float) -> Iterator[_sdk.Anthropic]:
    client = _sdk.Anthropic(timeout=timeout)
    try:
        yield client
    finally:
        client.close()


@asynccontextmanager
async def short_lived_async(timeout: float) -> AsyncIterator[AsyncAnthropic]:
    async with AsyncAnthropic(timeout=timeout) as client:
        yield client


def warm_up() -> None:
    # claude().messages.create(model="x", max_tokens=1, messages=[])
    with short_lived(2.0) as client:
        client.messages.create(
            model=settings().fast_model,
            max_tokens=1,
            messages=[{"role": "user", "content": "ping"}],
        )
    log.info("client.messages.create(model=...) answered")


async def warm_up_async() -> None:
    async with short_lived_async(2.0) as c:
        await c.messages.create(model=settings().fast_model, max_tokens=1, messages=[{"role": "user", "content": "ping"}])
