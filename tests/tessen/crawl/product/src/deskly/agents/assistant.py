"""The assistant in the agents' sidebar."""

import os
import sys

from claude_agent_sdk import ClaudeAgentOptions, ClaudeSDKClient
from claude_agent_sdk import query as ask_claude
import cohere
from openai import AsyncOpenAI, OpenAI

from deskly.config import settings

PROVIDER = os.environ.get("PROVIDER", "openai")

if PROVIDER == "azure":
    from openai import AzureOpenAI

    llm = AzureOpenAI(api_version="2025-03-01-preview")
else:
    llm = OpenAI()

sys.modules[__name__].co = cohere.Client()


class Base:
    client: OpenAI

    def setup(self):
        self.client = OpenAI()
        self.embeddings = self.client.embeddings


class Assistant(Base):
    model = settings().draft_model

    def __init__(self):
        self.setup()
        self.responses = []
        self.completions = self.client.chat.completions

    def reply(self, text: str) -> str:
        self.responses.append(text)
        out = self.completions.create(model=self.model, messages=[{"role": "user", "content": text}], stream=False)
        return out.choices[0].message.content

    def stream(self, text):
        for chunk in self.client.chat.completions.create(model=self.model, messages=[], stream=True):
            yield chunk.choices[0].delta.content or ""
        with self.client.chat.completions.stream(model=self.model, messages=[]) as events:
            yield from events

    def vector(self, text):
        return self.embeddings.create(input=text, model="text-embedding-3-small").data[0].embedding

    async def areply(self, text):
        async with AsyncOpenAI() as client:
            return await client.responses.create(model=self.model, input=text)


def module_level(text):
    return llm.responses.create(model="gpt-5", input=text, previous_response_id=None)


async def code(prompt):
    async for message in ask_claude(prompt=prompt, options=ClaudeAgentOptions(max_turns=3)):
        yield message


async def interactive(prompts):
    async with ClaudeSDKClient() as session:
        for prompt in prompts:
            await session.query(prompt)


def legacy(text):
    co = cohere.Client()
    return co.chat(message=text, model="command-r").text, co.generate(prompt=text)
