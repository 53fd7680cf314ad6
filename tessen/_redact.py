"""No credential in the log: what is taken out of a line before it is written.

What belongs here is finding secrets, by what this very request was sent with (its authorization header, its
key parameters), by the shapes that vendors' keys have, and by the user's own patterns. Lines without any pass
through as they are, after a few searches for short substrings.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable
from functools import lru_cache
from typing import Any

from tessen import _json

REDACTED = "[redacted]"
_MIN_SECRET = 8
"""Shorter values are placeholders ("EMPTY", "ollama"); replacing them everywhere would spoil the text."""

_SECRET_HEADERS = frozenset(
    {
        b"authorization",
        b"proxy-authorization",
        b"x-api-key",
        b"api-key",
        b"x-goog-api-key",
        b"cookie",
        b"x-amz-security-token",
    }
)
_SECRET_PARAMETER = re.compile(
    r"(?:^|[-_.])(?:key|apikey|accesskeyid|token|secret|password|passwd|auth|credential|sig|signature)$", re.I
)
_SHAPES: tuple[tuple[bytes, re.Pattern[bytes]], ...] = (
    (b"sk-", re.compile(rb"sk-[A-Za-z0-9_\-]{16,}")),
    (b"earer", re.compile(rb"[Bb]earer [A-Za-z0-9_\-.=+/~]{16,}")),
    (b"AIza", re.compile(rb"AIza[A-Za-z0-9_\-]{30,}")),
)
"""What vendors' keys look like, each behind a substring that is cheap to search for."""

_IN_A_WORD = re.compile(rb"(?<!\\)[A-Za-z0-9]$")
"""A letter or digit just before: `task-…` holds no key, but one may follow an escape such as `\\n`."""
_SIGNED_WITH = re.compile(r"(?:Credential|Signature)=([^/,\s]+)")
"""The access key's id and the signature, in the authorization of a request that Amazon's way signs."""
_COOKIE_PAIR = re.compile(r"[^=;,\s]+=([^;,\s]+)")


def secrets_of(headers: Iterable[tuple[bytes, bytes]]) -> set[str]:
    """Return the secret values among a request's headers.

    Args:
        headers: Names and values as bytes, in any case.
    """
    found: set[str] = set()
    for name, value in headers:
        if name.lower() in _SECRET_HEADERS:
            text = value.decode("latin-1")
            found.update((text, text.rpartition(" ")[2]))
            if text.startswith("AWS4-"):
                found.update(_SIGNED_WITH.findall(text))
            if name.lower() == b"cookie":
                found.update(_COOKIE_PAIR.findall(text))
    return {secret for secret in found if len(secret) >= _MIN_SECRET}


def clean_url(url: str) -> tuple[str, set[str]]:
    """Return a URL without its password and the values of its secret parameters, and those values."""
    if "?" not in url and "@" not in url:
        return url, set()
    from urllib.parse import parse_qsl, quote, urlsplit, urlunsplit

    parts = urlsplit(url)
    secrets: set[str] = {parts.password} if parts.password else set()
    netloc = parts.netloc.rpartition("@")[2] if "@" in parts.netloc else parts.netloc
    pairs = []
    for pair in parts.query.split("&"):
        name, equals, value = pair.partition("=")
        if value and _SECRET_PARAMETER.search(name):
            secrets.update((value, *(decoded for _, decoded in parse_qsl(pair))))
            value = quote(REDACTED)
        pairs.append(f"{name}{equals}{value}")
    cleaned = urlunsplit((parts.scheme, netloc, parts.path, "&".join(pairs), parts.fragment))
    return cleaned, {secret for secret in secrets if len(secret) >= _MIN_SECRET}


def clean_line(line: bytes, secrets: Iterable[str], patterns: Iterable[re.Pattern[str]]) -> bytes:
    """Return an event's line without secrets; it stays one line of JSON.

    Args:
        line: One JSON object in UTF-8.
        secrets: Exact values to take out wherever they occur.
        patterns: The user's patterns, applied to the strings in the object.
    """
    cleaned = line
    for secret in secrets:
        for spelling in _spellings(secret):
            if spelling in cleaned:
                cleaned = cleaned.replace(spelling, REDACTED.encode())
    for marker, shape in _SHAPES:
        if marker in cleaned:
            cleaned = shape.sub(_redact_shape, cleaned)
    if cleaned is not line and not _still_json(cleaned):
        cleaned = _clean_strings(line, lambda text: _clean_text(text, secrets))
    for pattern in patterns:
        if pattern.search(cleaned.decode("utf-8", "replace")):
            cleaned = _clean_strings(cleaned, lambda text, one=pattern: one.sub(REDACTED, text))  # type: ignore[misc]
    return cleaned


def _redact_shape(match: re.Match[bytes]) -> bytes:
    before = match.string[max(match.start() - 2, 0) : match.start()]
    return match[0] if _IN_A_WORD.search(before) else REDACTED.encode()


@lru_cache(maxsize=64)
def _spellings(secret: str) -> frozenset[bytes]:
    """The ways in which JSON may write a secret inside a string."""
    plain = json.dumps(secret, ensure_ascii=False)[1:-1]
    escaped = _json.quote(secret)[1:-1]
    both = (plain, escaped, plain.replace("/", "\\/"), escaped.replace("/", "\\/"))
    return frozenset(text.encode("utf-8", "replace") for text in both)


def _still_json(line: bytes) -> bool:
    try:
        _json.parse(line.decode())
    except (ValueError, RecursionError):
        return False
    return True


def _clean_text(text: str, secrets: Iterable[str]) -> str:
    for secret in secrets:
        text = text.replace(secret, REDACTED)
    data = text.encode("utf-8", "surrogatepass")
    for _, shape in _SHAPES:
        data = shape.sub(_redact_shape, data)
    return data.decode("utf-8", "surrogatepass")


def _clean_strings(line: bytes, clean: Callable[[str], str]) -> bytes:
    """Apply `clean` to every string of a JSON object, names of members included."""

    def walk(value: Any) -> Any:
        if isinstance(value, str):
            return clean(value)
        if isinstance(value, list):
            return [walk(item) for item in value]
        if isinstance(value, dict):
            return {clean(name): walk(item) for name, item in value.items()}
        return value

    return _json.dumps(walk(_json.parse(line.decode())))
