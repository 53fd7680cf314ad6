"""What a call cost, from a small dated table; unknown models have no price, never a guessed one.

What belongs here is list prices of the models most in use, so that the recorder's own commands need nothing
but the standard library. The app has a longer list (`capture.prices`).

Source: the vendors' public price lists for synchronous calls in the standard tier, as genai-prices 0.2.3
has them.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import Any

from tessen.usage import Usage

AS_OF = "2026-11-23"
"""When the table was last compared with its source."""

Counts = Usage | tuple[int, ...]

BATCH_SHARE = 0.5
"""What the vendors charge for a call in a batch, as a share of its price alone; all of them the same."""


@dataclass(frozen=True, slots=True)
class Price:
    """USD a token."""

    input: float
    """Plain input: neither read from the cache nor written to it."""
    cache_read: float
    cache_write: float
    output: float
    long_context: tuple[int, Price] | None = None
    """(tokens, price): what every token of the call costs when its input is more than so many tokens."""
    cache_write_hour: float | None = None
    """To be kept for an hour instead of minutes; None where that costs no other price."""

    def cost(self, usage: Counts, *, batch: bool = False, hour_writes: int = 0) -> float:
        """What a call cost, in USD; never negative. Reasoning is output, and priced as such.

        Args:
            usage: Its tokens, in the order of `Usage`.
            batch: Whether it was charged as part of a batch.
            hour_writes: Those of its cache writes that are kept for an hour.
        """
        everything, output, cache_read, cache_write, _ = usage
        if self.long_context is not None and everything > self.long_context[0]:
            return self.long_context[1].cost(usage, batch=batch, hour_writes=hour_writes)
        plain = everything - cache_read - cache_write
        kept = min(hour_writes, cache_write) if hour_writes else 0
        total: float = self.charge(plain if plain > 0 else 0, output, cache_read, cache_write, kept)
        return total * BATCH_SHARE if batch else total

    def charge(self, plain: Any, output: Any, cache_read: Any, cache_write: Any, hour_writes: Any) -> Any:
        """What so many tokens of each kind cost together, in USD, at this price and no other.

        The one place where tokens become money: of a call, given numbers, or of many, given columns of them.

        Args:
            plain: Input tokens that have to do with no cache.
            output: Output tokens.
            cache_read: Input tokens that were read from the cache.
            cache_write: Input tokens that were written to it.
            hour_writes: Those of them that are kept for an hour.
        """
        total = cache_read * self.cache_read + cache_write * self.cache_write + output * self.output
        total = total + plain * self.input
        if self.cache_write_hour is None:
            return total
        return total + hour_writes * (self.cache_write_hour - self.cache_write)

    def saved(self, usage: Counts) -> float:
        """What reading from the cache saved against plain input, in USD; never negative."""
        if self.long_context is not None and usage[0] > self.long_context[0]:
            return self.long_context[1].saved(usage)
        return usage[2] * max(0.0, self.input - self.cache_read)


def price(model: str | None, provider: str | None) -> Price | None:
    """Return the price of a model.

    Args:
        model: As the event names it; a date or `-latest` at its end, and a cloud's prefix, do not matter.
        provider: As the event names it; None where it has none.

    Returns:
        None for a model that is not in the table, or is another vendor's.
    """
    if not model:
        return None
    name = _SUFFIX.sub("", _PREFIX.sub("", model.lower()))
    vendor, found = _TABLE.get(name, ("", None))
    return found if provider is None or _VENDORS.get(provider, provider) == vendor else None


def cost(usage: Usage | None, model: str | None, provider: str | None) -> float | None:
    """Return what a call cost, in USD; None where the model has no known price or the call no known usage."""
    found = price(model, provider)
    return None if found is None or usage is None else found.cost(usage)


_PREFIX = re.compile(r"^(?:(?:us|eu|apac|global)\.)?(?:anthropic\.|models/)")
_SUFFIX = re.compile(r"(?:-\d{8}|-\d{4}-\d{2}-\d{2}|@\d{8}|-latest)?(?:-v\d+(?::\d+)?)?$")
_VENDORS = {"google_gemini": "google", "gemini": "google", "bedrock": "anthropic"}
_MILLION = 1_000_000


def _anthropic(plain: float, output: float) -> Price:
    """Anthropic's cache: a tenth to read, five quarters to write for five minutes, twice for an hour."""
    return Price(
        plain / _MILLION,
        plain / 10 / _MILLION,
        plain * 1.25 / _MILLION,
        output / _MILLION,
        cache_write_hour=plain * 2 / _MILLION,
    )


def _openai(plain: float, cached: float, output: float) -> Price:
    """Where writing to the cache costs nothing extra."""
    return Price(plain / _MILLION, cached / _MILLION, plain / _MILLION, output / _MILLION)


def _tiered(base: Price, beyond: Price) -> Price:
    """Dearer as a whole for calls of more than 200,000 input tokens."""
    return replace(base, long_context=(200_000, beyond))


def _sonnet_long() -> Price:
    """Output costs half as much again beyond the threshold, everything else twice as much."""
    return _tiered(_anthropic(3, 15), _anthropic(6, 22.5))


_TABLE: dict[str, tuple[str, Price]] = {
    "claude-opus-4-6": ("anthropic", _anthropic(5, 25)),
    "claude-opus-4-5": ("anthropic", _anthropic(5, 25)),
    "claude-opus-4-1": ("anthropic", _anthropic(15, 75)),
    "claude-opus-4": ("anthropic", _anthropic(15, 75)),
    "claude-sonnet-4-6": ("anthropic", _anthropic(3, 15)),
    "claude-sonnet-4-5": ("anthropic", _sonnet_long()),
    "claude-sonnet-4": ("anthropic", _sonnet_long()),
    "claude-3-7-sonnet": ("anthropic", _anthropic(3, 15)),
    "claude-haiku-4-5": ("anthropic", _anthropic(1, 5)),
    "claude-3-5-haiku": ("anthropic", _anthropic(0.8, 4)),
    "gpt-5": ("openai", _openai(1.25, 0.125, 10)),
    "gpt-5.1": ("openai", _openai(1.25, 0.125, 10)),
    "gpt-5-mini": ("openai", _openai(0.25, 0.025, 2)),
    "gpt-5-nano": ("openai", _openai(0.05, 0.005, 0.4)),
    "gpt-4.1": ("openai", _openai(2, 0.5, 8)),
    "gpt-4.1-mini": ("openai", _openai(0.4, 0.1, 1.6)),
    "gpt-4.1-nano": ("openai", _openai(0.1, 0.025, 0.4)),
    "gpt-4o": ("openai", _openai(2.5, 1.25, 10)),
    "gpt-4o-mini": ("openai", _openai(0.15, 0.075, 0.6)),
    "o3": ("openai", _openai(2, 0.5, 8)),
    "o4-mini": ("openai", _openai(1.1, 0.275, 4.4)),
    "gemini-2.5-pro": ("google", _tiered(_openai(1.25, 0.125, 10), _openai(2.5, 0.25, 15))),
    "gemini-2.5-flash": ("google", _openai(0.3, 0.03, 2.5)),
    "gemini-2.5-flash-lite": ("google", _openai(0.1, 0.01, 0.4)),
    "command-a-03-2025": ("cohere", _openai(2.5, 2.5, 10)),
    "mistral-large": ("mistral", _openai(2, 2, 6)),
}
"""Model without its date → vendor and price."""
