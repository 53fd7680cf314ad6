"""What credentials look like in text: how a known secret may be spelled, and the shapes of unknown ones.

What belongs here is recognising them in the bytes of a line. Each search is behind a cheap test, since nearly
every line holds none.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from functools import lru_cache
from typing import NamedTuple

from tessen import _json
from tessen._search import Finder, compiled, finder

REDACTED = b"[redacted]"

SECRET_END = (
    r"(?:^|[-_.]|api|access|auth|aws|client|private|refresh|secret|session)"
    r"(?:key|apikey|accesskeyid|token|secret|password|passwd|passphrase|pwd|auth|credentials?|jwt|sig|signature)$"
)
"""How a name ends whose value is secret."""

SECRET_NAME = re.compile(f"{SECRET_END}|^code$", re.I)  # a function of Azure's is called with `?code=`
"""Names of URL parameters, and of variables, whose values are secret."""


class Spellings(NamedTuple):
    """The ways in which a line may write one secret."""

    secret: str
    occurs: Finder
    """Whether some of them may be in a line: a quick test, which errs only by saying yes."""
    texts: tuple[bytes, ...]
    """Longest first."""


@lru_cache(maxsize=256)
def spellings(secret: str) -> Spellings:
    """Return how a secret may be spelled inside a JSON string: plain, escaped or percent-encoded."""
    from urllib.parse import quote

    plain, escaped = json.dumps(secret, ensure_ascii=False)[1:-1], _json.quote(secret)[1:-1]
    percent = quote(secret, safe="", errors="replace")
    lowered = re.sub("%..", lambda code: code[0].lower(), percent)
    found = {plain, escaped, percent, lowered, quote(secret, errors="replace")}
    for text in (plain, escaped):
        found.add(text.replace("/", "\\/"))
        found.update(text.replace("+", plus) for plus in ("\\u002b", "\\u002B"))
    found.update([text.replace("\\", "\\\\") for text in found])  # JSON quoted inside JSON
    texts = {text.encode("utf-8", "replace") for text in found}
    core = max(re.split(r"[^A-Za-z0-9]", secret), key=len).encode()
    occurs = finder(core) if core else lambda line: any(text in line for text in texts)
    return Spellings(secret, occurs, tuple(sorted(texts, key=len, reverse=True)))


_names_escape = finder(b"u00")  # what stands before it is common in source code
_ESCAPE = rb"u00(2[dD]|3[0-9]|4[1-9a-fA-F]|5[0-9aAfF]|6[1-9a-fA-F]|7[0-9aA])"
"""Of a letter, a digit, `-` or `_`, which no encoder needs to escape."""


def without_escapes(line: bytes) -> bytes:
    """Return a line in which nothing hides behind needless escapes, in JSON within JSON either.

    What it says in its strings may be another escape's text; it is good for searching. The same object is
    returned if there are none.
    """
    if not _names_escape(line) or compiled(rb"\\" + _ESCAPE).search(line) is None:
        return line
    plain: bytes = compiled(rb"\\+" + _ESCAPE).sub(lambda match: bytes([int(match[1], 16)]), line)
    return plain


def decoded_basic(value: str) -> list[str]:
    """Return the pair that a `Basic` authorization carries, and its password; nothing if it is no such."""
    from base64 import b64decode  # for the few requests that are authorised so

    try:
        pair = b64decode(value, validate=True).decode()
    except ValueError:
        return []
    user, colon, password = pair.partition(":")
    return [pair, password or user] if colon else []


Cleaned = Callable[[re.Match[bytes]], bytes]


class Shape(NamedTuple):
    """Credentials that can be told by their looks, and where they stand."""

    hint: bytes
    """A byte without which a line holds none: the quickest search there is."""
    occurs: Finder
    """Whether what they begin or come with is in a line; without it there is none either."""
    patterns: tuple[tuple[bytes, Cleaned], ...]
    """What they look like, and what is left of each."""
    apart: bool = False
    """Whether what they come with may stand anywhere else in a line."""

    def cleaned(self, data: bytes) -> bytes:
        """Return the data without them: the same object if there are none."""
        cleaned = data
        for pattern, left in self.patterns:
            cleaned = compiled(pattern).sub(left, cleaned)
        return data if cleaned == data else cleaned


_IN_A_WORD = re.compile(rb"(?<!\\)[A-Za-z0-9]$")
"""A letter or digit just before: `task-…` holds no key, but one may follow an escape such as `\\n`."""
_PARAMETER = re.compile(rb"([?&;]|u0026|%3[fF]|%26|[\s\"'])([A-Za-z0-9_.\-]*)$")


def _whole(match: re.Match[bytes]) -> bytes:
    before = match.string[max(match.start() - 2, 0) : match.start()]
    return match[0] if _IN_A_WORD.search(before) else REDACTED


def _behind_name(match: re.Match[bytes]) -> bytes:
    return match[1] + REDACTED


def _basic(match: re.Match[bytes]) -> bytes:
    return match[1] + REDACTED if decoded_basic(match[2].decode()) else match[0]


def _parameter(match: re.Match[bytes]) -> bytes:
    """Only in a URL, unless the name leaves no doubt."""
    named = _PARAMETER.search(match.string[max(match.start() - 80, 0) : match.start()])
    if named is None or not SECRET_NAME.search(named[2].decode()):
        return match[0]
    certain = named[2].lower().endswith(b"signature")
    return match[1] + REDACTED if certain or (not named[1].isspace() and named[1] not in b"\"'") else match[0]


_NAME_WITHIN = 80
"""Bytes before the quotation mark that ends a member's name that are looked at, escapes included."""


