r"""Free text of a query, looked for in a line of JSON as it lies on disk.

What belongs here knows how a text may be written in JSON: raw UTF-8, `\uXXXX`, escaped quotes. Letters
match in either case.
"""

from __future__ import annotations

import re
from collections.abc import Callable

_ESCAPES = {'"': ('\\"',), "\\": ("\\\\",), "\n": ("\\n",), "\t": ("\\t",), "\r": ("\\r",), "/": ("/", "\\/")}


def text_test(text: str) -> Callable[[bytes], bool]:
    """Return the test whether a line, all ASCII letters made small, holds a text however JSON writes it."""
    if text.isascii() and not set(text) & set(_ESCAPES):
        wanted = text.lower().encode()
        return lambda line: wanted in line
    pattern = re.compile(b"".join(_ways(character) for character in text))
    return lambda line: pattern.search(line) is not None


def _ways(character: str) -> bytes:
    """A pattern for the ways that a character may stand in a line whose ASCII letters were made small."""
    ways: set[bytes] = set()
    for form in {character, character.lower(), character.upper()}:
        ways.update(way.encode("utf-8", "surrogatepass").lower() for way in _ESCAPES.get(form, (form,)))
        if not form.isascii():
            units = form.encode("utf-16-be", "surrogatepass")
            ways.add(b"".join(b"\\u%02x%02x" % (units[i], units[i + 1]) for i in range(0, len(units), 2)))
    return b"(?:" + b"|".join(re.escape(way) for way in sorted(ways)) + b")"
