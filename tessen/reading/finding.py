"""One pattern that no single event shows, as data.

What belongs here is the finding itself; what is one is judged in `findings_of_agents` and
`findings_of_sessions`.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any, Literal

Kind = Literal[
    "tool_loop",
    "failing_tool",
    "error_storm",
    "retry_storm",
    "error_rate",
    "latency",
    "spend",
    "cache_collapse",
    "context_growth",
    "stall",
    "no_answer",
]

MOST_EACH = 10
"""So many findings of a kind are told."""

_LONGEST_NAME = 80
"""Characters of a name within a sentence."""


@dataclass(frozen=True, slots=True)
class Finding:
    """One pattern. Text is raw: it names what a log names."""

    kind: Kind
    agent: str
    says: str
    """What happened, in one sentence without its full stop."""
    advice: str
    """What to do, in one sentence."""
    events: tuple[str, ...]
    """Ids of events that show it; some of them where there are many."""
    session_id: str | None = None
    subject: str = ""
    """The tool that it is about, where it is about one."""
    times: int = 0
    """How often that was called so."""
    weight: tuple[float, ...] = field(default=(), compare=False)
    """How pressing it is among those of its kind: the greatest is told first."""

    def as_dict(self) -> dict[str, Any]:
        """The finding as reports give it."""
        return {
            "kind": self.kind,
            "agent": self.agent,
            "says": self.says,
            "advice": self.advice,
            "events": list(self.events),
            "session_id": self.session_id,
        }


def named(name: str) -> str:
    """A name as sentences say it: the beginning of one that would hide the rest of them."""
    return name if len(name) <= _LONGEST_NAME else f"{name[: _LONGEST_NAME - 1]}…"


def id_of(raw: bytes) -> str:
    """An id as it stands in reports."""
    return raw.decode("utf-8", "replace")


def ids_of(raw: Iterable[bytes]) -> tuple[str, ...]:
    """Several of them."""
    return tuple(map(id_of, raw))
