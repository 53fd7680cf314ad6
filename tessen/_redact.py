"""No credential in the log: what is taken out of a line before it is written.

What belongs here is finding secrets, by what this very request was sent with (its authorization header, its
key parameters), by the keys in the environment, by their looks, and by the user's own patterns and functions.
Lines without any pass through as they are, after a few quick searches.
"""

from __future__ import annotations

import os
import re
import threading
from collections.abc import Callable, Collection, Iterable, Mapping
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from tessen import _guard, _json
from tessen._credentials import (
    SECRET_END,
    SECRET_NAME,
    SHAPES,
    Spellings,
    decoded_basic,
    spellings,
    without_escapes,
)
from tessen._headers import ByName
from tessen._search import compiled
from tessen._tokens import without_tokens

if TYPE_CHECKING:
    from tessen._event import Event
    from tessen._history import History

REDACTED = "[redacted]"
WITHHELD = "[withheld]"
"""Stands for a text that the user's function failed to redact."""

_MIN_SECRET = 8
"""Shorter values are placeholders ("EMPTY", "ollama"); replacing them everywhere would spoil the text."""
_MIN_IN_ENVIRONMENT = 16
"""The environment is full of short words under names such as `SORT_KEY`."""

_SECRET_HEADER = re.compile(f"authorization|cookie|{SECRET_END}".encode(), re.I)
_COOKIE_PAIR = re.compile(r"[^=;,\s]+=([^;,\s]+)")
_OURS = frozenset(
    {
        *("event_id", "session_id", "agent_name", "ts", "provider", "surface", "call_type", "http_method"),
        *("status", "outcome", "model", "quality_signals"),
    }
)
"""Members of an event that a user's function is not asked about: they say which event it is."""

_IDS = frozenset({"event_id", "session_id"})
_MADE_UP = re.compile("[0-9a-f]{32}")
"""An id of the recorder's own: a pattern for keys matches it, and without it events cannot be told apart."""

Redactor = re.Pattern[str] | Callable[[str], str]
"""A pattern whose matches are replaced, or a function that returns what may be written of a text."""

_ESCAPED = rb"\\\\(?:\\\\|[^\"\\])"
"""An escape of Python's, as JSON has it. What ends a JSON string is no part of it."""
_QUOTED = rb"'(?:%b|\\[^\\]|[^'\"\\])*'" % _ESCAPED
_DOUBLY_QUOTED = rb"\\\"(?:%b|\\[^\\\"]|[^\"\\])*\\\"" % _ESCAPED
_HEADER_VALUE = rb"(eader value:? b?)(?:%b|%b)" % (_QUOTED, _DOUBLY_QUOTED)
"""How HTTP libraries quote the header that they refuse: mostly a key with a line's end."""

_SIGNED_WITH = re.compile(r"(?:Credential|Signature)=([^/,\s]+)")
"""The access key's id and the signature, in the authorization of a request that Amazon's way signs."""


def secrets_of(headers: Iterable[tuple[bytes, bytes]]) -> frozenset[str]:
    """Return the secret values among the headers of a request.

    Args:
        headers: Names and values as bytes, in any case.
    """
    return _in_request(tuple([header for header in headers if _is_secret[header[0]]]))


@lru_cache(maxsize=64)
def _in_request(headers: tuple[tuple[bytes, bytes], ...]) -> frozenset[str]:
    """The secrets in the headers that hold some, which are nearly always those of the call before."""
    told = [secret for name, value in headers for secret in _in_header(name.lower(), value.decode("latin-1"))]
    return frozenset([secret for secret in told if len(secret) >= _MIN_SECRET])


def secrets_in_answer(headers: Iterable[tuple[bytes, bytes]]) -> frozenset[str]:
    """Return the secret values among the headers of an answer: the cookies that it sets, keys that it echoes.

    Some SDKs print all of an answer's headers in their exceptions.

    Args:
        headers: Names and values as bytes, in any case.
    """
    held = [header for header in headers if _is_secret[header[0]]]
    if not held:
        return _NONE
    return _NONE.union(*[_in_answers_header(name.lower(), value.decode("latin-1")) for name, value in held])


_NONE: frozenset[str] = frozenset()


