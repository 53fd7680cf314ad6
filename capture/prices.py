"""What calls cost: prices of as many models as are known, and whole columns of costs.

What belongs here is the choice between price lists: genai-prices where it knows the model, else
`tessen.prices`. Importing genai-prices takes a fifth of a second, so it is imported at the first question,
which should be asked off the event loop.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from functools import cache
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from tessen import prices as own
from tessen.prices import BATCH_SHARE, Price
from tessen.usage import Usage

Floats = npt.NDArray[np.float64]

_PROVIDER_IDS = {
    "anthropic": "anthropic",
    "openai": "openai",
    "google_gemini": "google",
    "gemini": "google",
    "cohere": "cohere",
    "mistral": "mistral",
    "bedrock": "aws",
    "openrouter": "openrouter",
}


@cache
def price(model: str | None, provider: str | None) -> Price | None:
    """Return a model's price today; None where no list knows it."""
    if not model:
        return None
    listed, known = _listed(model, provider), own.price(model, provider)
    return known if listed is None else _kept_for_an_hour(listed, known)


def cost(usage: Usage | None, model: str | None, provider: str | None) -> float | None:
    """Return what a call cost, in USD; None where the model has no known price or the call no known usage."""
    found = price(model, provider)
    return None if found is None or usage is None else found.cost(usage)


class Calls(NamedTuple):
    """What calls are charged by, a column each; NaN where a count is not reported."""

    input: Floats
    """All input tokens, cached included."""
    output: Floats
    cache_read: Floats
    """Input tokens that were read from the cache."""
    cache_write: Floats
    """Input tokens that were written to the cache."""
    hour_writes: Floats
    """Those of them that are kept for an hour."""
    batch: npt.NDArray[np.bool_]
    """Whether the call is charged as part of a batch."""


def costs(price: Price, calls: Calls) -> Floats:
    """Return what calls to one model cost, in USD, as `Price.cost` says of each.

    Returns:
        NaN for calls that report no tokens at all; a part that is not reported counts as none.
    """
    everything, output, cache_read, cache_write, hour_writes = map(np.nan_to_num, calls[:5])
    plain = np.maximum(0, everything - cache_read - cache_write)
    amounts = plain, output, cache_read, cache_write, np.minimum(hour_writes, cache_write)
    total: Floats = price.charge(*amounts)
    if price.long_context is not None:
        beyond, dearer = price.long_context
        total = np.where(everything > beyond, dearer.charge(*amounts), total)
    total = np.where(calls.batch, total * BATCH_SHARE, total)
    total[np.isnan(calls.input) & np.isnan(calls.output)] = np.nan
    return total


def _kept_for_an_hour(listed: Price, known: Price | None) -> Price:
    """A price with what the long list does not have: writing to the cache for an hour."""
    if known is None or known.cache_write_hour is None or not known.input:
        return listed
    return replace(listed, cache_write_hour=listed.input * known.cache_write_hour / known.input)


def _listed(model: str, provider: str | None) -> Price | None:
    """The price in genai-prices, in its public calculation's terms: USD a million tokens, some in tiers."""
    import genai_prices

    if provider is not None and provider not in _PROVIDER_IDS:
        return None
    try:
        found = genai_prices.calc_price(
            genai_prices.Usage(input_tokens=1, output_tokens=1),
            model,
            provider_id=_PROVIDER_IDS.get(provider) if provider else None,
            genai_request_timestamp=datetime.now(UTC),
        ).model_price
    except (LookupError, ValueError):
        return None
    base = _of_tier(found, 0)
    threshold = min((tier.start for tier in getattr(found.input_mtok, "tiers", ())), default=None)
    if base is None or threshold is None:
        return base
    dearer = _of_tier(found, threshold + 1)
    long_context = None if dearer is None else (int(threshold), dearer)
    return Price(base.input, base.cache_read, base.cache_write, base.output, long_context)


def _of_tier(found: Any, tokens: int) -> Price | None:
    """The price when a call's input is so many tokens."""
    plain, output = _rate(found, "input_mtok", tokens), _rate(found, "output_mtok", tokens)
    if plain is None and output is None:
        return None
    plain = plain or 0.0
    cache_read = _rate(found, "cache_read_mtok", tokens)
    cache_write = _rate(found, "cache_write_mtok", tokens)
    return Price(
        plain,
        plain if cache_read is None else cache_read,
        plain if cache_write is None else cache_write,
        output or 0.0,
    )


def _rate(found: Any, name: str, tokens: int) -> float | None:
    """USD a token; None where the list has no such price, or one below nothing."""
    value = getattr(found, name, None)
    for tier in getattr(value, "tiers", ()):
        if tokens > tier.start:
            tiered = tier.price
            break
    else:
        tiered = getattr(value, "base", value)
    return None if tiered is None or tiered < 0 else float(tiered) / 1_000_000
