"""Content encodings: relayed as they are, undone in the record, whatever pieces they come in."""

from __future__ import annotations

import asyncio
import gzip
import json
import zlib
from collections.abc import Callable
from pathlib import Path

import brotli  # type: ignore[import-untyped]
import httpx2
import pytest
import zstandard

from capture.proxy.decoding import PIECE, decoded, decoder_for
from tests.capture.proxy.proxied import answer, post, raw_server, read_request, watching

TEXT = b'{"id": "msg_1", "text": "' + b"\xc3\xa9 word " * 20_000 + b'"}'


def bare_deflate(data: bytes) -> bytes:
    packer = zlib.compressobj(wbits=-zlib.MAX_WBITS)
    return packer.compress(data) + packer.flush()


def two_frames(data: bytes) -> bytes:
    return zstandard.compress(data[:1000]) + zstandard.compress(data[1000:])


def two_members(data: bytes) -> bytes:
    return gzip.compress(data[:1000]) + gzip.compress(data[1000:])


PACKERS: dict[str, tuple[str, Callable[[bytes], bytes]]] = {
    "gzip": ("gzip", gzip.compress),
    "gzip, two members": ("x-gzip", two_members),
    "deflate": ("deflate", zlib.compress),
    "bare deflate": ("deflate", bare_deflate),
    "br": ("br", brotli.compress),
    "zstd": ("zstd", zstandard.compress),
    "zstd, two frames": ("zstd", two_frames),
    "both": ("gzip, br", lambda data: brotli.compress(gzip.compress(data))),
}


@pytest.mark.parametrize("packer", PACKERS)
@pytest.mark.parametrize("size", [1, 7, 1_000_000])
def test_in_pieces_of_any_size(packer: str, size: int) -> None:
    encoding, pack = PACKERS[packer]
    decode = decoder_for(encoding)
    assert decode is not None
    packed = pack(TEXT)
    pieces = [packed[start : start + size] for start in range(0, len(packed), size)]
    assert b"".join(out for piece in pieces for out in decode(piece)) == TEXT


@pytest.mark.parametrize("packer", ["gzip", "deflate", "br", "zstd"])
def test_output_comes_in_bounded_pieces(packer: str) -> None:
    encoding, pack = PACKERS[packer]
    decode = decoder_for(encoding)
    assert decode is not None
    largest = max(len(piece) for piece in decode(pack(bytes(20 * PIECE))))
    assert largest <= 2 * PIECE


def test_nothing_is_left_behind_where_a_piece_ends() -> None:
    for more in range(0, 600, 3):
        decode = decoder_for("deflate")
        assert decode is not None
        assert sum(map(len, decode(bare_deflate(bytes(PIECE + more))))) == PIECE + more


def test_what_stands_for_itself() -> None:
    assert decoder_for("") is None
    assert decoder_for("identity") is None
    assert decoder_for("gzip, aws-chunked") is None
    assert decoded("gzip", b"no gzip") == b"no gzip"
    assert decoded("zstd", zstandard.compress(TEXT)) == TEXT


@pytest.mark.parametrize("packer", ["gzip", "br", "zstd"])
async def test_an_encoded_answer(session: Path, packer: str) -> None:
    encoding, pack = PACKERS[packer]
    body = json.dumps({"id": "msg_7", "usage": {"input_tokens": 5, "output_tokens": 2}}).encode()
    packed = pack(body)

    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await read_request(reader)
        writer.write(answer(packed, b"content-encoding: " + encoding.encode()))

    async with raw_server(talk) as url, watching(session, url) as watched:
        said = await watched.say(post("/v1/messages", b"{}"))
        row = await watched.capture()
    assert said.endswith(b"\r\n\r\n" + packed)
    assert watched.dump("response_001.txt") == body
    assert json.loads(watched.dump("response_001_headers.json"))["decoded_from"] == encoding
    assert row.message_id == "msg_7"
    assert row.completion_tokens == 2


async def test_a_stream_that_is_flushed_event_by_event(session: Path) -> None:
    seen = asyncio.Event()
    packer = zlib.compressobj(wbits=zlib.MAX_WBITS | 16)

    def flushed(data: bytes) -> bytes:
        return packer.compress(data) + packer.flush(zlib.Z_SYNC_FLUSH)

    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await read_request(reader)
        writer.write(b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ncontent-encoding: gzip\r\n\r\n")
        writer.write(flushed(b'event: message_start\ndata: {"type": "message_start", "message": {}}\n\n'))
        await seen.wait()
        writer.write(flushed(b'data: {"type": "message_stop"}\n\n') + packer.flush())
        writer.close()

    async with raw_server(talk) as url, watching(session, url) as watched:
        async with (
            httpx2.AsyncClient() as client,
            client.stream("POST", f"{watched.url}/v1/messages", json={}) as got,
        ):
            async for text in got.aiter_text():
                if "message_start" in text:
                    seen.set()
        row = await watched.capture()
    assert row.ok
    assert watched.dump("response_001.txt").endswith(b'data: {"type": "message_stop"}\n\n')


async def test_an_answer_that_is_not_in_the_encoding_it_claims(session: Path) -> None:
    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await read_request(reader)
        writer.write(answer(b"plain text", b"content-encoding: gzip"))

    async with raw_server(talk) as url, watching(session, url) as watched:
        said = await watched.say(post("/v1/messages", b"{}"))
        row = await watched.capture()
    assert said.endswith(b"plain text")
    assert row.record_error is not None
    assert row.record_error.startswith("response_001.txt: not in the encoding gzip that it claims")


async def test_an_encoded_request_is_readable_in_the_record(session: Path) -> None:
    received: list[bytes] = []

    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        received.append((await read_request(reader))[1])
        writer.write(answer(b"{}"))

    body = json.dumps({"model": "gpt-5", "input": [{"role": "user", "content": "hi"}]}).encode()
    packed = zstandard.compress(body)
    async with raw_server(talk) as url, watching(session, url) as watched:
        await watched.say(post("/v1/responses", packed, b"Content-Encoding: zstd"))
        row = await watched.capture()
    assert received == [packed]
    assert row.request_body() == body
    assert (row.model, row.message_count) == ("gpt-5", 1)
    assert json.loads(watched.dump("request_001_headers.json"))["decoded_from"] == "zstd"
