"""Prices of many models: the long list where it knows one, the small table else, columns as single calls."""

import numpy as np
import pytest

from capture.prices import Calls, cost, costs, price
from tessen import prices as small
from tessen.usage import Usage


def test_the_small_table_agrees_with_the_long_list() -> None:
    for model, (vendor, entry) in small._TABLE.items():
        provider = {"google": "gemini"}.get(vendor, vendor)
        found = price(model, provider)
        assert found is not None
        assert found.input == pytest.approx(entry.input), model
        assert found.output == pytest.approx(entry.output), model
        assert found.cache_read == pytest.approx(entry.cache_read), model


def test_what_no_list_knows_has_no_price() -> None:
    assert price("no-such-model", "anthropic") is None
    assert price("claude-haiku-4-5", "a-provider-of-the-future") is None
    assert price(None, "openai") is None
    assert cost(Usage(1, 1, 0, 0, 0), "no-such-model", "openai") is None


@pytest.mark.parametrize("model", ["claude-sonnet-4-5", "gpt-5-mini", "gemini-2.5-pro"])
def test_a_column_costs_what_its_calls_cost(model: str) -> None:
    calls = [
        *(Usage(1000, 50, 200, 100, 0), Usage(300_000, 1, 0, 0, 0)),
        *(Usage(5, 0, 50, 0, 0), Usage(300_000, 90, 0, 700, 0)),
    ]
    found = price(model, None)
    assert found is not None
    kept, batch = [60, 0, 0, 900], [False, True, False, True]
    columns = [np.array(column, "f8") for column in list(zip(*calls, strict=True))[:4]]
    total = costs(found, Calls(*columns, np.array(kept, "f8"), np.array(batch)))
    alone = [
        found.cost(call, batch=cheap, hour_writes=hour)
        for call, cheap, hour in zip(calls, batch, kept, strict=True)
    ]
    assert total == pytest.approx(alone)
    nothing = np.array([np.nan])
    assert np.isnan(costs(found, Calls(*[nothing] * 5, np.array([True])))).all()


def test_an_hour_in_the_cache_costs_the_same_by_either_list() -> None:
    for model in ("claude-haiku-4-5", "claude-sonnet-4-6"):
        found, own = price(model, "anthropic"), small.price(model, "anthropic")
        assert found is not None
        assert own is not None
        assert found.cache_write_hour == pytest.approx(own.cache_write_hour)
        assert found.cache_write_hour == pytest.approx(2 * found.input)
