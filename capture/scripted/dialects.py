"""Which API a request speaks, by its path and its client. A new vendor's dialect is added to this list."""

from __future__ import annotations

from collections.abc import Mapping

from capture.scripted import anthropic, cohere, gemini, mistral, openai_chat, openai_responses
from capture.scripted.dialect import Dialect

DIALECTS: tuple[Dialect, ...] = (
    anthropic.DIALECT,
    openai_chat.DIALECT,
    openai_responses.DIALECT,
    gemini.DIALECT,
    cohere.DIALECT,
    mistral.DIALECT,
)

_CREDENTIALS = {"anthropic-version": anthropic.DIALECT, "x-goog-api-key": gemini.DIALECT}
"""Headers that only one vendor's clients send."""


def find_dialect(path: str, headers: Mapping[str, str]) -> Dialect | None:
    """Return the dialect of a request; None if there is none.

    Args:
        path: The request's path, which may stand behind any prefix.
        headers: Its headers, by lower-case name.
    """
    speaking = [dialect for dialect in DIALECTS if path.endswith(dialect.paths)]
    named = [dialect for dialect in speaking if _comes_from(dialect.client, path, headers)]
    unnamed = [dialect for dialect in speaking if dialect.client is None]
    return next(iter(named or unnamed or speaking), None)


def dialect_of_client(path: str, headers: Mapping[str, str]) -> Dialect:
    """Return the dialect of a request beside the model calls; OpenAI's where nothing tells."""
    for header, dialect in _CREDENTIALS.items():
        if header in headers:
            return dialect
    vendors = (cohere.DIALECT, mistral.DIALECT)
    return next((each for each in vendors if _comes_from(each.name, path, headers)), openai_chat.DIALECT)


def dialect_named(name: str) -> Dialect:
    """Return the dialect of that name.

    Raises:
        KeyError: there is none.
    """
    return {dialect.name: dialect for dialect in DIALECTS}[name]


def _comes_from(client: str | None, path: str, headers: Mapping[str, str]) -> bool:
    agent = headers.get("user-agent", "") + headers.get("x-fern-sdk-name", "")
    return client is not None and (client in agent.lower() or f"/{client}/" in path)
