"""Clients, and what hands them out."""

from contextlib import contextmanager
from functools import cached_property, lru_cache

from anthropic import Anthropic
from openai import OpenAI

shared = OpenAI()
_lazy = None


@lru_cache
def get_client() -> Anthropic:
    return Anthropic()


def untyped_factory(kind):
    return {"a": Anthropic(), "o": OpenAI()}[kind]


def global_client():
    global _lazy
    if _lazy is None:
        _lazy = Anthropic()
    return _lazy


@contextmanager
def opened():
    client = Anthropic()
    try:
        yield client
    finally:
        client.close()


class Provider:
    """Holds a client in an attribute."""

    fallback: Anthropic

    def __init__(self, client: "Anthropic | None" = None):
        self.client = client or Anthropic()
        self._messages = self.client.messages

    @cached_property
    def openai(self):
        return OpenAI()

    @property
    def anthropic(self) -> Anthropic:
        return self.client

    def ask(self, prompt):
        return self.client.messages.create(model="m", messages=[prompt])  # expect: anthropic messages.create

    def ask_the_resource(self, prompt):
        return self._messages.create(model="m", messages=[prompt])  # expect: anthropic messages.create

    def ask_the_property(self, prompt):
        return self.openai.responses.create(model="m", input=prompt)  # expect: openai responses.create

    def ask_the_fallback(self, prompt):
        return self.fallback.messages.create(model="m", messages=[prompt])  # expect: anthropic messages.create


class Special(Provider):
    def ask(self, prompt):
        def inner():
            return self.anthropic.messages.create(model="m", messages=[prompt])  # expect: anthropic messages.create

        return inner()
