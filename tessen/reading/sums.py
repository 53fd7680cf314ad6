"""Amounts over some calls, that can be added to each other.

What belongs here is the amounts that every grouping is asked for: all of it, a day, an agent's last day.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from tessen.reading.costs import saved
from tessen.reading.counting import usd
from tessen.reading.durations import Durations
from tessen.reading.facts import price_of
from tessen.reading.rows import Alike


@dataclass(slots=True)
class Sums:
    """Amounts of some calls."""

    events: int = 0
    errors: int = 0
    anomalies: int = 0
    """Events with any signal."""
    streamed: int = 0
    input: int = 0
    """All input tokens, cached included."""
    output: int = 0
    cache_read: int = 0
    cache_write: int = 0
    reasoning: int = 0
    cost_usd: float = 0.0
    saved_usd: float = 0.0
    """What reading from the cache saved against plain input."""
    unpriced: int = 0
    """Events with tokens and no known price."""
    durations: Durations = field(default_factory=Durations)

    def add(self, calls: Alike, costs: list[float]) -> None:
        """Add calls that are alike, and what each of them cost."""
        count = len(calls)
        self.events += count
        self.errors += count * calls.kin.failed
        self.anomalies += count * bool(calls.kin.signals)
        self.streamed += count * calls.kin.streamed
        if not (
            calls.kin.old and calls.kin.streamed
        ):  # whose clock the released recorders stop when the stream starts
            self.durations.extend(calls.durations)
        if not calls.known:
            return
        all_input, output, cache_read, cache_write, reasoning = map(sum, calls.counts)
        self.input += all_input
        self.output += output
        self.cache_read += cache_read
        self.cache_write += cache_write
        self.reasoning += reasoning
        price = price_of(calls.kin.model, calls.kin.provider)
        if price is None:
            self.unpriced += calls.known
            return
        self.cost_usd += sum(costs)
        if cache_read:
            self.saved_usd += saved(price, calls)

    def merge(self, other: Sums) -> None:
        """Add another's amounts."""
        self.events += other.events
        self.errors += other.errors
        self.anomalies += other.anomalies
        self.streamed += other.streamed
        self.input += other.input
        self.output += other.output
        self.cache_read += other.cache_read
        self.cache_write += other.cache_write
        self.reasoning += other.reasoning
        self.cost_usd += other.cost_usd
        self.saved_usd += other.saved_usd
        self.unpriced += other.unpriced
        self.durations.merge(other.durations)

    @property
    def error_share(self) -> float:
        """Failed calls as a share of all."""
        return self.errors / self.events if self.events else 0.0

    @property
    def cache_share(self) -> float:
        """Input read from the cache, as a share of all input."""
        return self.cache_read / self.input if self.input else 0.0

    def figures(self) -> dict[str, Any]:
        """The amounts as reports give them."""
        return {
            "events": self.events,
            "errors": self.errors,
            "anomalies": self.anomalies,
            "tokens": self.tokens(),
            "cost_usd": usd(self.cost_usd),
            "unpriced": self.unpriced,
            "duration_ms": percentiles(self.durations),
        }

    def tokens(self) -> dict[str, int]:
        """Tokens; `input` counts what was read from the cache and written to it."""
        return {
            "input": self.input,
            "output": self.output,
            "cache_read": self.cache_read,
            "cache_write": self.cache_write,
            "reasoning": self.reasoning,
        }


def percentiles(durations: Durations) -> dict[str, float | None]:
    """p50, p95, p99 and the greatest, in milliseconds; None where nothing is known."""
    shares = {"p50": 0.5, "p95": 0.95, "p99": 0.99}
    found = {name: durations.percentile(share) for name, share in shares.items()}
    found["max"] = durations.max
    return {name: None if value is None else round(value, 1) for name, value in found.items()}
