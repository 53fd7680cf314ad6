"""What asking again will cost, before it is asked: about, going by the record, and at most."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from capture import prices
from tessen.usage import Usage

BYTES_A_TOKEN = 4
LIKELY_OUTPUT = 500
"""Output tokens of an answer, where the record does not say what the request took."""

_LIMITS = ("max_tokens", "max_completion_tokens", "max_output_tokens")


@dataclass(frozen=True, slots=True)
class Estimate:
    """The cost of one sample, in USD; None where the model has no known price."""

    about: float | None
    """What the recorded request took, at today's price; by its length where that is not on record."""
    at_most: float | None
    """All input written to the cache, and all output that the request allows; None where it sets no limit."""


def estimate(
    model: str | None, vendor: str | None, request: dict[str, Any], size: int, usage: Usage | None
) -> Estimate:
    """Return what one sample will cost.

    Args:
        model: The model that will be asked.
        vendor: Whose prices hold; None where only the model's name can say.
        request: The request, parsed.
        size: Its length in bytes.
        usage: What the recorded request took; None where it is not on record.
    """
    price = prices.price(model, vendor)
    if price is None:
        return Estimate(None, None)
    limit = output_limit(request)
    tokens = usage.input_tokens if usage is not None else size // BYTES_A_TOKEN
    likely = usage or Usage(tokens, min(LIKELY_OUTPUT, limit or LIKELY_OUTPUT), 0, 0, 0)
    most = None if limit is None else price.cost(Usage(tokens, limit, 0, tokens, 0))
    return Estimate(price.cost(likely), most)


def output_limit(request: dict[str, Any]) -> int | None:
    """Return how many output tokens a request allows; None where it does not say."""
    nested = request.get("generationConfig")
    settings = request | ({"max_tokens": nested.get("maxOutputTokens")} if isinstance(nested, dict) else {})
    found = [settings[name] for name in _LIMITS if isinstance(settings.get(name), int)]
    return min(found, default=None)
