"""A line of any length as one that fits into memory: JSON of the same shape, with long texts cut.

What belongs here is what is left out. Of a long text its beginning is kept; of an object or a list with more
in it than there is room for, its first values, and of a list its last one, too. Instead of the rest stands
how much it was, and its checksum: two texts are equal where what is left of them is. What stands deep is left
out sooner than what is near the surface, so that a member behind a large one finds room.
"""

from __future__ import annotations

from typing import NamedTuple

from tessen._cut import more
from tessen.reading.parse import parse
from tessen.reading.tokens import ELEMENTS, END, MEMBERS, NUMBERS, Read, Tokens

LONGEST_TEXT = 256 << 10
"""Bytes of a longer text that are kept."""

_ROOM = 2 << 20
"""Bytes that are kept of a line, about: half of what is left of them for each member."""
_VALUES = 50_000
"""So many values are kept, which may take a hundred times the room that they have in a line."""
_LEAST_TEXT, _LONGEST_KEY, _LONGEST_LAST = 1 << 10, 1 << 10, 64 << 10
_DEEPEST = 900
_LEVELS, _LESS_A_LEVEL = 12, 0.04
"""A level deeper, less of the room may be taken; from so many levels on it is the same."""


class Member(NamedTuple):
    """One member of the line's object, and where in the line it stands."""

    start: int
    stop: int
    whole: bool
    """Whether nothing of it was left out."""


class Abridged(NamedTuple):
    """What is kept of a line."""

    line: bytes
    members: dict[str, Member]
    """Of the object that the line is; none where it is something else."""


def abridged(read: Read, start: int, stop: int, *, strict: bool = False) -> Abridged:
    """Abridge what stands in [start, stop).

    Args:
        read: Gives bytes between two places.
        start: Where the line starts.
        stop: Where it ends.
        strict: Whether it has to be JSON as the standard has it, what is left out of long texts included.

    Raises:
        ValueError: It is no JSON.
        RecursionError: It is nested too deep.
    """
    return _Abridging(read, Tokens(read, start, stop, strict=strict)).run()


_OBJECT, _LIST, _QUOTE, _COMMA, _COLON = b'{[",:'
_CLOSED_BY = {_OBJECT: ord("}"), _LIST: ord("]")}


