"""Completion for the filter: what the term at the end of the text could become."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from itertools import islice

from tessen.query import FIELDS, Field

Values = Callable[[str], Iterable[str]]
"""The values to offer for a field, most likely first."""

LIMIT = 12


def completions(text: str, values: Values, fields: Sequence[Field] = FIELDS) -> list[str]:
    """What the text's last term could be completed to.

    Args:
        text: the filter so far; its last term is the one being typed.
        values: the values to offer for a field.
        fields: the fields there are.

    Returns:
        Whole texts, each beginning with `text` but for the case of letters, at most `LIMIT`.
    """
    term = text.rsplit(" ", 1)[-1].removeprefix("-")
    if not term or '"' in term:
        return []
    field, colon, value = term.partition(":")
    if not colon:
        return [text + head[len(term) :] for head in _starting(map(_head, fields), term)]
    last = value.rsplit(",", 1)[-1]
    offered = _starting(values(field), last)
    return [text + _quoted(name)[len(last) :] for name in offered if _can_grow(name, last)]


def _head(field: Field) -> str:
    """What a term begins with: most numbers are compared."""
    return f"{field.name}{'>' if field.kind == 'number' else ':'}"


def _starting(names: Iterable[str], start: str) -> list[str]:
    low = start.casefold()
    found = (name for name in names if name.casefold().startswith(low) and len(name) > len(start))
    return list(islice(found, LIMIT))


def _quoted(name: str) -> str:
    return f'"{name}"' if " " in name else name


def _can_grow(name: str, typed: str) -> bool:
    """Whether what is typed stays as it is: a name that needs quotes can only be offered before typing it."""
    return not typed or " " not in name
