"""A recorded session with another model, or another way to it, from the cursor on; and what that may cost."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import yaml

from capture import prices
from capture.config import ConfigError, parse_config
from capture.cursor.session import requests_of
from capture.replay.source import ReplayError, Source
from capture.replay.turns import Turn
from capture.runs.spending import VENDORS


def with_model(
    source: Source, *, model: str | None, provider: str | None, base_url: str | None, script: str | None
) -> Source:
    """Return a source whose configuration names another model, or another way to it; None for the recorded.

    A provider, an address or a script takes the place of the recorded ones, whichever those were.

    Raises:
        ReplayError: that is no configuration the engine can run with.
    """
    changes: dict[str, Any] = {}
    if model is not None:
        changes["model"] = model
    if provider is not None or base_url is not None or script is not None:
        changes |= {"base_url": base_url, "script": script}
    if provider is not None:
        changes["provider"] = provider
    if not changes:
        return source
    try:
        config = parse_config(yaml.safe_dump(source.config.as_dict() | changes), "the replay")
    except ConfigError as error:
        raise ReplayError(str(error).partition(": ")[2]) from None
    return replace(source, config=config)


def estimate(source: Source, turn: Turn, model: str) -> float | None:
    """Return what a session took from a turn on, at the prices of a model, in USD.

    Requests of subagents that asked another model than the main agent are taken at that one's price.

    Returns:
        None where a price is not known, or what it took is not on record.
    """
    recorded = source.meta.model or source.config.model
    provider = source.config.provider if source.config.provider in VENDORS.values() else None
    costs: list[float | None] = []
    for request in requests_of(source.session):
        if turn.request is None or request.number < turn.request or request.usage is None:
            continue
        asked = model if request.model in (None, recorded) else request.model
        costs.append(prices.cost(request.usage, asked, provider))
    known = [each for each in costs if each is not None]
    return sum(known) if known and len(known) == len(costs) else None
