"""How samples differ: why they stopped, which tools they chose, with what, and what they said."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any

from capture.resample.samples import Sample
from tessen.blocks import Refusal, Text, ToolCall

ALIKE = 0.6
"""Share of words that two texts must have in common, of all that either has, to say the same."""

_WORD = re.compile(r"\w+")


@dataclass(frozen=True, slots=True)
class Cluster:
    """Samples whose texts say about the same."""

    samples: list[int]
    text: str
    """The text of the first."""


@dataclass(frozen=True, slots=True)
class Summary:
    """How samples differ. Counts are of whole samples, failed ones left out but for `failed`."""

    answered: int
    failed: int
    stop_reasons: dict[str, int] = field(default_factory=dict)
    tools: dict[str, int] = field(default_factory=dict)
    """By the tools that a sample called, in order, joined by ` + `; `none` for no call."""
    arguments: dict[str, list[tuple[str, int]]] = field(default_factory=dict)
    """For each tool, the arguments it was called with and how often, the most frequent first."""
    texts: list[Cluster] = field(default_factory=list)
    """The largest first; samples without text are in none."""

    def as_dict(self) -> dict[str, Any]:
        """Return the summary as JSON."""
        return {
            "answered": self.answered,
            "failed": self.failed,
            "stop_reasons": self.stop_reasons,
            "tools": self.tools,
            "arguments": {
                tool: [{"arguments": written, "count": count} for written, count in found]
                for tool, found in self.arguments.items()
            },
            "texts": [
                {"samples": each.samples, "count": len(each.samples), "text": each.text}
                for each in self.texts
            ],
        }


def summarise(samples: Sequence[Sample]) -> Summary:
    """Return how samples differ."""
    good = [sample for sample in samples if sample.error is None]
    calls = {sample.number: calls_of(sample) for sample in good}
    arguments: dict[str, Counter[str]] = {}
    for call in (call for each in calls.values() for call in each):
        arguments.setdefault(call.name, Counter())[_written(call.arguments)] += 1
    return Summary(
        answered=len(good),
        failed=len(samples) - len(good),
        stop_reasons=_counted(sample.stop_reason or "not said" for sample in good),
        tools=_counted(tools_of(calls[sample.number]) for sample in good),
        arguments={name: counts.most_common() for name, counts in arguments.items()},
        texts=_clusters(good),
    )


def calls_of(sample: Sample) -> list[ToolCall]:
    """Return the tools that a sample called, of its first answer."""
    return [block for block in _blocks(sample) if isinstance(block, ToolCall)]


def tools_of(calls: Sequence[ToolCall]) -> str:
    """Return the names of the tools called, in order."""
    return " + ".join(call.name for call in calls) or "none"


def text_of(sample: Sample) -> str:
    """Return what a sample said, in words."""
    said = (block.text for block in _blocks(sample) if isinstance(block, Text | Refusal))
    return "\n".join(text for text in said if text).strip()


def _blocks(sample: Sample) -> Sequence[Any]:
    answers = sample.exchange().answers
    return answers[0].blocks if answers else ()


def _written(arguments: Any) -> str:
    if isinstance(arguments, str):
        return arguments
    return json.dumps(arguments, ensure_ascii=False, sort_keys=True)


def _counted(values: Iterable[str]) -> dict[str, int]:
    return dict(Counter(values).most_common())


def _clusters(samples: Sequence[Sample]) -> list[Cluster]:
    """Put each text to the first cluster whose first text is like it."""
    found: list[tuple[Cluster, set[str]]] = []
    for sample in samples:
        text = text_of(sample)
        if not text:
            continue
        words = _pairs(text)
        near = next((cluster for cluster, known in found if _shared(words, known) >= ALIKE), None)
        if near is None:
            found.append((Cluster([sample.number], text), words))
        else:
            near.samples.append(sample.number)
    return sorted((cluster for cluster, _ in found), key=lambda each: -len(each.samples))


def _pairs(text: str) -> set[str]:
    words = _WORD.findall(text.lower()) or [text]
    return set(words) | {f"{a} {b}" for a, b in pairwise(words)}


def _shared(some: set[str], others: set[str]) -> float:
    return len(some & others) / len(some | others)
