"""Batches as bytes: between processes, and in the kept index.

What belongs here is one encoding, msgpack with columns as raw bytes.
"""

from __future__ import annotations

import msgspec
import numpy as np

from capture.log.columns import NAMES, PARSED, Batch


class _Packed(msgspec.Struct, array_like=True):
    columns: dict[str, bytes]
    strings: dict[str, list[str]]
    problems: tuple[int, int, int]
    lines: int


_encoder = msgspec.msgpack.Encoder()
_decoder = msgspec.msgpack.Decoder(_Packed)


def pack(batch: Batch) -> bytes:
    """A batch as bytes."""
    columns = {name: batch.columns[name].tobytes() for name in PARSED}
    problems = (batch.torn, batch.foreign, batch.odd_fields)
    return _encoder.encode(_Packed(columns, batch.strings, problems, batch.lines))


def unpack(data: bytes) -> Batch:
    """The batch in these bytes.

    Raises:
        ValueError: they hold none, or one that does not fit together.
    """
    packed = _decoder.decode(data)
    if packed.columns.keys() != PARSED.keys() or packed.strings.keys() != set(NAMES):
        raise ValueError("other columns")
    columns = {name: np.frombuffer(packed.columns[name], kind) for name, kind in PARSED.items()}
    if len({len(column) for column in columns.values()}) != 1:
        raise ValueError("columns of different lengths")
    for name in NAMES:
        if len(columns[name]) and int(columns[name].max()) >= len(packed.strings[name]):
            raise ValueError(f"column {name} names strings that are not there")
    torn, foreign, odd = packed.problems
    return Batch(columns, packed.strings, torn, foreign, odd, packed.lines)
