from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tessen.usage import Usage, normalise, usage_of


@pytest.mark.parametrize(
    ("usage", "expected"),
    [
        pytest.param(
            {
                "input_tokens": 10,
                "output_tokens": 7,
                "cache_read_input_tokens": 100,
                "cache_creation_input_tokens": 20,
                "output_tokens_details": {"thinking_tokens": 3},
            },
            Usage(130, 7, 100, 20, 3),
            id="anthropic excludes the cache from its input",
        ),
        pytest.param(
            {
                "prompt_tokens": 130,
                "completion_tokens": 7,
                "total_tokens": 137,
                "prompt_tokens_details": {"cached_tokens": 100},
                "completion_tokens_details": {"reasoning_tokens": 3},
            },
            Usage(130, 7, 100, 0, 3),
            id="openai chat includes it",
        ),
        pytest.param(
            {
                "input_tokens": 130,
                "input_tokens_details": {"cached_tokens": 100, "cache_write_tokens": 5},
                "output_tokens": 7,
                "output_tokens_details": {"reasoning_tokens": 3},
            },
            Usage(130, 7, 100, 5, 3),
            id="openai responses include it",
        ),
        pytest.param({"prompt_tokens": 9, "total_tokens": 9}, Usage(9, 0, 0, 0, 0), id="openai embeddings"),
        pytest.param(
            {
                "promptTokenCount": 20,
                "toolUsePromptTokenCount": 5,
                "candidatesTokenCount": 4,
                "thoughtsTokenCount": 6,
                "cachedContentTokenCount": 8,
            },
            Usage(25, 10, 8, 0, 6),
            id="gemini counts thoughts beside candidates",
        ),
        pytest.param(
            {"prompt_token_count": 20, "candidates_token_count": None},
            Usage(20, 0, 0, 0, 0),
            id="gemini dump",
        ),
        pytest.param(
            {"billed_units": {"input_tokens": 5, "output_tokens": 2}, "tokens": {"input_tokens": 70}},
            Usage(70, 0, 0, 0, 0),
            id="cohere",
        ),
    ],
)
def test_every_vendors_shape(usage: dict[str, Any], expected: Usage) -> None:
    assert normalise(usage) == expected


def test_what_we_write_we_read() -> None:
    usage = Usage(130, 7, 100, 20, 3)
    assert normalise(usage.as_dict()) == usage


def test_gemini_keeps_it_under_another_name() -> None:
    assert usage_of({"usageMetadata": {"promptTokenCount": 3}}) == Usage(3, 0, 0, 0, 0)


@pytest.mark.parametrize(
    "response",
    [
        None,
        [],
        "usage",
        {},
        {"usage": None},
        {"usage": 3},
        {"input_tokens": 42},
        {"usage": {"input_tokens": None, "output_tokens": None}},
        {"usage": {"input_tokens": "12", "output_tokens": -4}},
        {"usage": {"input_tokens": True, "output_tokens": float("nan")}},
    ],
)
def test_nothing_is_made_of_nothing(response: object) -> None:
    assert usage_of(response) is None


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)
usage_keys = st.sampled_from(
    ["input_tokens", "output_tokens", "prompt_tokens", "prompt_tokens_details", "tokens", "promptTokenCount"]
)


@given(st.dictionaries(usage_keys, json_values))
def test_any_usage_gives_counts_or_nothing(usage: dict[str, Any]) -> None:
    found = usage_of({"usage": usage})
    assert found is None or all(type(count) is int and count >= 0 for count in found)
