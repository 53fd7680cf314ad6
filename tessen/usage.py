"""Tokens of one call, counted the same way for every vendor.

What belongs here is the reading of the vendors' usage objects, in the shapes their APIs send (and, for
Gemini, their SDK dumps). Readers use it on old logs, so nothing here raises, whatever it is given.

The vendors differ in one thing that costs money: Anthropic's `input_tokens` leave out what came from or went
to the prompt cache, everybody else's include it. Here input always includes it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import lru_cache
from typing import Any, NamedTuple

from tessen._shapes import is_object


class Usage(NamedTuple):
    """Tokens of one call; a count that the vendor did not report is 0."""

    input_tokens: int
    """All input, read from the cache and written to it included."""
    output_tokens: int
    """All output, reasoning included."""
    cache_read_tokens: int
    cache_write_tokens: int
    reasoning_tokens: int

    def as_dict(self) -> dict[str, int]:
        """Return the five counts as they stand under an event's `usage`."""
        return self._asdict()


_USAGE_KEYS = ("usage", "usage_metadata", "usageMetadata", "meta")
_NOTHING: Mapping[str, Any] = {}
_TOO_MANY = 2**53
"""A count from here on cannot be told from its neighbours in a JSON reader that has floats only."""


def usage_of(response: object) -> Usage | None:
    """Return the tokens that a response body reports.

    Args:
        response: A parsed response of any vendor: Anthropic, OpenAI (chat, Responses, embeddings), Gemini,
            Cohere or Mistral; or anything else.

    Returns:
        None if the response reports no token count at all.
    """
    if not is_object(response):
        return None
    for key in _USAGE_KEYS:
        if key in response:
            found = normalise(response[key])
            if found is not None:
                return found
    return None


def normalise(usage: object) -> Usage | None:
    """Return the tokens in one vendor's usage object, or in an event's own `usage`; None if it has none."""
    if not is_object(usage):
        return None
    read = _reader(tuple(usage))
    return None if read is None else read(usage)


@lru_cache(maxsize=128)
def _reader(found: tuple[object, ...]) -> Callable[[Mapping[str, Any]], Usage | None] | None:
    """What reads a usage object with these keys, which are nearly always those of the call before."""
    return next((read for keys, read in _READERS if not keys.isdisjoint(found)), None)


def _own(usage: Mapping[str, Any]) -> Usage:
    return Usage(*(_count(usage.get(field)) or 0 for field in Usage._fields))


def _anthropic(usage: Mapping[str, Any]) -> Usage | None:
    """Source: docs of the Messages API, `usage`; its input excludes both cache counts."""
    plain_input, output, cache_read, cache_write = _counts(
        usage, "input_tokens", "output_tokens", "cache_read_input_tokens", "cache_creation_input_tokens"
    )
    details = usage.get("output_tokens_details")
    thinking = _count(details.get("thinking_tokens")) if is_object(details) else None
    return _usage(_total(plain_input, cache_read, cache_write), output, cache_read, cache_write, thinking)


def _converse(usage: Mapping[str, Any]) -> Usage | None:
    """Source: docs of Amazon Bedrock's Converse, `TokenUsage`; its input excludes both cache counts."""
    cache_read = _count(usage.get("cacheReadInputTokens"))
    cache_write = _count(usage.get("cacheWriteInputTokens"))
    all_input = _total(_count(usage.get("inputTokens")), cache_read, cache_write)
    return _usage(all_input, _count(usage.get("outputTokens")), cache_read, cache_write, None)


def _chat(usage: Mapping[str, Any]) -> Usage | None:
    """Source: docs of OpenAI's chat completions and embeddings; Mistral's are alike."""
    return _inclusive(usage, "prompt_tokens", "completion_tokens")


def _responses(usage: Mapping[str, Any]) -> Usage | None:
    """Source: docs of OpenAI's Responses."""
    return _inclusive(usage, "input_tokens", "output_tokens")


