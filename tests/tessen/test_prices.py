"""What calls cost by the small table: known models by any of their names, unknown ones never."""

import pytest

from tessen.prices import _TABLE, cost, price
from tessen.usage import Usage


@pytest.mark.parametrize(
    ("model", "provider"),
    [
        ("claude-haiku-4-5", "anthropic"),
        ("claude-haiku-4-5-20251001", "anthropic"),
        ("claude-haiku-4-5-latest", None),
        ("us.anthropic.claude-haiku-4-5-20251001-v1:0", "bedrock"),
        ("Claude-Haiku-4-5", "anthropic"),
    ],
)
def test_a_model_is_known_by_all_its_names(model: str, provider: str | None) -> None:
    found = price(model, provider)
    assert found is not None
    assert found.input == pytest.approx(1e-6)


@pytest.mark.parametrize(
    ("model", "provider"),
    [
        ("gpt-99", "openai"),
        ("", "openai"),
        (None, None),
        ("claude-haiku-4-5", "openai"),
        ("claude-haiku", None),
    ],
)
def test_what_is_not_known_has_no_price(model: str | None, provider: str | None) -> None:
    assert price(model, provider) is None
    assert cost(Usage(1, 1, 0, 0, 0), model, provider) is None


def test_cached_tokens_are_part_of_the_input_and_priced_apart() -> None:
    usage = Usage(1_000_000, 100_000, 600_000, 300_000, 0)
    assert cost(usage, "claude-haiku-4-5", "anthropic") == pytest.approx(0.1 + 0.06 + 0.375 + 0.5)


def test_nothing_costs_less_than_nothing() -> None:
    assert cost(Usage(10, 0, 1000, 0, 0), "gpt-5", "openai") == pytest.approx(1000 * 0.125e-6)
    assert cost(None, "gpt-5", "openai") is None
    assert all(entry.input >= entry.cache_read >= 0 for _, entry in _TABLE.values())


def test_long_contexts_cost_more_for_every_token() -> None:
    short, long = Usage(200_000, 0, 0, 0, 0), Usage(200_001, 0, 0, 0, 0)
    assert cost(short, "gemini-2.5-pro", "gemini") == pytest.approx(0.25)
    assert cost(long, "gemini-2.5-pro", "google_gemini") == pytest.approx(0.5, rel=1e-4)
