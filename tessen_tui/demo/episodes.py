"""What goes wrong in the demo's night, to whom, and when.

Each agent has a timetable that repeats. Within an episode it plays that episode's scenes; between them it
does ordinary work. Something goes wrong within five seconds of the start, and never everything at once.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from random import Random

from capture.scripted import Answer, ErrorAnswer, ToolCall, Usage
from tessen_tui.demo.cast import Agent
from tessen_tui.demo.scenes import Scene, ordinary, priced

CYCLE_S = 150.0
"""Seconds after which the night repeats itself."""

ATTEMPTS = 3
"""How often the SDKs try a call by default: once, and two retries."""

Plot = Callable[[Agent, Random], Scene]


@dataclass(frozen=True, slots=True)
class Episode:
    """A stretch of time in which one agent has one kind of trouble."""

    agent: str
    start: float
    """Seconds into the cycle."""
    end: float
    plot: Plot
    once: bool = False
    """Play the scene a single time, not again and again until the end."""


def rate_limited(agent: Agent, random: Random) -> Scene:
    """The vendor's limit is hit; the SDK's retries are used up; the agent does the same thing again."""
    message = "This request would exceed your organization's rate limit of 50 requests per minute."
    again = Answer(error=ErrorAnswer(429, message=message, retry_after=0.3), delay=0.05)
    if random.random() < 0.2:
        scene = ordinary(agent, random)
        return replace(scene, answers=(again, *scene.answers))
    return Scene("Order A-71120 shows as delivered, but nothing came.", (again,) * ATTEMPTS, pause=0.15)


def tool_loop(agent: Agent, random: Random) -> Scene:
    """The same tool fails in the same way for the same arguments, and the model asks for it once more."""
    turns = 46
    call = ToolCall("get_invoice", {"invoice_id": "INV-0000"})
    answers = [
        replace(
            priced(
                agent,
                random,
                Answer(text="Let me try that again." if turn else None, tool_calls=[call]),
                turn,
            ),
            usage=Usage(agent.context + 1_700 * turn, 74),
            ttft=0.6,
        )
        for turn in range(turns)
    ]
    answers.append(
        Answer(text="I could not find the invoice.", usage=Usage(agent.context + 1_700 * turns, 31))
    )
    failure = '{"error": "502 Bad Gateway", "service": "ledger", "hint": "upstream closed the connection"}'
    return Scene(
        "Which invoice does transfer T4471902 belong to?", tuple(answers), (failure,) * turns, pause=0.5
    )


def truncated(agent: Agent, random: Random) -> Scene:
    """The answer runs into the limit on output tokens."""
    text = (
        "The change touches forty-one files. I go through them one by one. " * 6
        + "In exporters/archive.py the"
    )
    answer = priced(agent, random, Answer(text=text, stop="max_tokens", chunks=12), 1)
    usage = Usage(answer.usage.input, agent.max_tokens)
    task = "Review pull request #812: Move everything to the new layout."
    return Scene(task, (replace(answer, usage=usage),), pause=1.0)


def overloaded(agent: Agent, random: Random) -> Scene:
    """The vendor has no capacity."""
    answers = (Answer(error=ErrorAnswer(529)),) * ATTEMPTS
    return Scene("Review pull request #815: Pin the build image.", answers, pause=0.5)


def abandoned(agent: Agent, random: Random) -> Scene:
    """The caller goes away while the answer is still streaming."""
    scene = ordinary(agent, random)
    text = "Three things stand out in this change. First, the lock is taken twice. " * 4
    answer = replace(priced(agent, random, Answer(text=text), 0), chunks=30, chunk_delay=0.08)
    return Scene(scene.task, (answer,), pause=0.8, leave_after=6)


def refusal(agent: Agent, random: Random) -> Scene:
    """The model declines."""
    answer = Answer(refusal="I can't help with finding the private addresses of named people.")
    task = "Find the home addresses of the twenty people on the attached list."
    return Scene(task, (priced(agent, random, answer, 0),), pause=2.0)


def cost_spike(agent: Agent, random: Random) -> Scene:
    """Someone put the whole archive into the context."""
    answer = Answer(
        text="The archive holds 18,204 letters. The most frequent subject is a missing parcel.", ttft=1.4
    )
    usage = Usage(random.randint(560_000, 840_000), 1_900)
    return Scene(
        "Summarise the year. The whole archive is attached.", (replace(answer, usage=usage),), pause=2.5
    )


def cache_missed(agent: Agent, random: Random) -> Scene:
    """The prompt is marked for the cache, and the cache does nothing."""
    scene = ordinary(agent, random)
    uncached = tuple(replace(a, usage=replace(a.usage, cache_read=0, cache_write=0)) for a in scene.answers)
    return replace(scene, answers=uncached)


def slow_stream(agent: Agent, random: Random) -> Scene:
    """The first token lets everyone wait."""
    scene = ordinary(agent, random)
    return replace(scene, answers=tuple(replace(a, ttft=7.0, chunk_delay=0.25) for a in scene.answers))


def broken_tool_call(agent: Agent, random: Random) -> Scene:
    """The limit cuts the arguments of a tool call, so that they are not JSON; the second try is whole."""
    raw = '{"supplier": "Encre Vive SARL", "number": "11/4420", "total_cents": 18'
    record = {"supplier": "Encre Vive SARL", "number": "11/4420", "total_cents": 18040, "currency": "EUR"}
    answers = (
        Answer(tool_calls=[ToolCall("save_invoice", raw_arguments=raw)], stop="max_tokens"),
        Answer(tool_calls=[ToolCall("save_invoice", record)]),
        Answer(text="Saved invoice 11/4420 of Encre Vive SARL."),
    )
    return Scene(
        "Read this scan:\nENCRE VIVE SARL\nFacture 11/4420",
        tuple(priced(agent, random, answer, turn) for turn, answer in enumerate(answers)),
        ('{"error": "the arguments are not JSON"}', '{"saved": true}'),
        pause=1.2,
    )


def silent(agent: Agent, random: Random) -> Scene:
    """The model ends its turn and has said nothing."""
    return Scene("Anything else?", (priced(agent, random, Answer(empty=True), 0),), pause=1.5)


TIMETABLE: tuple[Episode, ...] = (
    Episode("support_triage", 2.0, 26.0, rate_limited),
    Episode("invoice_ocr", 14.0, 20.0, broken_tool_call),
    Episode("billing_reconciler", 28.0, 58.0, tool_loop, once=True),
    Episode("code_reviewer", 36.0, 46.0, truncated),
    Episode("research_scout", 58.0, 66.0, refusal),
    Episode("night_summariser", 66.0, 80.0, cost_spike),
    Episode("code_reviewer", 82.0, 92.0, overloaded),
    Episode("night_summariser", 92.0, 100.0, slow_stream, once=True),
    Episode("code_reviewer", 102.0, 110.0, abandoned),
    Episode("night_summariser", 112.0, 120.0, cache_missed),
    Episode("support_triage", 118.0, 122.0, silent, once=True),
)


def scenes(agent: Agent, random: Random, clock: Callable[[], float]) -> Iterator[Scene]:
    """Yield an agent's scenes for ever.

    Args:
        agent: Whose.
        random: What varies them.
        clock: Seconds since the night began; asked before each scene.
    """
    done: set[tuple[int, Episode]] = set()
    while True:
        cycle, into = divmod(clock(), CYCLE_S)
        episode = _episode(agent, into)
        key = (int(cycle), episode) if episode is not None and episode.once else None
        if episode is None or key in done:
            yield ordinary(agent, random)
            continue
        if key is not None:
            done = {key}
        yield episode.plot(agent, random)


def _episode(agent: Agent, into: float) -> Episode | None:
    return next((e for e in TIMETABLE if e.agent == agent.name and e.start <= into < e.end), None)
