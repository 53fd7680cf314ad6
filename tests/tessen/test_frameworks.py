"""Frameworks pass through the recorder: one event a call, whole, with the line of the user's own code.

Each program runs in a process of its own, since the frameworks take seconds to import. The lines of it that
ask a model end in `# ask` and a number of events.
"""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import textwrap
from collections import Counter
from pathlib import Path
from typing import Any

from capture.scripted import Answer, ErrorAnswer, ScriptedServer, ToolCall

KEYS = {"ANTHROPIC_API_KEY": "anthropic-key-of-a-framework", "OPENAI_API_KEY": "openai-key-of-a-framework"}
OFFLINE = {
    "LANGSMITH_TRACING": "false",
    "LITELLM_LOCAL_MODEL_COST_MAP": "True",
    "OPENAI_AGENTS_DISABLE_TRACING": "1",
}
TOOL = Answer(tool_calls=[ToolCall("add", {"a": 1})])
TEXT = Answer(text="one two three four", chunks=4, chunk_delay=0.02)

START = """
    import asyncio, os, sys
    import tessen
    tessen.init(agent_name="agent")
    URL = os.environ["SERVER"]

    def add(a: int) -> int:
        "Add one."
        return a + 1
"""
LANGCHAIN = """
    from langchain_anthropic import ChatAnthropic
    from langchain_openai import ChatOpenAI
    from langgraph.graph import END, START, MessagesState, StateGraph

    models = [
        ChatAnthropic(model="claude-haiku-4-5", base_url=URL),
        ChatOpenAI(model="gpt-5-mini", base_url=URL + "/v1"),
        ChatOpenAI(model="gpt-5-mini", base_url=URL + "/v1", use_responses_api=True),
    ]

    def sync():
        for model in models:
            assert "one two" in model.invoke("count").text  # ask 3
            assert len(list(model.stream("count"))) > 3  # ask 3
        for model in models:
            assert model.bind_tools([add]).invoke("add").tool_calls[0]["args"] == {"a": 1}  # ask 3

    async def in_async():
        for model in models:
            assert "one two" in (await model.ainvoke("count")).text  # ask 3
            async for _ in model.astream("count"): pass  # ask 3
        await asyncio.gather(*(model.ainvoke("count") for model in models))  # ask 3

    def graph(node):
        made = StateGraph(MessagesState)
        made.add_node("node", node)
        made.add_edge(START, "node")
        made.add_edge("node", END)
        return made.compile()

    def node(state):
        return {"messages": [models[0].invoke(state["messages"])]}  # ask 1

    async def async_node(state):
        return {"messages": [await models[0].ainvoke(state["messages"])]}  # ask 2

    async def graphs():
        asked = {"messages": [("user", "count")]}
        await graph(async_node).ainvoke(asked)
        async for _ in graph(async_node).astream(asked, stream_mode="messages"): pass

    sync()
    graph(node).invoke({"messages": [("user", "count")]})

    async def everything():
        await in_async()
        await graphs()

    asyncio.run(everything())
"""
AGENTS = """
    from agents import Agent, OpenAIChatCompletionsModel, OpenAIResponsesModel, Runner, function_tool
    from openai import AsyncOpenAI

    async def run():
        client = AsyncOpenAI(base_url=URL + "/v1")
        for kind in (OpenAIResponsesModel, OpenAIChatCompletionsModel):
            agent = Agent(name="adder", model=kind("gpt-5-mini", client), tools=[function_tool(add)])
            result = await Runner.run(agent, "add")  # ask 4
            assert "one two" in result.final_output
            streamed = Runner.run_streamed(agent, "count")
            async for _ in streamed.stream_events(): pass

    asyncio.run(run())  # ask 2
"""
LITELLM = """
    import litellm, requests

    GPT = dict(model="openai/gpt-5-mini", api_base=URL + "/v1")
    CLAUDE = dict(model="anthropic/claude-haiku-4-5", api_base=URL)
    QUESTION = dict(messages=[{"role": "user", "content": "count"}])

    def sync():
        for model in (GPT, CLAUDE):
            assert "one two" in litellm.completion(**model, **QUESTION).choices[0].message.content  # ask 2
            assert len(list(litellm.completion(**model, **QUESTION, stream=True))) > 3  # ask 2
        asked = {"model": "local", **QUESTION}
        key = {"authorization": "Bearer " + os.environ["OPENAI_API_KEY"]}
        assert requests.post(URL + "/v1/chat/completions", json=asked, headers=key).ok  # ask 1

    async def in_async():
        for model in (GPT, CLAUDE):
            await litellm.acompletion(**model, **QUESTION)  # ask 2
            async for _ in await litellm.acompletion(**model, **QUESTION, stream=True): pass  # ask 2
        try:
            await litellm.acompletion(**CLAUDE, **QUESTION)  # ask 1
        except litellm.RateLimitError:
            pass
        await litellm.acompletion(**GPT, **QUESTION, max_retries=2)  # ask 1

    sync()
    asyncio.run(in_async())
"""