class _Abridging:
    """The work on one line."""

    def __init__(self, read: Read, tokens: Tokens) -> None:
        self._read = read
        self._tokens = tokens
        self._out = bytearray()
        self._values = 0
        self._open = bytearray()
        """The objects and lists that have begun and not ended."""
        self._left = 0
        """The how many-th of those it is whose rest is being left out; 0 where none is."""
        self._newest = 0
        """Where the newest element of that one starts."""
        self._bounds = self._share()
        self._members: dict[str, Member] = {}
        self._name = ""
        self._start = 0
        """The member of the line's object that is being read, and where its value starts."""
        self._whole = True

    def run(self) -> Abridged:
        """Read the whole line."""
        fresh = self._value()
        while self._open:
            fresh = self._next(fresh)
        if self._tokens.sign() != END:
            raise ValueError(f"more than one value, from {self._tokens.place} on")
        return Abridged(bytes(self._out), self._members)

    def _next(self, fresh: bool) -> bool:
        """Read the next element or member, or that there is none; return whether something has been opened.

        Args:
            fresh: Whether nothing stands before it.
        """
        tokens, kind = self._tokens, self._open[-1]
        if tokens.sign() == _CLOSED_BY[kind]:
            self._close()
            return False
        if not fresh:
            self._expect(_COMMA)
        if self._left:
            tokens.run(ELEMENTS if kind == _LIST else MEMBERS)
        elif not fresh and self._is_full():
            self._leave_out()
        else:
            self._keep_numbers(b"" if fresh else b",")
        tokens.sign()
        if self._left == len(self._open):
            self._newest = tokens.place
        if kind == _OBJECT:
            self._key()
        return self._value()

    def _expect(self, sign: int) -> None:
        if self._tokens.sign() != sign:
            raise ValueError(f"no {chr(sign)!r} at {self._tokens.place}")
        self._tokens.step()

    def _keep_numbers(self, between: bytes) -> None:
        """Keep the comma; and many numbers of a list at once."""
        self._out += between
        if self._open[-1] == _LIST:
            run = self._tokens.run(NUMBERS)
            self._out += run
            self._values += run.count(b",")

    def _key(self) -> None:
        if self._tokens.sign() != _QUOTE:
            raise ValueError(f"no name at {self._tokens.place}")
        top = len(self._open) == 1 and not self._left
        if top:
            self._bounds = self._share()
        written = self._text(_LONGEST_KEY)
        self._expect(_COLON)
        self._keep(b":")
        if top:
            self._tokens.sign()
            self._name, self._start, self._whole = parse(written), self._tokens.place, True

    def _value(self) -> bool:
        """Read a value, or the beginning of one; return whether something has been opened."""
        self._values += not self._left
        sign = self._tokens.sign()
        if sign in _CLOSED_BY:
            if len(self._open) >= _DEEPEST:
                raise RecursionError
            self._tokens.step()
            self._keep(bytes((sign,)))
            self._open.append(sign)
            return True
        if sign == _QUOTE:
            taken, _ = self._taken()
            self._text(int(max(_LEAST_TEXT, min(LONGEST_TEXT, self._most()[0] - taken))))
        else:
            self._keep(self._tokens.scalar())
        self._ended()
        return False

    def _text(self, room: int) -> bytes:
        """Read a string, and keep so much of it; return it as it is kept."""
        text = self._tokens.text(0 if self._left else room)
        rest = more(text.left_out, text.checksum).encode() if text.left_out else b""
        self._whole &= not rest or self._left > 0
        written = b'"%b%b"' % (text.kept, rest)
        self._keep(written)
        return written

    def _keep(self, token: bytes) -> None:
        if not self._left:
            self._out += token

    def _close(self) -> None:
        kind = self._open[-1]
        if self._left == len(self._open):
            self._say_what_was_left_out(kind)
        self._tokens.step()
        self._keep(bytes((_CLOSED_BY[kind],)))
        self._open.pop()
        self._ended()

    def _ended(self) -> None:
        """A value has ended: perhaps that of a member of the line's object."""
        if len(self._open) == 1 and self._open[0] == _OBJECT and not self._left:
            self._members[self._name] = Member(self._start, self._tokens.place, self._whole)

    def _leave_out(self) -> None:
        self._left = len(self._open)
        self._tokens.begin_sum()

    def _say_what_was_left_out(self, kind: int) -> None:
        """Say it in one more member or element; and keep the last element, where that is small."""
        self._left = 0
        stop = self._tokens.place
        size, checksum = self._tokens.end_sum()
        last = b""
        if kind == _LIST and stop - self._newest <= _LONGEST_LAST:
            last = self._read(self._newest, stop)
            self._values += sum(last.count(sign) for sign in (b",", b"[", b"{"))
        if size > len(last):
            self._whole = False
            says = b'"%b"' % more(size - len(last), checksum).encode()
            self._out += rb',"\u2026":%b' % says if kind == _OBJECT else b",%b" % says
        self._out += b",%b" % last if last else b""

    def _share(self) -> tuple[int, int, int, int]:
        """What is kept already, bytes and values, and as much of the rest as one member may take."""
        size = len(self._out)
        return size, self._values, (_ROOM - size) // 2, (_VALUES - self._values) // 2

    def _taken(self) -> tuple[int, int]:
        size, values, _, _ = self._bounds
        return len(self._out) - size, self._values - values

    def _most(self) -> tuple[float, float]:
        """How many bytes and values of this member may be kept where we are."""
        _, _, size, values = self._bounds
        share = 1 - _LESS_A_LEVEL * min(len(self._open), _LEVELS)
        return size * share, values * share

    def _is_full(self) -> bool:
        if len(self._open) == 1 and self._open[0] == _OBJECT:
            return len(self._out) > _ROOM or self._values > _VALUES
        return any(taken > most for taken, most in zip(self._taken(), self._most(), strict=True))
