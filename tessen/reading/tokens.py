"""The tokens of JSON of any length, of which a window is held at a time.

What belongs here knows how values are written, and refuses what is written otherwise. How they may stand
beside each other is `abridge.py`.
"""

from __future__ import annotations

import re
import zlib
from collections.abc import Callable
from typing import NamedTuple

from tessen._search import compiled

Read = Callable[[int, int], bytes]
"""(start, stop) → the bytes between, or as many of them as there are."""

END = -1
"""Stands for what follows behind the last byte."""

_WINDOW = 1 << 18
_LONGEST = 4_096
"""Bytes of a number; a longer one is refused."""
_LONGEST_ESCAPE = 6

_STRING = rb'"(?:[^"\\\x00-\x1f]++|\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4}))*+"'
_NUMBER = rb"-?(?:0|[1-9][0-9]*+)(?:\.[0-9]++)?+(?:[eE][-+]?[0-9]++)?+"
_WORD = rb"(?:true|false|null)"
_GAP = rb"[ \t\r\n]*+"
_PLAIN = rb"(?:%b|%b|%b)" % (_STRING, _NUMBER, _WORD)


def _around(value: bytes) -> bytes:
    """A plain value, or a list or an object of values."""
    one = rb"%b%b%b" % (_GAP, value, _GAP)
    member = rb"%b%b%b:%b" % (_GAP, _STRING, _GAP, one)
    several = [rb"(?:%b(?:,%b)*+|%b)" % (each, each, _GAP) for each in (one, member)]
    return rb"(?:%b|\[%b\]|\{%b\})" % (_PLAIN, *several)


_DEEP = _around(_around(_around(_PLAIN)))
ELEMENTS = rb"(?:%b%b%b,)++" % (_GAP, _DEEP, _GAP)
"""Elements of a list, none of them deep, each with the comma behind it."""
MEMBERS = rb"(?:%b%b%b:%b%b%b,)++" % (_GAP, _STRING, _GAP, _GAP, _DEEP, _GAP)
"""Members of an object, each with the comma behind it."""
NUMBERS = rb"(?:%b(?:%b|%b)%b,){1,1000}+" % (_GAP, _NUMBER, _WORD, _GAP)
"""Some numbers of a list, each with the comma behind it."""

_SPACE = re.compile(_GAP).match
_SCALAR = re.compile(rb"NaN|-?Infinity|%b|%b" % (_WORD, _NUMBER)).match
_INSIDE = re.compile(_STRING[1:-1]).match
_HALF_PAIR = re.compile(rb"(?<!\\)(?:\\\\)*+(\\u[dD][89abAB][0-9a-fA-F]{2})\Z").search
_HALF_CHARACTER = re.compile(rb"(?:[\xc0-\xff]|[\xe0-\xff][\x80-\xbf]|[\xf0-\xff][\x80-\xbf]{2})\Z").search


class Text(NamedTuple):
    """A string, or the beginning of one."""

    kept: bytes
    """As it is written between its quotes."""
    left_out: int
    """Bytes behind."""
    checksum: int
    """Of those."""


