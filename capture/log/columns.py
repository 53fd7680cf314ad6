"""The index's columns: one list of names and types for the table, for batches and for the cache.

What belongs here is what a column holds and how "nothing" is written in it. Names that repeat (agents,
models…) are numbers into lists of strings; ids are their first 64 bits.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Sequence
from dataclasses import dataclass
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
    "site": "<u2",
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
    "hour_writes": "<u4",
}
"""What a line says. `ts` is 0 for none; floats are NaN, names and ids and `http_status` 0 for nothing.

`event` and `session` hold `id_number`; `length` is in bytes without the newline; `hour_writes` are those
of the tokens written to the cache that are kept for an hour, 0 where nothing says.
"""

COLUMNS: Final[dict[str, str]] = {**PARSED, "order": "<f8", "file": "<u4", "cost": "<f4"}
"""What the table keeps: also `order`, the time that rows are sorted by, the number of the file, and USD."""

NAMES: Final = ("agent", "provider", "surface", "model", "error_type", "signals", "site")
"""The columns that are numbers into lists of strings. Signals are one string, with newlines between; a site
is `file:line:function`."""

ERROR: Final = 1
STREAMED: Final = 2
ASKED_TOOL: Final = 4
BATCH: Final = 8
"""Bits of `flags`: the call failed; the answer was streamed; the answer asked for a tool; the call is charged
as part of a batch."""

OUTCOMES: Final = ("complete", "abandoned", "cancelled", "exception", "killed")
"""What `outcome` counts through."""


@dataclass(slots=True)
class Batch:
    """Rows on their way into the table, from one stretch of one file, in the file's order."""

    columns: dict[str, Array]
    """Those of `PARSED`, all of one length."""
    strings: dict[str, list[str]]
    """For each of `NAMES`, what its numbers stand for."""
    torn: int = 0
    foreign: int = 0
    odd_fields: int = 0
    lines: int = 0
    """Lines looked at."""

    def __len__(self) -> int:
        return len(self.columns["ts"])


LONE: Final = re.compile("[\ud800-\udfff]")
"""Lone surrogates, which JSON can hold and nothing else: no file, no pipe, no terminal."""


class Strings(dict[str | None, int]):
    """A list of strings in which each has a number, looked up as `strings[text]`; None is number 0, like "".

    Bounded, whatever a log holds: what comes after `limit` strings is all one number, "(more)".

    Attributes:
        texts: The strings by number.
        nbytes: About how much memory they take.
    """

    MAX_LENGTH = 500
    """Longer names are cut to this many characters."""

    def __init__(self, limit: int = 65_000) -> None:
        super().__init__({"": 0, None: 0})
        self.limit = limit
        self.texts = [""]
        self.nbytes = 0

    def __missing__(self, text: str) -> int:
        if len(text) > self.MAX_LENGTH:
            return self[text[: self.MAX_LENGTH - 1] + "…"]
        if LONE.search(text):
            return self[LONE.sub("\ufffd", text)]
        if len(self.texts) >= self.limit and text != MORE:
            return self[MORE]
        number = self[text] = len(self.texts)
        self.texts.append(text)
        self.nbytes += 150 + len(text)  # an entry of the list and of the dict, and the string itself
        return number

    def translation(self, texts: Sequence[str]) -> Array:
        """For each of these strings its number here."""
        return np.array([self[text] for text in texts], "<u2")


MORE: Final = "(more)"
"""Stands for every name after the first 65,000 of its column."""


_ZERO_ID = 2**64 - 1
"""The number of an id that would give 0, which means none."""


def id_number(text: str) -> int:
    """The 64-bit number that stands for an id; 0 for none.

    An id of 32 hex digits, as recorders write them, gives its first 8 digits and then the rest folded
    together, so that it can be found by its beginning. Any other gives a hash.
    """
    if len(text) == 32:
        try:
            first, *rest = (int.from_bytes(bytes.fromhex(text)[at : at + 4], "big") for at in range(0, 16, 4))
            return first << 32 | rest[0] ^ rest[1] ^ rest[2] or _ZERO_ID
        except ValueError:
            pass
    if not text:
        return 0
    return int.from_bytes(hashlib.blake2b(text.encode("utf-8", "replace"), digest_size=8).digest(), "big")


def id_numbers(texts: Sequence[str]) -> Array:
    """`id_number` of many: in one pass where they are all 32 hex digits."""
    try:
        raw = bytes.fromhex("".join(texts))
        if len(raw) == 16 * len(texts) and set(map(len, texts)) <= {32}:
            words = np.frombuffer(raw, ">u4").reshape(-1, 4).astype("<u8")
            numbers: Array = words[:, 0] << 32 | words[:, 1] ^ words[:, 2] ^ words[:, 3]
            numbers[numbers == 0] = _ZERO_ID
            return numbers
    except ValueError:
        pass
    return np.array([id_number(text) for text in texts], "<u8")
