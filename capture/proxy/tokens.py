"""Tokens of an answer as `api_captures.jsonl` has them.

What belongs here is the translation: `tessen.usage` has read the API's own object, and counts all input. The
row keeps the Messages API's names with their meaning, for every API: `input_tokens` is what was neither read
from the cache nor written to it.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from tessen.usage import Usage, usage_of


def usage_row(answer: object) -> tuple[dict[str, Any] | None, Usage | None]:
    """Return the `usage` of a row, and the counts it was made from; None where the answer reports none."""
    counts = usage_of(answer)
    if counts is None or not isinstance(answer, Mapping):
        return None, None
    reported = answer.get("usage")
    told = reported if isinstance(reported, Mapping) else {}
    row: dict[str, Any] = {
        "input_tokens": max(counts.input_tokens - counts.cache_read_tokens - counts.cache_write_tokens, 0),
        "output_tokens": counts.output_tokens,
        "cache_creation_input_tokens": counts.cache_write_tokens,
        "cache_read_input_tokens": counts.cache_read_tokens,
        "reasoning_output_tokens": counts.reasoning_tokens,
        "service_tier": told.get("service_tier") or answer.get("service_tier"),
    }
    if isinstance(told.get("cache_creation"), Mapping):
        row["cache_creation"] = told["cache_creation"]
    return row, counts