class Tokens:
    """Reads what stands in a part of something, token by token."""

    def __init__(self, read: Read, start: int, stop: int, *, strict: bool = False) -> None:
        """Begin at `start`.

        Args:
            read: Gives bytes between two places.
            start: Where to begin.
            stop: Where to end.
            strict: Whether what is left out of a text is looked at, too, and NaN refused.
        """
        self._read = read
        self._strict = strict
        self._stop = stop
        self._data = b""
        self._base = start
        """Where the window starts."""
        self._at = 0
        """What of the window has been read."""
        self._unsummed = -1
        """What of the window belongs to the sum, and has to be added; negative while none is taken."""
        self._sum = self._sum_from = 0

    @property
    def place(self) -> int:
        """Where the next token stands, once `sign` was asked for it."""
        return self._base + self._at

    def sign(self) -> int:
        """The first byte of the next token, which stays; `END` where none follows."""
        while True:
            self._at = _SPACE(self._data, self._at).end()  # type: ignore[union-attr] # it always matches
            if self._at < len(self._data):
                return self._data[self._at]
            if not self._more():
                return END

    def step(self) -> None:
        """Take one byte, which `sign` has told."""
        self._at += 1

    def scalar(self) -> bytes:
        """Take a number or a word.

        Raises:
            ValueError: There is none.
        """
        self._look_ahead()
        found = _SCALAR(self._data, self._at)
        if found is None or len(found[0]) > _LONGEST or (self._strict and found[0][-1:] in (b"N", b"y")):
            raise ValueError(f"no value at {self.place}")
        self._at = found.end()
        return found[0]

    def run(self, pattern: bytes) -> bytes:
        """Take what one of the patterns above matches in the window; perhaps nothing."""
        self._look_ahead()
        found = compiled(pattern).match(self._data, self._at)
        if found is None:
            return b""
        self._at = found.end()
        return found[0]

    def text(self, room: int) -> Text:
        """Take a string, and keep so many bytes of it, or some fewer.

        Raises:
            ValueError: It does not end, or is not written as JSON has it.
        """
        self._at += 1
        kept, left_out, checksum = b"", 0, 0
        while True:
            start = self._at
            self._at = self._end_of_text(certain=self._strict or not left_out)
            piece = self._data[start : self._at]
            if not left_out:
                whole = kept + piece
                kept = whole if len(whole) <= room else _beginning(whole, room)
                piece = whole[len(kept) :]
            left_out += len(piece)
            checksum = zlib.crc32(piece, checksum)
            if self._data.startswith(b'"', self._at):
                self._at += 1
                return Text(kept, left_out, checksum)
            if self._at + _LONGEST_ESCAPE <= len(self._data) or not self._more():
                raise ValueError(f"a string that does not end, or holds what it may not, at {self.place}")

    def _end_of_text(self, *, certain: bool) -> int:
        """Where in the window the string that we are in ends, or what of it is there for certain."""
        if certain:
            return _INSIDE(self._data, self._at).end()  # type: ignore[union-attr] # it always matches
        text = self._data[self._at :].replace(rb"\\", b"__").replace(rb"\"", b"__")
        end = text.find(b'"')
        return self._at + (len(text) - text.endswith(b"\\") if end < 0 else end)

    def begin_sum(self) -> None:
        """Take a sum of what comes from here on."""
        self._unsummed, self._sum, self._sum_from = self._at, 0, self.place

    def end_sum(self) -> tuple[int, int]:
        """Return how many bytes came since then, and their checksum."""
        self._add_to_sum()
        self._unsummed = -1
        return self.place - self._sum_from, self._sum

    def _add_to_sum(self) -> None:
        self._sum = zlib.crc32(self._data[self._unsummed : self._at], self._sum)

    def _look_ahead(self) -> None:
        """Have enough in the window for any number, so that none is cut in two."""
        while len(self._data) - self._at <= _LONGEST and self._more():
            pass

    def _more(self) -> bool:
        """Move the window on, so that it begins at what is still to be read; False at the end."""
        at = self._base + len(self._data)
        more = self._read(at, min(at + _WINDOW, self._stop)) if at < self._stop else b""
        if not more:
            return False
        if self._unsummed >= 0:
            self._add_to_sum()
            self._unsummed = 0
        self._base += self._at
        self._data = self._data[self._at :] + more
        self._at = 0
        return True


def _beginning(text: bytes, room: int) -> bytes:
    """The beginning of a string in so many bytes, or some fewer where a character would be torn."""
    head = text[:room]
    head = head[: _INSIDE(head).end()]  # type: ignore[union-attr] # it always matches
    half = _HALF_PAIR(head) if head[-6:-4] == b"\\u" else _HALF_CHARACTER(head)
    return head[: half.start(half.lastindex or 0)] if half else head
