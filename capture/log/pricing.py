"""The cost column: filled in when prices are known, which is later than the rows are.

What belongs here is which rows cost what, model by model, and asking for prices without holding anything
up: run as `python -m capture.log.pricing`, it answers from `capture.prices` in a process of its own,
because importing the long price list would hold this one's interpreter for a fifth of a second.
"""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Mapping

import msgspec
import numpy as np

from capture.log.columns import BATCH, NO_COUNT, Array
from capture.log.table import Table
from capture.prices import Calls, costs, price
from tessen import prices as own
from tessen.prices import Price

Pair = tuple[int, int]
"""Numbers of a provider and a model."""

_ASK_TIMEOUT_S = 60.0
_names = msgspec.json.Decoder(list[tuple[str, str]])
_answers = msgspec.json.Decoder(list[Price | None])


def pairs_in(table: Table, start: int, stop: int) -> set[Pair]:
    """The providers and models of some rows."""
    joined = np.unique(_joined(table, start, stop)).tolist()
    return {(pair >> 16, pair & 0xFFFF) for pair in joined if pair & 0xFFFF}


def ask(names: list[tuple[str, str]]) -> list[Price | None]:
    """Return the prices of (provider, model) pairs; blocks, so call it in a thread."""
    argv = [sys.executable, "-P", "-m", "capture.log.pricing"]
    try:
        asked = msgspec.json.encode(names)
        done = subprocess.run(argv, input=asked, capture_output=True, timeout=_ASK_TIMEOUT_S, check=True)
        return _answers.decode(done.stdout)
    except (OSError, subprocess.SubprocessError, ValueError):
        return [own.price(model, provider or None) for provider, model in names]


def fill(table: Table, start: int, stop: int, prices: Mapping[Pair, Price | None]) -> None:
    """Set what the rows in [start, stop) cost, as far as prices are known."""
    joined = _joined(table, start, stop)
    for pair in np.unique(joined).tolist():
        known = prices.get((pair >> 16, pair & 0xFFFF))
        if known is None:
            continue
        rows = np.flatnonzero(joined == pair) + start
        table.set_cost(rows, costs(known, _calls(table, rows)).astype("f4"))


def _joined(table: Table, start: int, stop: int) -> Array:
    """Provider and model of each row as one number."""
    joined: Array = table["provider"][start:stop].astype("u4") << 16 | table["model"][start:stop]
    return joined


def _calls(table: Table, rows: Array) -> Calls:
    """What some rows are charged by."""
    return Calls(
        _tokens(table, "input", rows),
        _tokens(table, "output", rows),
        _tokens(table, "cache_read", rows),
        _tokens(table, "cache_write", rows),
        table["hour_writes"][rows].astype("f8"),
        table["flags"][rows] & BATCH != 0,
    )


def _tokens(table: Table, name: str, rows: Array) -> Array:
    values: Array = table[f"{name}_tokens"][rows].astype("f8")
    values[values == NO_COUNT] = np.nan
    return values


def main() -> None:
    """Answer one question: pairs on standard input, prices on standard output."""
    asked = _names.decode(sys.stdin.buffer.read())
    answer = [price(model, provider or None) for provider, model in asked]
    sys.stdout.buffer.write(msgspec.json.encode(answer))


if __name__ == "__main__":
    main()
