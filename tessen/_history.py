"""What has been searched for secrets before: an agent sends its history again with every call.

What belongs here is telling that a line is clean from what is new in its request. Known is a request in which
nothing was found. Where it and the new one agree, nothing can be found again: what secrets look like cannot
reach across a seam, which is the quotation mark at the end of a JSON string that is no member's name. What
some kinds come with may stand anywhere else in a line (`mcp_servers`, and a key far from it), so such a kind,
once that was seen, is looked for in what is new whether it stands there or not.
"""

from __future__ import annotations

from typing import NamedTuple

from tessen._credentials import SHAPES, Spellings, without_escapes
from tessen._repeated import KEPT, LEAST, MOST, span

_REQUEST = b',"request_body":'
_SEAM = b",]}"
"""What follows a string that ends in a JSON object or array. A member's name is followed by a colon."""
_NO_SEAM = b":\\"
"""What stands before a quotation mark that begins a value, but for white space, or that is quoted."""
_WHITE = 40
"""Bytes of white space that are looked through."""
_LOOKS = 64
"""How many quotation marks are looked at for a seam."""


class _Known(NamedTuple):
    """A request in which nothing was found."""

    request: bytes
    sought: tuple[Spellings, ...]
    kinds: int
    """One bit for each of `SHAPES` that was looked for in the whole of it."""


class History:
    """The requests that were searched last. Any thread may ask."""

    def __init__(self) -> None:
        """Know nothing; requests are known by their sessions."""
        self._known: list[_Known | None] = [None] * KEPT
        self._held_secrets = [False] * KEPT
        """Whether something was found in the last request, which is likely to come again."""

    def shows_clean(self, line: bytes, request: bytes, session: str, sought: tuple[Spellings, ...]) -> bool:
        """Whether there is nothing to be taken out of an event's line, as a search of the whole would say.

        Args:
            line: The line.
            request: The request's body as it stands in the line.
            session: The session's id: its requests are most alike.
            sought: The secrets that are known, as they may be spelled.

        Returns:
            False also where that is not known: for a small request or a very large one, or after one that
            was not clean, so that no conversation is searched twice.
        """
        if not LEAST <= len(request) <= MOST:
            return False
        slot = hash(session) % KEPT
        if self._held_secrets[slot]:
            return False
        known = self._known[slot]
        kinds = None
        if known is not None and known.sought == sought:
            kinds = _kinds_in(_without_known(line, request, known.request), sought, known.kinds)
        if known is None or kinds != known.kinds:
            kinds = _kinds_in(line, sought, 0)
        self._known[slot] = None if kinds is None else _Known(request, sought, kinds)
        self._held_secrets[slot] = kinds is None
        return kinds is not None

    def nothing_found(self, session: str) -> None:
        """Note that there was nothing to be taken out of an event that did not show as clean."""
        self._held_secrets[hash(session) % KEPT] = False


def _kinds_in(data: bytes, sought: tuple[Spellings, ...], kinds: int) -> int | None:
    """Which kinds of secrets had to be looked for, these ones among them; None if something was found."""
    for spelled in sought:
        if spelled.occurs(data) and any(data.find(text) >= 0 for text in spelled.texts):
            return None
    for at, shape in enumerate(SHAPES):
        seen = kinds >> at & 1
        if (seen and shape.apart) or (data.find(shape.hint) >= 0 and shape.occurs(data)):
            if shape.cleaned(data) is not data:
                return None
            kinds |= 1 << at
    return kinds if without_escapes(data) is data else None


def _without_known(line: bytes, request: bytes, known: bytes) -> bytes:
    """The line without the beginning and the end that its request has in common with a known one."""
    at = line.find(_REQUEST) + len(_REQUEST)
    same, same_end = span(request, known)
    begin = _seam_before(request, same)
    end = _seam_after(request, len(request) - same_end)
    return b"".join((line[:at], request[begin:end], line[at + len(request) :]))


def _seam_before(text: bytes, end: int) -> int:
    """The last place up to `end` that no secret reaches across; 0 if none is near."""
    at = end - 1
    for _ in range(_LOOKS):
        at = text.rfind(b'"', 1, at)
        if at < 0:
            return 0
        if text[at + 1] in _SEAM and _ends_string(text, 0, at):
            return at + 1
    return 0


def _seam_after(text: bytes, begin: int) -> int:
    """The first place from `begin` on that no secret reaches across; the end of the text if none is near."""
    at = begin
    for _ in range(_LOOKS):
        at = text.find(b'"', at + 1, len(text) - 1)
        if at < 0:
            return len(text)
        if text[at + 1] in _SEAM and _ends_string(text, begin, at):
            return at + 1
    return len(text)


def _ends_string(text: bytes, begin: int, at: int) -> bool:
    """Whether a quotation mark ends a string, as far as can be told from what is behind `begin`."""
    before = text[max(at - _WHITE, begin) : at].rstrip()
    return before != b"" and before[-1] not in _NO_SEAM
