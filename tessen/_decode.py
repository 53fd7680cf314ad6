"""The content encodings of answers, undone a second time for the recorder's own eyes.

What belongs here is the choice of a decoder. The HTTP library's own cannot be shared, since it keeps state;
a second one of the same kind is made where the standard library has none.
"""

from __future__ import annotations

import zlib
from collections.abc import Callable
from typing import Any

from tessen._floor.message import Received


def decoder_for(response: Any) -> Callable[[bytes], bytes]:
    """Return a function that takes the pieces of a response's body in order, and returns them decoded.

    Args:
        response: A response of httpx2 or httpx, or a `Received`, its body not read yet.
    """
    encoding = (response.headers.get("content-encoding") or "identity").strip().lower()
    if encoding == "identity":
        return bytes
    if encoding in ("gzip", "x-gzip"):
        return zlib.decompressobj(zlib.MAX_WBITS | 16).decompress
    if encoding == "deflate":
        return _inflater()
    if isinstance(response, Received):
        return bytes if response.decoder is None else response.decoder(encoding)
    return _library_decoder(response, encoding)


def _inflater() -> Callable[[bytes], bytes]:
    """Deflate, which some servers send with zlib's header and some without."""
    decompressor: Any = None

    def decode(data: bytes) -> bytes:
        nonlocal decompressor
        if decompressor is not None:
            return bytes(decompressor.decompress(data))
        try:
            decompressor = zlib.decompressobj()
            return bytes(decompressor.decompress(data))
        except zlib.error:
            decompressor = zlib.decompressobj(-zlib.MAX_WBITS)
            return bytes(decompressor.decompress(data))

    return decode


def _library_decoder(response: Any, encoding: str) -> Callable[[bytes], bytes]:
    """The decoder that the HTTP library would make for a response of its own with this encoding."""
    twin = type(response)(200, headers={"content-encoding": encoding})
    twin.__dict__.pop("_decoder", None)  # used up on the twin's own, empty body
    decoder = twin._get_content_decoder()

    def decode(data: bytes) -> bytes:
        decoded = decoder.decode(data)
        return decoded if isinstance(decoded, bytes) else b"".join(decoded)

    return decode
