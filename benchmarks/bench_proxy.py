"""What the capture proxy costs: time on a request's way, memory for large bodies, disk for a conversation.

The yardstick of time is the same request over a direct connection, in turns with the proxied one; that of
disk is storing each request whole. API, proxy and engine are a process each; the proxy records everything and
writes events too.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import multiprocessing
import os
import random
import shutil
import socket
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from functools import partial
from multiprocessing.connection import Connection
from pathlib import Path
from statistics import median

from data import BENCHDATA
from table import ms, p99, print_table

REQUEST = 64_000
"""Bytes of a request's body where time is measured."""
SIZES = (1, 40, 200)
"""Megabytes of the bodies for which memory is measured."""
WARM_UP = 30
PAUSE = 0.02
"""Seconds between two requests of an engine, which runs tools meanwhile; it takes longer in truth."""
EVENT_EVERY = 0.002
"""Seconds between two events of a paced stream; a burst has none, and its sender keeps a core busy."""
MESSAGE: dict[str, object] = {
    "id": "msg_1",
    "type": "message",
    "role": "assistant",
    "model": "claude-haiku-4-5",
    "content": [{"type": "text", "text": "word " * 300}],
    "stop_reason": "end_turn",
    "usage": {"input_tokens": 16_000, "output_tokens": 300},
}


def _plain() -> bytes:
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


async def _api(ready: Connection) -> None:
    """Answer for ever: plainly, in a stream, or with as many bytes as the path says."""
    plain, stream = _plain(), _stream()

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
                    writer.write(plain)
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


def measure_time(api: int, calls: int, rounds: int) -> None:
    """Print what the proxy adds to a request, plain and streamed."""
    body, rows = body_of(REQUEST), []
    kinds = {
        "JSON, whole answer": ("/v1/messages", _plain()[-8:], 1, PAUSE),
        "SSE, first byte": ("/v1/messages?stream&paced", b"0\r\n\r\n", 0, PAUSE),
        "SSE in a burst, first byte": ("/v1/messages?stream", b"0\r\n\r\n", 0, PAUSE),
        "SSE in a burst, whole answer": ("/v1/messages?stream", b"0\r\n\r\n", 1, PAUSE),
        "JSON, without a pause": ("/v1/messages", _plain()[-8:], 1, 0.0),
        "JSON, whole answer, held": ("/v1/messages", _plain()[-8:], 1, PAUSE),
        "SSE, first byte, held": ("/v1/messages?stream&paced", b"0\r\n\r\n", 0, PAUSE),
    }
    with (
        tempfile.TemporaryDirectory() as folder,
        proxied(api, f"{folder}/1") as (free, _),
        proxied(api, f"{folder}/2", held=True) as (holding, _),
    ):
        for name, (path, end, which, pause) in kinds.items():
            asking = partial(_asked, path=path, body=body, end=end, which=which)
            port = holding if name.endswith("held") else free
            took = _in_turns((api, port), asking, rounds * calls, pause)
            direct, through = median(took[api]), median(took[port])
            rows.append(
                [
                    name,
                    ms(direct),
                    ms(through),
                    f"+{ms(through - direct)}",
                    f"{through / direct:.1f}",
                    f"+{ms(p99(took[port]) - p99(took[api]))}",
                ]
            )
    title = (
        f"A request of {REQUEST // 1000} kB, {rounds * calls} times directly and proxied in turns; "
        f"load of the machine {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores"
    )
    print_table(title, ["", "direct p50", "proxied p50", "added p50", "ratio", "added p99"], rows)


def _asked(line: socket.socket, path: str, body: bytes, end: bytes, which: int) -> float:
    """Seconds to an answer's first byte (0) or to its end (1)."""
    return ask(line, path, body, end)[which]


