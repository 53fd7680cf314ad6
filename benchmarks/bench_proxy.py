"""What the capture proxy costs: time on a request's way, memory for large bodies, disk for a conversation.

The yardstick of time is the same request over a direct connection, in turns with the proxied one; that of
disk is storing each request whole. API, proxy and engine are a process each; the proxy records everything and
writes events too.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import shutil
import socket
import tempfile
import time
from collections.abc import Callable
from contextlib import ExitStack
from functools import partial
from pathlib import Path
from statistics import median

from data import BENCHDATA
from exchange import CORES, ENGINE_CORES, ask, body_of, keep_to, plain, process, proxied, serve_api
from table import ms, p99, print_table

REQUEST = 64_000
"""Bytes of a request's body where time is measured."""
SIZES = (1, 40, 200)
"""Megabytes of the bodies for which memory is measured."""
WARM_UP = 30
PAUSE = 0.02
"""Seconds between two requests of an engine, which runs tools meanwhile; it takes longer in truth."""


def measure_time(api: int, calls: int, rounds: int) -> None:
    """Print what the proxy adds to a request, plain and streamed."""
    body, rows = body_of(REQUEST), []
    kinds = {
        "JSON, whole answer": ("/v1/messages", plain()[-8:], 1, PAUSE),
        "SSE, first byte": ("/v1/messages?stream&paced", b"0\r\n\r\n", 0, PAUSE),
        "SSE in a burst, first byte": ("/v1/messages?stream", b"0\r\n\r\n", 0, PAUSE),
        "SSE in a burst, whole answer": ("/v1/messages?stream", b"0\r\n\r\n", 1, PAUSE),
        "JSON, without a pause": ("/v1/messages", plain()[-8:], 1, 0.0),
        "JSON, whole answer, held": ("/v1/messages", plain()[-8:], 1, PAUSE),
        "SSE, first byte, held": ("/v1/messages?stream&paced", b"0\r\n\r\n", 0, PAUSE),
    }
    with (
        tempfile.TemporaryDirectory() as folder,
        proxied(api, f"{folder}/1") as (free, _),
        proxied(api, f"{folder}/2", held=True) as (holding, _),
    ):
        keep_to(ENGINE_CORES)
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
    keep_to(CORES)
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
                        ask(line, "/v1/messages", body_of(size * 1_000_000), plain()[-8:])
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
                ask(line, "/v1/messages", body, plain()[-8:])
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
    with process(serve_api) as (port, _):
        measure_time(port, options.calls, options.rounds)
        measure_memory(port)
        measure_disk(port, options.requests)


if __name__ == "__main__":
    main()
