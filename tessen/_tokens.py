"""Log probabilities, which spell an answer once more, token by token.

What belongs here is finding these in an event, and leaving out those that spell what was taken out of the
answer itself: no token of a key looks like one.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from tessen import _json
from tessen._search import finder

_MEMBERS = frozenset({"logprobs", "logprobsResult", "token_strings"})
"""What vendors call the lists of tokens, in answers and in what a tokenizer says."""
_names_probabilities, _names_strings = finder(b'"logprobs'), finder(b'"token_strings"')
_WITHHELD = "[redacted]"


def without_tokens(line: bytes, tells: Callable[[str], bool]) -> bytes:
    """Return an event without the lists of tokens that spell a secret; the same object if there are none.

    Args:
        line: The event.
        tells: Whether a text, spelled by tokens, holds one.

    Raises:
        RecursionError: The event is nested too deeply to be read.
    """
    if not (_names_probabilities(line) or _names_strings(line)):
        return line
    found: list[str] = []

    def walk(value: Any) -> Any:
        if isinstance(value, list):
            return [walk(item) for item in value]
        if not isinstance(value, dict):
            return value
        return {name: member(name, item) for name, item in value.items()}

    def member(name: str, value: Any) -> Any:
        if name in _MEMBERS and isinstance(value, list | dict) and tells("".join(_spelled(value))):
            found.append(name)
            return _WITHHELD
        return walk(value)

    cleaned = walk(_json.parse(line.decode()))
    return _json.dumps(cleaned) if found else line


def _spelled(value: Any) -> Iterator[str]:
    """Yield the tokens in their order, and not those that the model might have said instead."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, list):
        for item in value:
            yield from _spelled(item)
    elif isinstance(value, dict):
        for name, item in value.items():
            if name in ("token", "text", "tokens") or (isinstance(item, list | dict) and name[:3] != "top"):
                yield from _spelled(item)