def _in_turns(
    servers: tuple[int, int], asking: Callable[[socket.socket], float], calls: int, pause: float
) -> dict[int, list[float]]:
    """Ask both servers, one call each in turns, so that what else the machine does meets both alike."""
    took: dict[int, list[float]] = {server: [] for server in servers}
    with ExitStack() as stack:
        lines = {
            server: stack.enter_context(socket.create_connection(("127.0.0.1", server))) for server in servers
        }
        for line in lines.values():
            line.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        for _ in range(WARM_UP + calls):
            for server, line in lines.items():
                took[server].append(asking(line))
                time.sleep(pause)
    return {server: times[WARM_UP:] for server, times in took.items()}


def measure_memory(api: int) -> None:
    """Print the proxy's peak memory after one body of each size, each way."""
    rows = []
    for size in SIZES:
        peaks = []
        for upward, held in ((True, False), (True, True), (False, False)):
            with (
                tempfile.TemporaryDirectory(dir=BENCHDATA) as folder,
                proxied(api, folder, held=held) as (port, stop),
            ):
                with socket.create_connection(("127.0.0.1", port)) as line:
                    if upward:
                        ask(line, "/v1/messages", body_of(size * 1_000_000), _plain()[-8:])
                    else:
                        ask(line, f"/v1/messages?large={size << 20}", b"{}", size << 20)
                peaks.append(f"{stop() / 1e6:.0f} MB")
        rows.append([f"{size} MB", *peaks])
    print_table(
        "Peak memory of the proxy after one body", ["body", "request", "request, held", "answer"], rows
    )


def measure_disk(api: int, count: int) -> None:
    """Print what a growing conversation takes on the disk."""
    rng = random.Random(11)
    tools = [
        {"name": f"tool_{n}", "description": body_of(4_000, n).decode(), "input_schema": {}}
        for n in range(12)
    ]
    messages: list[object] = []
    whole = 0
    with tempfile.TemporaryDirectory(dir=BENCHDATA) as folder, proxied(api, folder) as (port, stop):
        with socket.create_connection(("127.0.0.1", port)) as line:
            for _ in range(count):
                said = " ".join(f"{rng.getrandbits(32):x}" for _ in range(rng.randrange(4, 16)))
                messages.append({"role": "user", "content": said})
                body = json.dumps({"model": "m", "messages": messages, "tools": tools}).encode()
                whole += len(body)
                ask(line, "/v1/messages", body, _plain()[-8:])
        stop()
        files = [path for path in (Path(folder) / "session_01").rglob("*") if path.is_file()]
        requests = [path for path in files if path.name.startswith("request_") and "headers" not in path.name]
        rest = [path for path in files if path not in requests]
        rows = [
            [f"requests, {len(requests)} files", *_sizes(requests, whole)],
            ["headers, answers, rows", *_sizes(rest, whole)],
            ["all together", *_sizes(files, whole)],
        ]
    title = f"Disk for {count} requests of a growing conversation; each whole: {whole / 1e6:.0f} MB"
    print_table(title, ["", "bytes", "of whole", "blocks", "of whole"], rows)


def _sizes(files: list[Path], whole: int) -> list[str]:
    size = sum(path.stat().st_size for path in files)
    blocks = sum(path.stat().st_blocks * 512 for path in files)
    return [
        f"{size / 1e6:.1f} MB",
        f"{size / whole:.1%}",
        f"{blocks / 1e6:.1f} MB",
        f"{blocks / whole:.1%}",
    ]


def main() -> None:
    """Print the tables."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--calls", type=int, default=200, help="calls in one round")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--requests", type=int, default=800, help="length of the conversation")
    options = parser.parse_args()
    BENCHDATA.mkdir(exist_ok=True)
    free = shutil.disk_usage(BENCHDATA).free
    if free < 2e9:
        raise SystemExit("bench_proxy: 2 GB of free disk are needed")
    with process(_api) as (api, _):
        measure_time(api, options.calls, options.rounds)
        measure_memory(api)
        measure_disk(api, options.requests)


if __name__ == "__main__":
    main()
