"""Taking a line's end to pieces: what has to be equal in another one, and what may differ.

What belongs here is what stands behind a request: the answer, or how it failed, and the last members, token
by token. Whatever is not said here to be free has to be equal, byte for byte.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field
from typing import NamedTuple

LONGEST, _MOST_TOKENS, _MOST_COUNTS = 16_000, 600, 50
"""Bytes and tokens of what a mold is made of; what is longer is not what many have in common."""

_TOKEN = re.compile(
    rb'(\x20*+)(?:("(?:[^"\\\x00-\x1f]++|\\.)*+")'
    rb"|(-?\d++(?:\.\d+)?(?:[eE][-+]?\d+)?)|(true|false|null)|([{}\[\],:]))"
).match
_ESCAPED = rb'\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4})'
_PLAIN = rb"[ !#-\[\]-\xff]"
"""What needs no escape in a string. Said as what may come, it is a fifth sooner matched."""

_REST = rb'%b*+(?:%b%b*+)*+"' % (_PLAIN, _ESCAPED, _PLAIN)
_STRING = rb'"' + _REST
_LETTER = rb"[!#-\[\]-~\xc3-\xdf\xe4-\xee\xf0]"
_ESCAPED_LETTER = rb'\\u(?!00[0-2]|008|00[aA]0|1680|20|3000)[0-9a-fA-F]{4}|\\["\\/]'
_WORDS = rb'"(?:\\n|\x20)*+(?:%b|%b)%b' % (_LETTER, _ESCAPED_LETTER, _REST)
"""A string that is not blank: its first letter is no kind of space in any alphabet."""

_NAMED = rb'"(%b++)"' % _PLAIN
_NUMBER = rb"-?(?!0[0-9])[0-9]{1,15}+(?:\.[0-9]{1,17}+)?"
COUNT = rb"(?!0[0-9])[0-9]{1,13}+"
_TIME = rb"(?!0[0-9])[0-9]{1,12}+\.[0-9]{1,22}+"
"""Said as what may not come, a zero before digits, they are a sixth sooner matched than as branches."""
_SCALAR = rb"(?:%b|%b|true|false|null)" % (_STRING, _NUMBER)


def _several(one: bytes) -> bytes:
    return rb"(?:%b(?:, ?%b)*+)?+" % (one, one)


_IN_OBJECT = rb"%b: ?%b"
_FLAT = rb"(?:%b|\{%b\}|\[%b\])" % (_SCALAR, _several(_IN_OBJECT % (_STRING, _SCALAR)), _several(_SCALAR))
_ARGUMENTS = rb"(\{%b\})" % _several(_IN_OBJECT % (_STRING, _FLAT))
"""Arguments of a tool, two levels deep."""

_QUOTED = rb'\\"%b*+\\"' % _PLAIN
_ARGUMENTS_TEXT = rb'("\{%b\}")' % _several(
    _IN_OBJECT % (_QUOTED, rb"(?:%b|%b|true|false|null)" % (_QUOTED, _NUMBER))
)
"""Arguments in a string that are a flat object without escapes of its own, and so are known to be JSON."""

_ANY_WORDS = frozenset(("id", "signature", "system_fingerprint", "responseId", "response_id"))
_SOME_WORDS = frozenset(("text", "content", "thinking", "reasoning_content", "reasoning"))
_WORDS_OF_ERRORS = frozenset(("msg", "tb", "message", "request_id"))
_ANY_NUMBER = frozenset(
    ("created", "created_at", "completed_at", "index", "chunks_captured", "n_chunks", "avgLogprobs")
)
_TELLING = frozenset(("model", "modelVersion", "stop_reason", "finish_reason", "finishReason"))
_USAGES = frozenset(("usage", "usage_metadata", "usageMetadata", "meta"))
_ASKED = frozenset(("input", "arguments", "args"))
_HOUR_WRITES = "ephemeral_1h_input_tokens"


class Part(NamedTuple):
    """A piece of a pattern."""

    kind: str
    """What the piece is taken out for: count, telling, name, asked, or the name of a time. `open` and `close`
    stand around an answer that is there twice, and `again` for the second. Else empty."""
    pattern: bytes


@dataclass
class Draft:
    """A line's end, as pieces of a pattern."""

    parts: list[Part] = field(default_factory=list)
    marked: list[bytes] = field(default_factory=list)
    """The same as in the line, but each count replaced: the first by 1, each further one by twice as much, so
    that a sum tells what was added to it."""
    counts: int = 0