@lru_cache(maxsize=64)
def _in_answers_header(name: bytes, value: str) -> tuple[str, ...]:
    if name == b"set-cookie":
        pair = value.partition(";")[0].strip()  # what follows (domain, age) is none, and stands elsewhere too
        secret = pair.partition("=")[2]
        return (secret,) if len(secret) >= _MIN_SECRET else ()
    if b"authorization" in name or b"cookie" in name:
        return tuple(secret for secret in _in_header(name, value) if len(secret) >= _MIN_SECRET)
    return (value,) if _looks_random(value) else ()


def _looks_random(value: str) -> bool:
    """Whether a value under a name that ends in `key` is one, and not a cache's key or a sort order."""
    return (
        len(value) >= _MIN_IN_ENVIRONMENT and not value.startswith("/") and not any(map(str.isspace, value))
    )


def _holds_secrets(header: bytes) -> bool:
    return _SECRET_HEADER.search(header) is not None


_is_secret = ByName(_holds_secrets)


@lru_cache(maxsize=64)
def _in_header(name: bytes, value: str) -> tuple[str, ...]:
    """The secrets in one header: what stands behind the scheme, or the values of a cookie."""
    if name.endswith(b"cookie"):
        return (value, *_COOKIE_PAIR.findall(value))
    scheme, _, last = value.rpartition(" ")
    if value.startswith("AWS4-"):
        return (value, last, *_SIGNED_WITH.findall(value))
    return (last, *(decoded_basic(last) if scheme.lower() == "basic" else ()))


def of_environment(variables: Mapping[str, str] = os.environ) -> frozenset[str]:
    """Return the keys and tokens among environment variables, by their names.

    Args:
        variables: Names and values.
    """
    return frozenset(
        value for name, value in variables.items() if SECRET_NAME.search(name) and _looks_random(value)
    )


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
        if value and SECRET_NAME.search(name):
            secrets.update((value, *(decoded for _, decoded in parse_qsl(pair))))
            value = quote(REDACTED)
        pairs.append(f"{name}{equals}{value}")
    cleaned = urlunsplit((parts.scheme, netloc, parts.path, "&".join(pairs), parts.fragment))
    return cleaned, {secret for secret in secrets if len(secret) >= _MIN_SECRET}


def clean_line(line: bytes, secrets: Iterable[str], redactors: Collection[Redactor]) -> bytes:
    """Return an event's line without secrets; it stays one line of JSON.

    Args:
        line: One JSON object in UTF-8.
        secrets: Exact values to take out wherever they occur, however they are spelled.
        redactors: The user's patterns, applied to all strings in the object, and functions, applied to those
            that come from the program and its models.

    Raises:
        RecursionError: If something is to be taken out of an object that is nested too deeply to be read.
    """
    return _as_asked(_clean(line, _sought(frozenset(secrets))), redactors)


def clean_event(
    line: bytes, event: Event, secrets: frozenset[str], redactors: Collection[Redactor], history: History
) -> bytes:
    """Return what `clean_line` does, but do not search again what `history` knows to be clean.

    Args:
        line: The line of the event.
        event: The event.
        secrets: As for `clean_line`, which raises the same.
        redactors: As for `clean_line`.
        history: What was searched before.
    """
    spelled = _sought(secrets)
    if not history.shows_clean(line, event.request_body, event.session_id, spelled):
        cleaned = _clean(line, spelled)
        if cleaned is line:
            history.nothing_found(event.session_id)
        line = cleaned
    if event.error is not None:  # only now: a history looks for the request where it stands
        line = _without_refused(line)
    return _as_asked(line, redactors)


def _clean(line: bytes, spelled: Iterable[Spellings]) -> bytes:
    cleaned = _without_secrets(line, spelled)
    if cleaned is line:
        return line
    if not _still_json(cleaned):
        cleaned = _clean_strings(line, lambda text: _clean_text(text, spelled))
    return without_tokens(cleaned, lambda text: _clean_text(text, spelled) != text)


def _without_refused(line: bytes) -> bytes:
    return compiled(_HEADER_VALUE).sub(rb"\1'[redacted]'", line)


def _as_asked(line: bytes, redactors: Collection[Redactor]) -> bytes:
    if redactors:
        line = without_tokens(line, lambda text: _holds(text, redactors))
    for redactor in redactors:
        if not isinstance(redactor, re.Pattern):
            line = _ask(redactor, line)
        elif redactor.search(without_escapes(line).decode("utf-8", "replace")):
            line = _without_matches(redactor, line)
    return line


def without_shapes(text: str) -> str:
    """Return a text without what looks like a credential: for a text that is cut before it is in a line."""
    return _clean_text(text, ())


