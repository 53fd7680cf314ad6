"""Wiring. Everything that needs a client is handed one from here."""

from __future__ import annotations

from dataclasses import dataclass
from types import SimpleNamespace
from typing import Callable, ClassVar, Generic, TypeVar

import anthropic
import cohere
import openai
from dependency_injector import containers, providers
from google import genai

from deskly.agents.triage import TriageAgent
from deskly.clients import claude, claude_on_vertex
from deskly.clients.pool import ClientPool
from deskly.retrieval.embed import CohereEmbedder

C = TypeVar("C")


class Container(containers.DeclarativeContainer):
    config = providers.Configuration()
    claude = providers.Singleton(anthropic.Anthropic, api_key=config.key)
    triage = providers.Factory(TriageAgent, client=claude)


class Lazy(Generic[C]):
    def __init__(self, make: Callable[[], C]):
        self._make = make
        self._made: C | None = None

    def get(self) -> C:
        if self._made is None:
            self._made = self._make()
        return self._made


@dataclass(slots=True)
class Services:
    anthropic: anthropic.Anthropic
    openai: openai.OpenAI
    cohere: cohere.ClientV2
    pool: ClientPool
    lazy_gemini: Lazy[genai.Client]
    model: ClassVar[str] = "claude-sonnet-4-5"

    @classmethod
    def default(cls) -> Services:
        return cls(anthropic.Anthropic(), openai.OpenAI(), cohere.ClientV2(), ClientPool([]), Lazy(genai.Client))

    def tag(self, text: str) -> str:
        out = self.cohere.chat(model="command-a-03-2025", messages=[{"role": "user", "content": text}])
        return out.message.content[0].text

    def title(self, text: str):
        return self.openai.responses.parse(model="gpt-5-mini", input=text, text_format=dict)


class Handler:
    """Base of everything that works on a ticket."""

    def __init__(self, services: Services, *, limit: int = 10) -> None:
        self.services = services
        self.limit = limit


class Titles(Handler):
    def handle(self, ticket):
        return self.services.anthropic.messages.create(
            model=self.services.model, max_tokens=30, messages=[{"role": "user", "content": ticket.body}]
        )


class Translations(Handler):
    def __init__(self, services, language):
        super().__init__(services)
        self.language = language

    def handle(self, ticket):
        prompt = f"Translate to {self.language}: {ticket.body}"
        done = self.services.openai.chat.completions.create(model="gpt-5", messages=[{"role": "user", "content": prompt}])
        return done.choices[0].message.content

    def gemini(self, ticket):
        return self.services.lazy_gemini.get().models.generate_content(model="gemini-2.5-pro", contents=ticket.body)


def from_container(text):
    return Container.claude().messages.create(model="m", max_tokens=9, messages=[{"role": "user", "content": text}])


CLIENTS = {"claude": claude, "vertex": lambda: claude_on_vertex("deskly")}
NS = SimpleNamespace(claude=anthropic.Anthropic(), pool=ClientPool([]))


def by_name(name, text):
    return CLIENTS[name]().messages.create(model="m", max_tokens=9, messages=[{"role": "user", "content": text}])


def on_namespace(text):
    return NS.claude.messages.create(model="m", max_tokens=9, messages=[{"role": "user", "content": text}])


def reranked(query, docs):
    services = Services.default()
    services.pool.ask(query)
    return services.cohere.rerank(model="rerank-v3.5", query=query, documents=docs)


def rerank_by(embedder: CohereEmbedder, query, docs):
    return embedder.co.rerank(model="rerank-v3.5", query=query, documents=docs)
