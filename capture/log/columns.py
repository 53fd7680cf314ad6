"""The index's columns: one list of names and types for the table, the batches between processes, and the cache.

What belongs here is what a column holds and how "nothing" is written in it. Names that repeat (agents, models…)
are numbers into lists of strings; ids are their first 64 bits.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Final

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[Any]

NO_COUNT: Final = 2**32 - 1
"""In a token column: the vendor reported none."""

PARSED: Final[dict[str, str]] = {
    "ts": "<f8",
    "offset": "<i8",
    "length": "<u4",
    "event": "<u8",
    "session": "<u8",
    "agent": "<u2",
    "provider": "<u2",
    "surface": "<u2",
    "model": "<u2",
    "error_type": "<u2",
    "signals": "<u2",
    "flags": "<u1",
    "outcome": "<u1",
    "http_status": "<u2",
    "duration_ms": "<f4",
    "ttft_ms": "<f4",
    "input_tokens": "<u4",
    "output_tokens": "<u4",
    "cache_read_tokens": "<u4",
    "cache_write_tokens": "<u4",
    "attempts": "<u2",
}
"""What a line says. `ts` is 0 for none; floats are NaN, names and ids and `http_status` 0 for nothing.

`event` and `session` hold `id_number`; `length` is in bytes without the newline.
"""

COLUMNS: Final[dict[str, str]] = {**PARSED, "order": "<f8", "file": "<u4", "cost": "<f4"}
"""What the table keeps: also `order`, the time that rows are sorted by, the number of the file, and USD."""

NAMES: Final = ("agent", "provider", "surface", "model", "error_type", "signals")
"""The columns that are numbers into lists of strings. An event's signals are one string, joined by newlines."""

ERROR: Final = 1
STREAMED: Final = 2
ASKED_TOOL: Final = 4
"""Bits of `flags`: the call failed; the answer was streamed; the answer asked for a tool."""

OUTCOMES: Final = ("complete", "abandoned", "cancelled", "exception", "killed")
"""What `outcome` counts through."""


@dataclass(slots=True)
class Batch:
    """Rows on their way into the table, from one stretch of one file, in the file's order."""

    columns: dict[str, Array]
    """Those of `PARSED`, all of one length."""
    strings: dict[str, list[str]]
    """For each of `NAMES`, what its numbers stand for; number 0 is always ""."""
    torn: int = 0
    foreign: int = 0
    odd_fields: int = 0
    lines: int = 0
    """Lines looked at."""

    def __len__(self) -> int:
        return len(self.columns["ts"])


@dataclass(slots=True)
class Strings:
    """A list of strings in which each has a number; bounded, whatever a log holds.

    Attributes:
        limit: how many there may be; what comes after that is all number `limit - 1`, "(more)".
    """

    limit: int = 65_000
    texts: list[str] = field(default_factory=lambda: [""])
    numbers: dict[str, int] = field(default_factory=lambda: {"": 0})
    nbytes: int = 0

    MAX_LENGTH = 500
    """Longer names are cut to this many characters."""

    def number(self, text: str) -> int:
        """The number of a string, given now if it is new."""
        known = self.numbers.get(text)
        return self._new(text) if known is None else known

    def _new(self, text: str) -> int:
        if len(text) > self.MAX_LENGTH:
            return self.number(text[: self.MAX_LENGTH - 1] + "…")
        if len(self.texts) >= self.limit - 1:
            text = MORE
            if text in self.numbers:
                return self.numbers[text]
        number = self.numbers[text] = len(self.texts)
        self.texts.append(text)
        self.nbytes += 150 + len(text)  # an entry of the list and of the dict, and the string itself
        return number

    def translation(self, texts: Sequence[str]) -> Array:
        """For each of these strings its number here."""
        return np.array([self.number(text) for text in texts], "<u2")


MORE: Final = "(more)"
"""Stands for every name after the first 65,000 of its column."""


def id_number(text: str) -> int:
    """The 64-bit number that stands for an id: its first 16 hex digits if it is 32 of them, else a hash; 0 for none."""
    if len(text) == 32:
        try:
            return int.from_bytes(bytes.fromhex(text)[:8], "big")
        except ValueError:
            pass
    if not text:
        return 0
    return int.from_bytes(hashlib.blake2b(text.encode("utf-8", "replace"), digest_size=8).digest(), "big")


def id_numbers(texts: Sequence[str]) -> Array:
    """`id_number` of many: one pass where they are all 32 hex digits, as the recorder writes them."""
    try:
        raw = bytes.fromhex("".join(texts))
        if len(raw) == 16 * len(texts) and all(map(_LENGTH_32, map(len, texts))):
            return np.frombuffer(raw, ">u8")[::2].astype("<u8")
    except ValueError:
        pass
    return np.array([id_number(text) for text in texts], "<u8")


_LENGTH_32 = (32).__eq__
