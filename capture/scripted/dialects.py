"""Which API a request speaks, by its path. A new vendor's dialect is added to this list."""

from __future__ import annotations

from capture.scripted import anthropic, openai_chat, openai_responses
from capture.scripted.dialect import Dialect

DIALECTS: tuple[Dialect, ...] = (anthropic.DIALECT, openai_chat.DIALECT, openai_responses.DIALECT)

_BY_NAME = {dialect.name: dialect for dialect in DIALECTS}


def find_dialect(path: str) -> Dialect | None:
    """Return the dialect for a request's path, which may stand behind any prefix; None if there is none."""
    return next((dialect for dialect in DIALECTS if path.endswith(dialect.path)), None)


def dialect_named(name: str) -> Dialect:
    """Return the dialect of that name.

    Raises:
        KeyError: there is none.
    """
    return _BY_NAME[name]
