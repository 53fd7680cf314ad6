"""Agents SDKs and LlamaIndex."""

from agents import Agent, Runner
from claude_agent_sdk import ClaudeSDKClient, query
from llama_index.core import VectorStoreIndex
from llama_index.llms.openai import OpenAI as LlamaOpenAI
from pydantic_ai import Agent as TypedAgent

agent = Agent(name="x")
typed = TypedAgent("openai:gpt-5")


async def run():
    return await Runner.run(agent, "x")  # expect: openai_agents Runner.run


def run_sync():
    return Runner.run_sync(agent, "x")  # expect: openai_agents Runner.run_sync


async def claude():
    async for message in query(prompt="x"):  # expect: claude_agent_sdk query
        print(message)


async def claude_client():
    async with ClaudeSDKClient() as client:
        await client.query("x")  # expect: claude_agent_sdk ClaudeSDKClient.query


def llama():
    return LlamaOpenAI(model="gpt-5").complete("x")  # expect: llama_index complete


def index(documents):
    engine = VectorStoreIndex.from_documents(documents).as_query_engine()
    return engine.query("x")  # expect: llama_index engine.query


def pydantic():
    return typed.run_sync("x")  # expect: pydantic_ai Agent.run_sync
