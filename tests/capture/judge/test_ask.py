"""One question to a judge, over either protocol: what is asked, with which key, and what comes of it."""

from __future__ import annotations

import json
from typing import Any, Literal

import pytest

from capture.config import JudgeConfig
from capture.engines.interface import EngineError
from capture.judge import Verdict, backend, judge, render
from capture.scripted import Answer, ErrorAnswer, ScriptedServer, Usage

FLAGGED = 'So: {"flagged": true, "reason": "it writes", "confidence": 0.9}'
Provider = Literal["anthropic", "openai", "openrouter"]


async def ask(
    provider: Provider, answer: Answer | ErrorAnswer, **fields: Any
) -> tuple[Verdict, ScriptedServer]:
    async with ScriptedServer() as server:
        server.enqueue(answer)
        base = server.url if provider == "anthropic" else f"{server.url}/v1/"
        config = JudgeConfig(
            model="gpt-5-mini", rubric="It writes.", provider=provider, base_url=base, **fields
        )
        name = fields.get("api_key_env") or f"{provider.upper()}_API_KEY"
        where = backend(config, {name: "the-key"})
        return await judge(config, where, render((), include_reasoning=True)), server


@pytest.mark.parametrize("provider", ["openai", "openrouter"])
async def test_it_is_asked_over_the_openai_protocol(provider: Provider) -> None:
    verdict, server = await ask(
        provider, Answer(text=FLAGGED, usage=Usage(input=900, output=30)), max_tokens=99
    )
    (request,) = server.requests
    body = json.loads(request.body)
    assert (request.method, request.path) == ("POST", "/v1/chat/completions")
    assert request.headers["authorization"] == "Bearer the-key"
    assert (body["model"], body["max_completion_tokens"], body["temperature"]) == ("gpt-5-mini", 99, 0.0)
    system, user = body["messages"]
    assert system["role"] == "system"
    assert "You judge" in system["content"]
    assert user["role"] == "user"
    assert "<rubric>\nIt writes.\n</rubric>" in user["content"]
    assert (verdict.flagged, verdict.reason, verdict.confidence, verdict.error) == (
        True,
        "it writes",
        0.9,
        None,
    )
    assert verdict.raw == FLAGGED
    assert verdict.usage is not None
    assert (verdict.usage["input_tokens"], verdict.usage["output_tokens"]) == (900, 30)


async def test_its_cost_is_by_the_vendors_prices() -> None:
    verdict, _ = await ask("openai", Answer(text=FLAGGED, usage=Usage(input=1_000_000, output=0)))
    assert verdict.cost_usd == pytest.approx(0.25)


async def test_it_is_asked_over_the_messages_api() -> None:
    verdict, server = await ask("anthropic", Answer(text=FLAGGED), api_key_env="MY_KEY")
    (request,) = server.requests
    body = json.loads(request.body)
    assert request.path == "/v1/messages"
    assert request.headers["x-api-key"] == "the-key"
    assert "You judge" in str(body["system"])
    assert verdict.flagged is True


@pytest.mark.parametrize("provider", ["openai", "anthropic"])
async def test_an_api_that_refuses_gives_no_verdict(provider: Provider) -> None:
    verdict, _ = await ask(provider, ErrorAnswer(429, message="slow down"))
    assert (verdict.flagged, verdict.error) == (None, "HTTP 429: slow down")


@pytest.mark.parametrize("provider", ["openai", "openrouter", "anthropic"])
def test_without_a_key_it_says_which_is_missing(provider: Provider) -> None:
    config = JudgeConfig(model="m", rubric="r", provider=provider)
    with pytest.raises(EngineError, match=f"set {provider.upper()}_API_KEY for the judge"):
        backend(config, {})
