"""Billing and returns, on the Agents SDK."""

import agents
from agents import Agent, RunConfig, Runner, function_tool, handoff
from agents.extensions.models.litellm_model import LitellmModel


@function_tool
def refund(order: str) -> str:
    return f"refunded {order}"


billing = Agent(name="Billing", instructions="...", tools=[refund], model=LitellmModel(model="anthropic/claude-sonnet-4-5"))
front = Agent(name="Front", handoffs=[handoff(billing)])


async def serve(text: str):
    result = await Runner.run(front, text, run_config=RunConfig(workflow_name="front"))
    return result.final_output


async def serve_streamed(text):
    stream = Runner.run_streamed(front, input=text)
    async for event in stream.stream_events():
        yield event


def from_cron(text):
    return agents.Runner.run_sync(billing, text).final_output


class Task:
    def run(self, *args):
        return args


class TaskRunner:
    def __init__(self):
        self.task = Task()

    @classmethod
    def run(cls, task):
        return task.run()

    def start(self):
        return TaskRunner.run(self.task)