def _member(*names: bytes) -> tuple[bytes, Cleaned]:
    """A member of a JSON object, by the end of its name, whose value is one word, or one behind a scheme.

    The pattern begins with what is quickly found, and only then is the name looked at.
    """

    def cleaned(match: re.Match[bytes]) -> bytes:
        before = match.string[max(match.start() - _NAME_WITHIN, 0) : match.start()]
        return match[1] + REDACTED if before.rstrip(b"\\").lower().endswith(names) else match[0]

    return rb'("\s*:\s*\\*")(?:[A-Za-z]+ )?(?!\[redacted)[^\s"\\]{8,}(?=\\*")', cleaned


def _printed(match: re.Match[bytes]) -> bytes:
    """A member as Python prints it, or a pair of name and value, but no list of names."""
    opening = match.string[max(match.start() - 4, 0) : match.start() - 1]
    pair_or_member = b":" in match[1] or opening.endswith((b"('", b"(b'"))
    return match[1] + REDACTED if pair_or_member else match[0]


_NAME_ENDS = (b"ignature=", b"sig=", b"key=", b"oken=")
_HEADER_NAMES = (
    *(b"apikey", b"api-key", b"api_key", b"-key", b"-token", b"-secret", b"access_token", b"auth_token"),
    *(b"client_secret", b"password", b"cookie", b"auth"),
)
_VALUE = rb"(?!%5Bredacted|\[redacted)(?:(?!%26)[^&\"'\\\s<>;,)#]){8,}"

SHAPES = (
    Shape(b"-", finder(b"sk-"), ((rb"sk-[A-Za-z0-9_\-]{16,}", _whole),)),
    Shape(b"z", finder(b"AIza"), ((rb"AIza[A-Za-z0-9_\-]{30,}", _whole),)),
    Shape(
        b"z",
        finder(b"uthorization"),
        (
            (rb"bearer(?: |%20)[A-Za-z0-9_\-.=+/~]{16,}", _whole),
            _member(b"authorization", b"authorization_token"),
            (
                rb"(uthorization(?:_token)?'[:,] b?')(?:[A-Za-z]+ )?(?!\[redacted)[^\s\"'\\]{8,}(?=')",
                _printed,
            ),
        ),
        apart=True,
    ),
    Shape(
        b"J", finder(b"eyJ"), ((rb"eyJ[A-Za-z0-9_\-]{10,}\.[A-Za-z0-9_\-]{10,}\.[A-Za-z0-9_\-]*", _whole),)
    ),
    Shape(b"B", finder(b"Bearer"), ((rb"Bearer(?: |%20)[A-Za-z0-9_\-.=+/~]{16,}", _whole),)),
    Shape(b"B", finder(b"Basic "), ((rb"(Basic )([A-Za-z0-9+/]{8,}=*)", _basic),)),
    Shape(b"=", finder(*_NAME_ENDS), ((rb"(=)" + _VALUE, _parameter),), apart=True),
    Shape(b"%", finder(b"%3"), ((rb"(%3[Dd])" + _VALUE, _parameter),)),
    # A request that names MCP servers carries what they are to be asked with.
    Shape(b"v", finder(b"mcp_server", b"server_url"), (_member(*_HEADER_NAMES),), apart=True),
    # So does one that names an index to search (Azure's), or the key with which a gateway is to ask on.
    Shape(
        b"k",
        finder(b"api_key"),
        (
            _member(b"api_key"),
            (
                rb'(api_key\\*"\s*,\s*\\*"key\\*"\s*:\s*\\*")(?!\[redacted)[^\s"\\]{8,}(?=\\*")',
                _behind_name,
            ),
        ),
        apart=True,
    ),
    Shape(
        b"@",
        finder(b"://"),
        (
            (rb"(://[^/\s:@\"\\]{0,80}:)(?!\[redacted)[^@/\s\"\\]{1,80}(?=@(?!sha256:))", _behind_name),
            (rb"(://)[A-Za-z0-9_\-.~%]{20,}(?=@)", _behind_name),  # a token for a user
        ),
    ),
)
"""What vendors' keys, tokens and signed URLs look like."""
