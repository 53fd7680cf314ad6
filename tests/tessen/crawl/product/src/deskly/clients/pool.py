"""Round robin over keys."""

from __future__ import annotations

import itertools
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from mistralai import Mistral

if TYPE_CHECKING:
    import openai


@dataclass
class ClientPool:
    keys: list[str]
    clients: list[openai.AsyncOpenAI] = field(default_factory=list)
    fallback: Mistral = field(default_factory=lambda: Mistral(api_key=""))
    _turn: itertools.cycle | None = None

    def __post_init__(self):
        from openai import AsyncOpenAI

        self.clients = [AsyncOpenAI(api_key=key) for key in self.keys]
        self._turn = itertools.cycle(self.clients)

    def next(self) -> openai.AsyncOpenAI:
        assert self._turn is not None
        return next(self._turn)

    async def ask(self, prompt: str) -> str:
        client = self.next()
        response = await client.responses.create(model="gpt-5-mini", input=prompt)
        return response.output_text

    async def ask_all(self, prompt: str) -> list[str]:
        answers = []
        for client in self.clients:
            answer = await client.chat.completions.create(
                model="gpt-5-mini", messages=[{"role": "user", "content": prompt}]
            )
            answers.append(answer.choices[0].message.content)
        return answers

    async def last_resort(self, prompt):
        res = await self.fallback.chat.complete_async(model="mistral-small-latest", messages=[{"role": "user", "content": prompt}])
        return res.choices[0].message.content
