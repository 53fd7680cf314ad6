"""The content encodings of answers, undone for the record while the answer travels on as it is.

What belongs here is the decoders, each of which hands out its output in pieces of a bounded size: a small
answer may stand for a very large one.
"""

from __future__ import annotations

import zlib
from collections.abc import Callable, Iterator

import brotli  # type: ignore[import-untyped]
import zstandard

PIECE = 256 * 1024
"""Bytes of decoded output at a time, about."""

Decoder = Callable[[bytes], Iterator[bytes]]


def decoder_for(encodings: str) -> Decoder | None:
    """Return a function from an answer's bytes, in the pieces they come in, to the bytes they stand for.

    Args:
        encodings: The value of `Content-Encoding`; several stand in the order in which they were applied.

    Returns:
        None if the bytes stand for themselves, or an encoding is not known. The function raises ValueError
        for what is not in the encoding it claims to be in.
    """
    named = [name.strip().lower() for name in encodings.split(",")]
    applied = [name for name in named if name not in ("", "identity")]
    if not applied or any(name not in _DECODERS for name in applied):
        return None
    decoder = _DECODERS[applied.pop()]()
    while applied:
        decoder = _chained(decoder, _DECODERS[applied.pop()]())
    return decoder


def decoded(encodings: str, body: bytes) -> bytes:
    """Return what a whole body stands for; the body itself if its encoding is not known or not true."""
    decode = decoder_for(encodings)
    try:
        return b"".join(decode(body)) if decode else body
    except ValueError:
        return body


def _chained(outer: Decoder, inner: Decoder) -> Decoder:
    def decode(data: bytes) -> Iterator[bytes]:
        for piece in outer(data):
            yield from inner(piece)

    return decode


def _gzip() -> Decoder:
    return _inflating(zlib.MAX_WBITS | 16)


def _inflating(window: int) -> Decoder:
    inflater = zlib.decompressobj(window)

    def decode(data: bytes) -> Iterator[bytes]:
        nonlocal inflater
        full = False
        while data or full:
            if inflater.eof:
                inflater = zlib.decompressobj(window)  # gzip files may follow one another
            try:
                piece = inflater.decompress(data, PIECE)
            except zlib.error as problem:
                raise ValueError(str(problem)) from problem
            yield piece
            full = len(piece) == PIECE and not inflater.eof
            data = inflater.unused_data if inflater.eof else inflater.unconsumed_tail

    return decode


def _deflate() -> Decoder:
    """Deflate, which some servers send with zlib's header and some without."""
    inner: Decoder | None = None

    def decode(data: bytes) -> Iterator[bytes]:
        nonlocal inner
        if inner is None and data:
            bare = data[0] & 0x0F != 8 or data[0] >> 4 > 7
            inner = _inflating(-zlib.MAX_WBITS if bare else zlib.MAX_WBITS)
        if inner is not None:
            yield from inner(data)

    return decode


def _brotli() -> Decoder:
    decompressor = brotli.Decompressor()

    def decode(data: bytes) -> Iterator[bytes]:
        try:
            yield decompressor.process(data, output_buffer_limit=PIECE)
            while not decompressor.can_accept_more_data():
                yield decompressor.process(b"", output_buffer_limit=PIECE)
        except brotli.error as problem:
            raise ValueError(str(problem)) from problem

    return decode


class _Pieces:
    """Where the zstd decoder writes to."""

    def __init__(self) -> None:
        self.found: list[bytes] = []

    def write(self, data: bytes) -> int:
        self.found.append(bytes(data))
        return len(data)


_INPUT = 16 * 1024
"""Bytes of zstd input at a time, between two of which the output is handed out."""


def _zstd() -> Decoder:
    pieces = _Pieces()
    decompressor = zstandard.ZstdDecompressor(max_window_size=2**27)
    writer = decompressor.stream_writer(pieces, write_size=PIECE, closefd=False)  # type: ignore[arg-type]

    def decode(data: bytes) -> Iterator[bytes]:
        for start in range(0, len(data), _INPUT):
            try:
                writer.write(data[start : start + _INPUT])
            except zstandard.ZstdError as problem:
                raise ValueError(str(problem)) from problem
            found, pieces.found = pieces.found, []
            yield from found

    return decode


_DECODERS: dict[str, Callable[[], Decoder]] = {
    "gzip": _gzip,
    "x-gzip": _gzip,
    "deflate": _deflate,
    "br": _brotli,
    "zstd": _zstd,
}
