"""Runs what a model wrote, away from everything else."""

from __future__ import annotations

import typing as t

from deskly.clients import claude
from deskly.clients.claude import short_lived

if t.TYPE_CHECKING:
    from anthropic import Anthropic
    from openai import OpenAI


class Sandbox:
    client: "Anthropic"
    critic: t.Optional["OpenAI"] = None

    def __init__(self, client=None):
        self.client = client or claude()

    def attach(self, critic: OpenAI) -> Sandbox:
        self.critic = critic
        return self

    def step(self, history: list) -> str:
        with self as box:
            reply = box.client.messages.create(model="m", max_tokens=1, messages=history)
        return reply.content[0].text

    def __enter__(self):
        return self

    def __exit__(self, *exc):
        return None

    def criticise(self, text):
        if self.critic is None:
            return None
        return self.critic.chat.completions.create(model="gpt-5", messages=[{"role": "user", "content": text}])

    def once(self, text):
        for timeout in (1, 5, 25):
            with short_lived(timeout) as quick:
                yield quick.messages.create(model="m", max_tokens=1, messages=[{"role": "user", "content": text}])

    @staticmethod
    def ask(client: "Anthropic", text: str):
        return client.messages.create(model="m", max_tokens=1, messages=[{"role": "user", "content": text}])

    @property
    def messages(self):
        return self.client.messages

    def short(self, text):
        return self.messages.create(model="m", max_tokens=1, messages=[{"role": "user", "content": text}])


def helper(llm: Anthropic | None, text):
    """An untyped caller hands this whatever it has."""
    llm = llm or claude()
    return llm.messages.create(model="m", max_tokens=1, messages=[{"role": "user", "content": text}])


def handed_down(text):
    return _inner(claude(), text)


def _inner(api, text):
    resource = api.messages
    return resource.create(model="m", max_tokens=1, messages=[{"role": "user", "content": text}])
