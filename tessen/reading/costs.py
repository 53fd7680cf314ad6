"""What many calls to one model cost: the sums of `Price`, over columns.

What belongs here is pricing calls together, where all of them cost the same a token.
"""

from __future__ import annotations

from tessen.prices import Price
from tessen.reading.facts import price_of
from tessen.reading.rows import Alike


def costs(alike: Alike) -> list[float]:
    """What each of some calls to one model cost, in USD; nothing where that is not known."""
    price = price_of(alike.kin.model, alike.kin.provider)
    if price is None or not alike.known:
        return [0.0] * len(alike)
    if _is_long(price, alike):
        found = list(map(price.cost, zip(*alike.counts, strict=True)))
    else:
        found = _plain(price, alike)
    if any(alike.parsed):  # which may be part of a batch, or kept in the cache for an hour
        priced = zip(alike.parsed, found, strict=True)
        return [cost if facts is None else facts.cost_usd or 0.0 for facts, cost in priced]
    return found


def saved(price: Price, alike: Alike) -> float:
    """What reading from the cache saved against plain input, in USD."""
    if _is_long(price, alike):
        return sum(map(price.saved, zip(*alike.counts, strict=True)))
    return sum(alike.counts[2]) * max(0.0, price.input - price.cache_read)


def _is_long(price: Price, alike: Alike) -> bool:
    """Whether some of the calls have so much input that each of their tokens costs more."""
    return price.long_context is not None and max(alike.counts[0]) > price.long_context[0]


def _plain(price: Price, alike: Alike) -> list[float]:
    """The same as `Price.cost`, of each."""
    plain, output, read, write = (price.charge(*(n == kind for n in range(5))) for kind in range(4))
    return [
        r * read + w * write + o * output + ((i - r - w) * plain if i > r + w else 0.0)
        for i, o, r, w, _ in zip(*alike.counts, strict=True)
    ]