def run(program: str, answers: list[Answer | ErrorAnswer], folder: Path) -> list[dict[str, Any]]:
    """Run a program, and return its events, having checked where each was asked for."""
    file = folder / "program.py"
    file.write_text(textwrap.dedent(START) + textwrap.dedent(program))
    with ScriptedServer(answers) as server:
        done = subprocess.run(
            [sys.executable, file],
            env={
                **os.environ,
                **KEYS,
                **OFFLINE,
                "SERVER": server.url,
                "TESSEN_LOG_DIR": str(folder / "logs"),
            },
            capture_output=True,
            text=True,
            check=False,
            timeout=120,
        )
        sent = len(server.requests)
    assert done.returncode == 0, done.stderr
    assert "tessen:" not in done.stderr
    (log,) = (folder / "logs").rglob("*.jsonl")
    for key in KEYS.values():
        assert key.encode() not in log.read_bytes()
    events = [json.loads(line) for line in log.read_bytes().splitlines()]
    assert sum(len(event.get("attempts", [None])) for event in events) == sent
    check_call_sites(events, file)
    return events


def check_call_sites(events: list[dict[str, Any]], file: Path) -> None:
    lines = file.read_text().splitlines()
    marks = ((number, re.search(r"# ask (\d+)$", line)) for number, line in enumerate(lines, 1))
    expected = Counter({(str(file), number): int(mark[1]) for number, mark in marks if mark})
    assert Counter((event["call_site"]["file"], event["call_site"]["line"]) for event in events) == expected


def check_whole(event: dict[str, Any]) -> None:
    """Check that an event of an answer is no empty shell."""
    body = event["response_body"] if event["streamed"] else event["casted_response"]
    assert "one two three four" in json.dumps(body) or '"add"' in json.dumps(body)
    assert event["request_body"]["model"] == event["model"]
    assert (event["status"], event.get("outcome")) == ("ok", None)
    if event["streamed"]:
        assert event["duration_ms"] > 3 * TEXT.chunk_delay * 1000
        assert event["surface"].endswith(".stream")
    else:
        assert event["usage"]["output_tokens"] > 0


def test_langchain_and_langgraph(tmp_path: Path) -> None:
    events = run(LANGCHAIN, [*[TEXT] * 6, *[TOOL] * 3, *[TEXT] * 12], tmp_path)
    assert len(events) == 21
    for event in events:
        check_whole(event)
        assert event["_tessen_tier"] == 1
        assert event["quality_signals"] == []
    surfaces = Counter(event["surface"] for event in events)
    assert surfaces["messages.create"] == 3 + 1 + 2
    assert surfaces["chat.completions.create"] == surfaces["responses.create"] == 4
    assert surfaces["chat.completions.stream"] == surfaces["responses.stream"] == 2


def test_the_openai_agents_sdk(tmp_path: Path) -> None:
    events = run(AGENTS, [TOOL, TEXT, TEXT] * 2, tmp_path)
    for event in events:
        check_whole(event)
        assert event["_tessen_tier"] == 1
        assert event["quality_signals"] == []
    kinds = [(event["surface"], event["streamed"]) for event in events]
    for resource in ("responses", "chat.completions"):
        expected = [
            (f"{resource}.create", False),
            (f"{resource}.create", False),
            (f"{resource}.stream", True),
        ]
        assert kinds[:3] == expected
        kinds = kinds[3:]


def test_litellm_and_a_request_by_hand(tmp_path: Path) -> None:
    """Through the SDK for OpenAI's models; through an HTTP library for others, aiohttp where it awaits."""
    answers = [*[TEXT] * 9, ErrorAnswer(429), ErrorAnswer(502), TEXT]
    *answered, limited, retried = run(LITELLM, answers, tmp_path)
    for event in (*answered, retried):
        check_whole(event)
    tiers = {(event["provider"], event["_tessen_tier"]) for event in answered[:4] + answered[5:]}
    assert tiers == {("openai", 1), ("anthropic", 3)}
    assert answered[4]["_tessen_tier"] == 3
    assert (limited["status"], limited["quality_signals"]) == ("error", ["rate_limited"])
    assert retried["quality_signals"] == ["silent_retry"]
    assert [attempt["status"] for attempt in retried["attempts"]] == [502, 200]
