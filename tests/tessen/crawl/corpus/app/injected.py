"""Clients that are handed in."""

from dataclasses import dataclass
from typing import Annotated, Optional

from anthropic import AsyncAnthropic
from fastapi import Depends
from openai import OpenAI

from app.llm import get_client


def annotated(client: OpenAI):
    return client.chat.completions.create(model="m", messages=[])  # expect: openai chat.completions.create


async def optional(client: Optional[AsyncAnthropic] = None):
    client = client or AsyncAnthropic()
    return await client.messages.create(model="m", messages=[])  # expect: anthropic messages.create


def depends(client=Depends(get_client)):
    return client.messages.create(model="m", messages=[])  # expect: anthropic messages.create


def depends_annotated(client: Annotated[object, Depends(get_client)]):
    return client.messages.create(model="m", messages=[])  # expect: anthropic messages.create


def nothing_said(client, prompt):
    return client.messages.create(model="m", max_tokens=1, messages=[prompt])  # expect: anthropic messages.create


@dataclass
class Agent:
    llm: OpenAI
    name: str = "x"

    def step(self):
        return self.llm.responses.create(model="m", input="x")  # expect: openai responses.create


class Untyped:
    def __init__(self, client):
        self.client = client

    def step(self):
        return self.client.chat.completions.create(model="m", messages=[])  # expect: openai chat.completions.create


def passed_on_by_keyword():
    return relay(sender=OpenAI())


def relay(sender):
    return sender.completions.create(prompt="x")  # expect: openai completions.create