def _inclusive(usage: Mapping[str, Any], input_key: str, output_key: str) -> Usage | None:
    details = _details(usage, f"{input_key}_details")
    output_details = _details(usage, f"{output_key}_details")
    all_input, output = _counts(usage, input_key, output_key)
    cache_read, cache_write = _counts(details, "cached_tokens", "cache_write_tokens")
    return _usage(all_input, output, cache_read, cache_write, _count(output_details.get("reasoning_tokens")))


def _cohere(usage: Mapping[str, Any]) -> Usage | None:
    """Source: docs of Cohere's chat API; `tokens` is what the model saw, `billed_units` what is charged."""
    tokens = _details(usage, "tokens") or _details(usage, "billed_units")
    cached = _count(usage.get("cached_tokens"))
    return _usage(_count(tokens.get("input_tokens")), _count(tokens.get("output_tokens")), cached, None, None)


def _gemini(usage: Mapping[str, Any]) -> Usage | None:
    """Source: docs of `UsageMetadata`; thoughts and tool results stand apart from candidates and prompt.

    The API writes camelCase, the SDK's dumps snake_case.
    """

    def count(snake: str, camel: str) -> int | None:
        found = _count(usage.get(snake))
        return _count(usage.get(camel)) if found is None else found

    thoughts = count("thoughts_token_count", "thoughtsTokenCount")
    prompt = count("prompt_token_count", "promptTokenCount")
    tool_results = count("tool_use_prompt_token_count", "toolUsePromptTokenCount")
    candidates = count("candidates_token_count", "candidatesTokenCount")
    cached = count("cached_content_token_count", "cachedContentTokenCount")
    return _usage(_total(prompt, tool_results), _total(candidates, thoughts), cached, None, thoughts)


def _interaction(usage: Mapping[str, Any]) -> Usage | None:
    """Source: types of Gemini's interactions, where thoughts and tool results stand apart as above."""
    thoughts = _count(usage.get("total_thought_tokens"))
    prompt, output = _count(usage.get("total_input_tokens")), _count(usage.get("total_output_tokens"))
    tool_results = _count(usage.get("total_tool_use_tokens"))
    cached = _count(usage.get("total_cached_tokens"))
    return _usage(_total(prompt, tool_results), _total(output, thoughts), cached, None, thoughts)


def _usage(
    all_input: int | None,
    output: int | None,
    cache_read: int | None,
    cache_write: int | None,
    reasoning: int | None,
) -> Usage | None:
    if all_input is None and output is None:
        return None
    return Usage(all_input or 0, output or 0, cache_read or 0, cache_write or 0, reasoning or 0)


def _total(*counts: int | None) -> int | None:
    told = [count for count in counts if count is not None]
    return sum(told) if told else None


def _counts(usage: Mapping[str, Any], *keys: str) -> list[int | None]:
    return [
        value if type(value) is int and 0 <= value < _TOO_MANY else _count(value)
        for value in map(usage.get, keys)
    ]


def _details(usage: Mapping[str, Any], key: str) -> Mapping[str, Any]:
    value = usage.get(key)
    return value if is_object(value) else _NOTHING


def _count(value: object) -> int | None:
    """Return a token count; None for what is not a whole number of tokens (bool, negative, NaN, text)."""
    if value is None or isinstance(value, bool):
        return None
    if isinstance(value, float):
        value = int(value) if value.is_integer() else None
    return value if isinstance(value, int) and 0 <= value < _TOO_MANY else None


_READERS: tuple[tuple[frozenset[str], Callable[[Mapping[str, Any]], Usage | None]], ...] = (
    (frozenset({"cache_read_tokens"}), _own),
    (frozenset({"prompt_tokens", "completion_tokens"}), _chat),
    (frozenset({"input_tokens_details"}), _responses),
    (frozenset({"input_tokens", "output_tokens"}), _anthropic),
    (frozenset({"tokens", "billed_units"}), _cohere),
    (frozenset({"inputTokens", "outputTokens"}), _converse),
    (frozenset({"total_input_tokens", "total_output_tokens"}), _interaction),
    (
        frozenset(
            {"prompt_token_count", "promptTokenCount", "candidates_token_count", "candidatesTokenCount"}
        ),
        _gemini,
    ),
)
"""Which keys give a shape away, and how it is read; the first match counts."""
