"""What a session's requests took: tokens and money, of each model call and in all."""

from __future__ import annotations

from capture import prices
from capture.atif.trajectory import Metrics
from capture.proxy import Capture
from tessen.usage import Usage

VENDORS = {"anthropic_messages": "anthropic", "openai_responses": "openai", "openai_chat": "openai"}
SELLERS = ("openrouter", "bedrock")
"""Providers that sell others' models, under names and at prices of their own."""
RATE_LIMITED = (429, 529)
UNAUTHORISED = (401, 403)


class Spending:
    """The sum over a session's requests, whoever sent them.

    Args:
        provider: Whose prices they have, as in a configuration; None for the makers' of the models.
    """

    def __init__(self, provider: str | None = None) -> None:
        self._seller = provider if provider in SELLERS else None
        self.cost_usd = 0.0
        self._priced = False
        """Whether any request had a price."""
        self._recorded = False
        """Whether any was answered from a record, which is free."""
        self.unpriced: set[str] = set()
        """Models whose price is not known."""
        self.requests = 0
        self.prompt_tokens = 0
        """All input, cached included."""
        self.completion_tokens = 0
        self.last_trouble: int | None = None
        """The status of the last request, if it failed."""

    def add(self, capture: Capture) -> Metrics | None:
        """Take in a request; returns what it took, or None if no usage was reported."""
        if capture.api_format is None:
            return None
        self.requests += 1
        self.last_trouble = None if capture.ok else capture.status
        if capture.counts is None:
            return None
        self.prompt_tokens += capture.counts.input_tokens
        self.completion_tokens += capture.counts.output_tokens
        if capture.answered_by == "record":
            self._recorded = True
            return _metrics(capture.counts, 0.0)
        seller = self._seller or VENDORS.get(capture.api_format)
        cost = prices.cost(capture.counts, capture.model, seller)
        if cost is None:
            self.unpriced.add(capture.model or "unknown")
        else:
            self.cost_usd += cost
            self._priced = True
        return _metrics(capture.counts, cost)

    @property
    def priced(self) -> bool:
        """Whether what it cost is known, or some of it."""
        return self._priced or (self._recorded and not self.unpriced)


def _metrics(counts: Usage, cost: float | None) -> Metrics:
    return Metrics(
        prompt_tokens=counts.input_tokens,
        completion_tokens=counts.output_tokens,
        cached_tokens=counts.cache_read_tokens,
        cost_usd=cost,
        extra=_details(counts),
    )


def _details(counts: Usage) -> dict[str, int]:
    details = {
        "cache_creation_tokens": counts.cache_write_tokens,
        "reasoning_tokens": counts.reasoning_tokens,
    }
    return {name: count for name, count in details.items() if count}