def clean_text(text: str, secrets: Iterable[str]) -> str:
    """Return a text without these secrets and without what looks like a credential.

    For what is said elsewhere than in an event: a name of a folder, a word to the user.
    """
    return _clean_text(text, _sought(frozenset(secrets)))


@lru_cache(maxsize=64)
def _sought(secrets: frozenset[str]) -> tuple[Spellings, ...]:
    """How these secrets may be spelled, the longest first: a cookie's values stand in the whole of it."""
    return tuple([spellings(secret) for secret in sorted(secrets, key=len, reverse=True)])


def _without_secrets(data: bytes, sought: Iterable[Spellings]) -> bytes:
    """Take secrets out, also behind needless escapes; return the same object if there was nothing."""
    cleaned = _without_plain_secrets(data, sought)
    plain = without_escapes(cleaned)
    if plain is cleaned:
        return cleaned
    unhidden = _without_plain_secrets(plain, sought)
    return cleaned if unhidden == plain else unhidden


def _without_plain_secrets(data: bytes, sought: Iterable[Spellings]) -> bytes:
    for spelled in sought:
        if spelled.occurs(data):
            for text in spelled.texts:
                data = data.replace(text, REDACTED.encode())
    for shape in SHAPES:
        if data.find(shape.hint) >= 0 and shape.occurs(data):
            data = shape.cleaned(data)
    return data


def _still_json(line: bytes) -> bool:
    try:
        _json.parse(line.decode())
    except (ValueError, RecursionError):
        return False
    return True


def _clean_text(text: str, sought: Iterable[Spellings]) -> str:
    for spelled in sought:
        text = text.replace(spelled.secret, REDACTED)
    return _without_secrets(text.encode("utf-8", "surrogatepass"), sought).decode("utf-8", "surrogatepass")


def _holds(text: str, redactors: Iterable[Redactor]) -> bool:
    """Whether the user would have something taken out of a text."""
    return any(
        redactor.search(text) if isinstance(redactor, re.Pattern) else _asked(redactor, text) != text
        for redactor in redactors
    )


_asking = threading.local()


def _asked(redact: Callable[[str], str], text: str) -> str:
    """Have the user's function redact a text; what it fails on is withheld, never written.

    So are the texts of a call that it makes itself, say of a model that redacts: it would never end.
    """
    if getattr(_asking, "now", False):
        return WITHHELD
    _asking.now = True
    try:
        answer = redact(text)
    except Exception:
        _guard.swallow("redacting a text")
        return WITHHELD
    finally:
        _asking.now = False
    return answer if isinstance(answer, str) else WITHHELD


def _ask(redact: Callable[[str], str], line: bytes) -> bytes:
    """Have the user's function redact an event's texts."""

    def clean(text: str) -> str:
        return _asked(redact, text)

    def clean_name(name: str) -> str:
        return name if name.isascii() and name.replace("-", "_").isidentifier() else clean(name)

    return _rewritten(line, lambda name, _: name in _OURS, clean, clean_name)


def _without_matches(pattern: re.Pattern[str], line: bytes) -> bytes:
    """Replace what a pattern matches, but not in what the recorder itself has called the event."""

    def clean(text: str) -> str:
        return pattern.sub(REDACTED, text)

    return _rewritten(line, _is_made_up, clean, clean)


def _is_made_up(name: str, value: object) -> bool:
    return name in _IDS and _MADE_UP.fullmatch(str(value)) is not None


def _rewritten(
    line: bytes,
    stays: Callable[[str, Any], bool],
    clean: Callable[[str], str],
    clean_name: Callable[[str], str],
) -> bytes:
    """Clean an event's members, but for those that stay as they are, by name and value."""
    event = _json.parse(line.decode())
    return _json.dumps(
        {
            name: value if stays(name, value) else _walk(value, clean, clean_name)
            for name, value in event.items()
        }
    )


def _clean_strings(line: bytes, clean: Callable[[str], str]) -> bytes:
    """Apply `clean` to every string of a JSON object, names of members included."""
    return _json.dumps(_walk(_json.parse(line.decode()), clean, clean))


def _walk(value: Any, clean: Callable[[str], str], clean_name: Callable[[str], str]) -> Any:
    if isinstance(value, str):
        return clean(value)
    if isinstance(value, list):
        return [_walk(item, clean, clean_name) for item in value]
    if isinstance(value, dict):
        return {clean_name(name): _walk(item, clean, clean_name) for name, item in value.items()}
    return value
