"""The processes of a benchmark of the proxy: an API, the proxy before it, and how an engine asks either.

What belongs here is what is measured; what is measured of it is in `bench_proxy.py`. On a machine of several
cores the API has the last one and the engine the others: in truth it is another machine, and what it does
after an answer's first byte takes nothing from who reads it.
"""

from __future__ import annotations

import asyncio
import json
import multiprocessing
import os
import random
import socket
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from multiprocessing.connection import Connection
from pathlib import Path

EVENT_EVERY = 0.002
"""Seconds between two events of a paced stream; a burst has none, and its sender keeps a core busy."""
CORES = os.sched_getaffinity(0)
API_CORES = {max(CORES)}
ENGINE_CORES = CORES - API_CORES or CORES
MESSAGE: dict[str, object] = {
    "id": "msg_1",
    "type": "message",
    "role": "assistant",
    "model": "claude-haiku-4-5",
    "content": [{"type": "text", "text": "word " * 300}],
    "stop_reason": "end_turn",
    "usage": {"input_tokens": 16_000, "output_tokens": 300},
}


def plain() -> bytes:
    """An answer in one piece."""
    body = json.dumps(MESSAGE).encode()
    return (
        b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: %d\r\n\r\n" % len(body) + body
    )


def _stream() -> list[bytes]:
    """An answer in events, each a chunk."""
    delta = {"type": "content_block_delta", "index": 0, "delta": {"type": "text_delta", "text": "word " * 5}}
    events: list[dict[str, object]] = [
        {"type": "message_start", "message": {**MESSAGE, "content": []}},
        {"type": "content_block_start", "index": 0, "content_block": {"type": "text", "text": ""}},
        *[delta] * 60,
        {"type": "message_delta", "delta": {"stop_reason": "end_turn"}, "usage": {"output_tokens": 300}},
        {"type": "message_stop"},
    ]
    parts = [f"event: {event['type']}\ndata: {json.dumps(event)}\n\n".encode() for event in events]
    head = b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ntransfer-encoding: chunked\r\n\r\n"
    return [head, *(b"%x\r\n%s\r\n" % (len(part), part) for part in parts), b"0\r\n\r\n"]


async def serve_api(ready: Connection) -> None:
    """Answer for ever: plainly, in a stream, or with as many bytes as the path says."""
    keep_to(API_CORES)
    whole, stream = plain(), _stream()

    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while True:
                head = await reader.readuntil(b"\r\n\r\n")
                lines = head.lower().split(b"\r\n")
                left = int(next(line for line in lines if line.startswith(b"content-length")).split(b":")[1])
                while left:
                    left -= len(await reader.read(min(left, 1 << 20)))
                if b"large=" in head:
                    size = int(head.partition(b"large=")[2].split(b" ")[0])
                    writer.write(b"HTTP/1.1 200 OK\r\ncontent-length: %d\r\n\r\n" % size)
                    for _ in range(size >> 16):
                        writer.write(bytes(1 << 16))
                        await writer.drain()
                elif b"?stream" in head:
                    for part in stream:
                        writer.write(part)
                        await asyncio.sleep(EVENT_EVERY if b"paced" in head else 0)
                else:
                    writer.write(whole)
                await writer.drain()
        except (asyncio.IncompleteReadError, ConnectionError):
            writer.close()

    server = await asyncio.start_server(talk, "127.0.0.1", 0)
    ready.send(server.sockets[0].getsockname()[1])
    await server.serve_forever()


async def _proxy(ready: Connection, upstream: str, folder: str, held: bool) -> None:
    """Run the proxy until told to stop; then tell how much memory it had at most, in bytes."""
    hold = _hold if held else None
    from capture.proxy import CaptureProxy
    from tessen.observed import EventLog

    log = EventLog(Path(folder) / "logs", "bench")
    async with CaptureProxy(Path(folder) / "session_01", upstream, hold=hold, events=log) as proxy:
        ready.send(int(proxy.url.rpartition(":")[2]))
        await asyncio.to_thread(ready.recv)
        await proxy.settled()
    log.close()
    ready.send(_peak())


async def _hold(request: object) -> None:
    """Let every request go up, once it is there as a whole: what a run does when no tool has run."""


def _peak() -> int:
    """The most memory that this process has had, in bytes."""
    lines = Path("/proc/self/status").read_text().splitlines()
    return next(int(line.split()[1]) * 1024 for line in lines if line.startswith("VmHWM"))


def keep_to(cores: set[int]) -> None:
    """Have this process run on these cores only."""
    os.sched_setaffinity(0, cores)


def _run(main: Callable[..., object], *arguments: object) -> None:
    asyncio.run(main(*arguments))  # type: ignore[arg-type]


@contextmanager
def process(main: Callable[..., object], *arguments: object) -> Iterator[tuple[int, Connection]]:
    """Run a server in a process of its own; gives its port, and the way to talk to it."""
    context = multiprocessing.get_context("spawn")
    ours, theirs = context.Pipe()
    running = context.Process(target=_run, args=(main, theirs, *arguments), daemon=True)
    running.start()
    try:
        yield ours.recv(), ours
    finally:
        running.terminate()
        running.join()


@contextmanager
def proxied(api: int, folder: str, *, held: bool = False) -> Iterator[tuple[int, Callable[[], int]]]:
    """Run the proxy; gives its port, and a function that stops it and returns its peak memory in bytes."""
    with process(_proxy, f"http://127.0.0.1:{api}", folder, held) as (port, pipe):

        def stop() -> int:
            pipe.send(None)
            return int(pipe.recv())

        yield port, stop


def ask(line: socket.socket, path: str, body: bytes, end: bytes | int) -> tuple[float, float]:
    """Send a request; returns seconds to the answer's first byte and to its end.

    Args:
        line: A connection.
        path: What to ask for.
        body: What to send.
        end: The answer's last bytes, or how many there are at least.
    """
    head = f"POST {path} HTTP/1.1\r\nHost: api\r\ncontent-length: {len(body)}\r\n\r\n".encode()
    started = time.perf_counter()
    line.sendall(head + body)
    got = line.recv(1 << 20)
    first = time.perf_counter() - started
    tail, size = got[-64:], len(got)
    while not (tail.endswith(end) if isinstance(end, bytes) else size >= end):
        got = line.recv(1 << 20)
        tail, size = (tail + got)[-64:], size + len(got)
    return first, time.perf_counter() - started


def body_of(size: int, seed: int = 7) -> bytes:
    """A request of about this many bytes."""
    rng = random.Random(seed)
    text = " ".join(f"{rng.getrandbits(32):x}" for _ in range(size // 9))
    return json.dumps({"model": "m", "messages": [{"role": "user", "content": text}]}).encode()