def draft(data: bytes, start: int, end: int, *, old: bool) -> Draft | None:
    """Take a line's end to pieces.

    Args:
        data: Lines.
        start: Where in one of them, whose whole is known to be JSON, a member's name starts.
        end: Where the line ends.
        old: Whether a released recorder wrote it: what its errors say decides what they mean.

    Returns:
        None where lines like it are better parsed.
    """
    made, path, key = Draft(), [""], ""
    at = start
    tokens = first = last = begin = 0
    answer = b""
    while path:
        found = _TOKEN(data, at, end)
        tokens += 1
        if found is None or tokens > _MOST_TOKENS or at - start > LONGEST:
            return None
        space, string, number, _, sign = found.groups()
        at, token = found.end(), found[0][len(space) :]
        _add(made, Part("", re.escape(space)), space)
        if string is not None and data[at : at + 2].lstrip(b" ").startswith(b":"):
            key = token[1:-1].decode()
            _add(made, Part("", re.escape(token)), token)
            if len(path) == 1 and key == "response_body" and answer and (again := _again(data, at, answer)):
                _repeat(made, first, last, again)
                at += len(again)
        elif sign == b"{" and key in _ASKED and len(path) > 1:
            at = _object_end(data, found.start(5), end)
            _add(made, Part("asked", _ARGUMENTS), data[found.start(5) : at])
        elif sign is None:
            part = _number(path, key, token) if number is not None else _other(path, key, token, old)
            _add(made, part, token)
        else:
            if sign in b"{[":
                path.append(key)
                if path == ["", "casted_response"]:
                    first, begin = len(made.parts), found.start(5)
            _add(made, Part("", re.escape(token)), token)
            if sign in b"}]":
                key = path.pop()
                if path == [""] and key == "casted_response":
                    last, answer = len(made.parts), data[begin:at]
    rest = data[at:end]
    _add(made, Part("", re.escape(rest)), rest)
    return made if rest in (b"", b"\r") and made.counts <= _MOST_COUNTS else None


def _add(made: Draft, part: Part, token: bytes) -> None:
    made.parts.append(part)
    if part.kind == "count":
        token = b"%d" % (1 << made.counts)
        made.counts += 1
    made.marked.append(token)


def _again(data: bytes, at: int, answer: bytes) -> bytes:
    """The bytes from a colon on, where the same answer follows it; else nothing."""
    start = data.find(answer[:1], at, at + 4)
    found = start >= 0 and data.startswith(answer, start)
    return data[at : start + len(answer)] if found else b""


def _repeat(made: Draft, first: int, last: int, again: bytes) -> None:
    """Let what the answer's pieces match be matched once more."""
    marked = b"".join(made.marked[first:last])
    between = again[: again.index(b"{")]
    for place, kind, pattern in ((last, "close", b")"), (first, "open", b"(")):
        made.parts.insert(place, Part(kind, pattern))
        made.marked.insert(place, b"")
    _add(made, Part("", re.escape(between)), between)
    _add(made, Part("again", b""), marked)


def _number(path: list[str], key: str, token: bytes) -> Part:
    if len(path) == 1 and key in ("duration_ms", "ttft_ms") and re.fullmatch(_TIME, token):
        return Part(key, _TIME)
    if not _USAGES.isdisjoint(path[1:3]):
        free = token.isdigit() and key != _HOUR_WRITES
        return Part("count", COUNT) if free else Part("", re.escape(token))
    return Part("", _NUMBER if key in _ANY_NUMBER else re.escape(token))


def _other(path: list[str], key: str, token: bytes, old: bool) -> Part:
    """A string, true, false or null."""
    in_error = path[1:2] == ["error"]
    free = b""
    if path[-1] == "response_headers" or (in_error and not old and key in _WORDS_OF_ERRORS):
        free = _STRING
    elif in_error or not _USAGES.isdisjoint(path[1:3]):
        free = b""
    elif key in _ANY_WORDS and len(path) > 1:
        free = _STRING
    elif key in _SOME_WORDS:
        free = _WORDS
    if free and re.fullmatch(free, token):
        return Part("", free)
    if key in _TELLING and re.fullmatch(_NAMED, token):
        return Part("telling", _NAMED)
    if key == "name" and token.startswith(b'"'):
        return Part("name", _NAMED)
    if key in _ASKED and token.startswith(b'"'):
        return Part("asked", _ARGUMENTS_TEXT)
    return Part("", re.escape(token))


def _object_end(data: bytes, start: int, end: int) -> int:
    """Where an object that starts here has ended.

    Raises:
        ValueError: It is no JSON.
        RecursionError: It is nested too deep.
    """
    text = data[start:end].decode()
    _, stop = json.JSONDecoder().raw_decode(text)
    return start + len(text[:stop].encode())
