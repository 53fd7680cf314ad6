"""A task of an agent as the demo plays it: what is asked, what the model answers, what the tools return.

A scene is one task from beginning to end. The same scenes are played live, over the real SDKs, and written as
backlog. All of it is drawn from a seeded generator.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from random import Random

from capture.scripted import Answer, ToolCall, Usage
from tessen_tui.demo.cast import Agent
from tessen_tui.demo.plots import PLOTS, Plot


@dataclass(frozen=True, slots=True)
class Scene:
    """One task of one agent."""

    task: str
    """What the agent is asked."""
    answers: tuple[Answer, ...]
    """What the model server answers, in order, errors included."""
    results: tuple[str, ...] = ()
    """What the tools return, in the order in which they are called."""
    pause: float = 0.0
    """Seconds of rest after the task."""
    leave_after: int | None = None
    """Stop reading a stream after this many pieces, as a caller does that has gone away."""


def ordinary(agent: Agent, random: Random) -> Scene:
    """Return a healthy task for an agent."""
    return play(agent, random, PLOTS[agent.name](random))


def play(agent: Agent, random: Random, plot: Plot) -> Scene:
    """Return the scene that a plot makes, at the price and the pace of the agent's model."""
    answers = [
        Answer(text=step.before, tool_calls=[ToolCall(step.tool, step.arguments)]) for step in plot.steps
    ]
    answers.append(Answer(text=plot.final))
    answers[0] = replace(answers[0], thinking=plot.thinking)
    paced = tuple(priced(agent, random, answer, turn) for turn, answer in enumerate(answers))
    pause = agent.rest * random.uniform(0.4, 1.6)
    return Scene(plot.task, paced, tuple(step.result for step in plot.steps), pause)


def priced(agent: Agent, random: Random, answer: Answer, turn: int) -> Answer:
    """Return an answer with the tokens and the pace that the agent's model would have at this turn."""
    spoken = len(answer.text or "") // 3 + 60 * len(answer.tool_calls) + random.randint(8, 60)
    thought = len(answer.thinking or "") * random.randint(2, 6)
    context = agent.context + turn * random.randint(500, 1400) + random.randint(0, agent.context // 5)
    reused = int(agent.context * 0.9) if agent.cached else 0
    usage = Usage(context, spoken + thought, cache_read=reused, reasoning=thought)
    return replace(
        answer,
        usage=usage,
        ttft=random.uniform(0.12, 0.35) + agent.context / 30_000,
        chunk_delay=random.uniform(0.01, 0.04) if agent.streamed else 0.0,
    )
