"""What recording costs the caller: time added to one Anthropic call, at events of 2 KB and 50 KB.

The yardsticks, measured in the same run: the same calls without recording, a bare `write(2)` of the same
bytes, and the released `tessen` 0.4.0, installed under `.benchdata/` if a package index can be reached. Every
measurement runs in a process of its own, in turns, against a loopback server in a third process.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import multiprocessing
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

PEER = Path(__file__).parents[1] / ".benchdata" / "tessen-0.4.0"
SIZES = {"2 KB": 2_000, "50 KB": 50_000}
WARM_UP = 100
OVERHEAD = 700
"""Bytes of an event that belong to neither body."""


def answer_of(size: int) -> bytes:
    """Return the body of an answer that fills its half of an event of `size` bytes."""
    message = {
        "id": "msg_1",
        "type": "message",
        "role": "assistant",
        "model": "claude-haiku-4-5",
        "content": [{"type": "text", "text": "word " * ((size - OVERHEAD) // 10)}],
        "stop_reason": "end_turn",
        "stop_sequence": None,
        "usage": {"input_tokens": 900, "output_tokens": 300},
    }
    return json.dumps(message).encode()


async def serve(size: int, ready: multiprocessing.Queue[int]) -> None:
    """Answer every request on a loopback port with the same message, for ever."""
    body = answer_of(size)
    head = b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\nrequest-id: req_1\r\n"
    answer = head + b"content-length: %d\r\n\r\n" % len(body) + body

    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while True:
                asked = await reader.readuntil(b"\r\n\r\n")
                length = next(
                    line for line in asked.lower().split(b"\r\n") if line.startswith(b"content-length")
                )
                await reader.readexactly(int(length.split(b":")[1]))
                writer.write(answer)
                await writer.drain()
        except (asyncio.IncompleteReadError, ConnectionError):
            writer.close()

    server = await asyncio.start_server(talk, "127.0.0.1", 0)
    ready.put(server.sockets[0].getsockname()[1])
    await server.serve_forever()


@contextmanager
def server_for(size: int) -> Iterator[str]:
    """Run the server in a process of its own; give its address."""
    ready: multiprocessing.Queue[int] = multiprocessing.Queue()
    process = multiprocessing.Process(target=_serve, args=(size, ready), daemon=True)
    process.start()
    try:
        yield f"http://127.0.0.1:{ready.get(timeout=30)}"
    finally:
        process.terminate()
        process.join()


def _serve(size: int, ready: multiprocessing.Queue[int]) -> None:
    asyncio.run(serve(size, ready))


def call(mode: str, url: str, size: int, calls: int) -> None:
    """In a process of its own: make calls, and print what each took (seconds: wall, CPU of the thread)."""
    if mode != "off":
        import tessen

        tessen.init(agent_name="bench")
    import anthropic

    client = anthropic.Anthropic(base_url=url, api_key="sk-ant-of-the-benchmark")
    messages = [{"role": "user", "content": "word " * ((size - OVERHEAD) // 10)}]
    wall, cpu = [], []
    for _ in range(WARM_UP + calls):
        wall_start, cpu_start = time.perf_counter(), time.thread_time()
        client.messages.create(model="claude-haiku-4-5", max_tokens=900, messages=messages)  # type: ignore[arg-type]
        cpu.append(time.thread_time() - cpu_start)
        wall.append(time.perf_counter() - wall_start)
    print(json.dumps([wall[WARM_UP:], cpu[WARM_UP:]]))


def measure(mode: str, url: str, size: int, calls: int) -> tuple[list[float], list[float], int]:
    """Run `call` in a process; return wall and CPU seconds of each call, and the bytes of an event's line."""
    with tempfile.TemporaryDirectory() as folder:
        environment = {**os.environ, "TESSEN_LOG_DIR": folder}
        if mode == "peer":
            environment["PYTHONPATH"] = str(PEER)
        command = [sys.executable, __file__, "--call", mode, url, str(size), str(calls)]
        done = subprocess.run(
            command, capture_output=True, text=True, env=environment, cwd=folder, check=True
        )
        files = list(Path(folder).rglob("*.jsonl"))
        lines = [line for file in files for line in file.read_bytes().splitlines()]
    if mode != "off" and len(lines) != WARM_UP + calls:
        raise RuntimeError(f"{mode}: {len(lines)} events for {WARM_UP + calls} calls")
    wall, cpu = json.loads(done.stdout)
    return wall, cpu, len(lines[-1]) if lines else 0


def bare_write(length: int, calls: int) -> list[float]:
    """Return the seconds that each of some `write(2)` of one line takes."""
    line = b"x" * (length - 1) + b"\n"
    took = []
    with tempfile.TemporaryDirectory() as folder:
        fd = os.open(Path(folder) / "bare.jsonl", os.O_WRONLY | os.O_APPEND | os.O_CREAT)
        for _ in range(calls):
            start = time.perf_counter()
            os.write(fd, line)
            took.append(time.perf_counter() - start)
        os.close(fd)
    return took


def peer_is_there() -> bool:
    """Install the released recorder beside the benchmark's data, once; say whether it is there."""
    if not PEER.exists():
        command = [
            sys.executable,
            "-m",
            "pip",
            "install",
            "-q",
            "--no-deps",
            "--target",
            str(PEER),
            "tessen==0.4.0",
        ]
        subprocess.run(command, capture_output=True, check=False)
    return (PEER / "tessen").is_dir()


def p99(values: list[float]) -> float:
    """Return the 99th percentile."""
    return statistics.quantiles(values, n=100)[98]


def report(label: str, size: int, calls: int, rounds: int) -> None:
    """Measure one size in turns, and print its rows."""
    modes = ["off", "on", *(["peer"] if peer_is_there() else [])]
    wall: dict[str, list[float]] = {mode: [] for mode in modes}
    cpu: dict[str, list[float]] = {mode: [] for mode in modes}
    length = 0
    with server_for(size) as url:
        for _ in range(rounds):
            for mode in modes:
                more_wall, more_cpu, bytes_written = measure(mode, url, size, calls)
                wall[mode] += more_wall
                cpu[mode] += more_cpu
                length = bytes_written if mode == "on" else length
    write = statistics.median(bare_write(length, calls)) * 1e6
    base = [statistics.median(wall["off"]), p99(wall["off"]), statistics.median(cpu["off"])]
    print(f"{label}: a call takes {base[0] * 1e6:.0f} µs without recording; an event has {length:,} bytes")
    print(f"  {'':14}{'median':>12}{'p99':>12}{'CPU':>12}{'bare writes':>14}")
    print(f"  {'bare write':14}{write:>9.0f} µs")
    for mode, name in (("on", "this recorder"), ("peer", "tessen 0.4.0")):
        if mode in wall:
            found = [statistics.median(wall[mode]), p99(wall[mode]), statistics.median(cpu[mode])]
            added = [(value - without) * 1e6 for value, without in zip(found, base, strict=True)]
            print(
                f"  {name:14}"
                + "".join(f"{value:>+9.0f} µs" for value in added)
                + f"{added[0] / write:>13.1f}×"
            )


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--calls", type=int, default=400, help="calls in one measurement")
    parser.add_argument("--rounds", type=int, default=3, help="measurements of each kind, taken in turns")
    parser.add_argument("--call", nargs=4, metavar=("MODE", "URL", "SIZE", "CALLS"), help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.call:
        mode, url, size, calls = options.call
        call(mode, url, int(size), int(calls))
        return
    print(
        f"added to a call: {options.rounds} rounds of {options.calls} calls, Python {sys.version.split()[0]}"
    )
    for label, bytes_of_event in SIZES.items():
        report(label, bytes_of_event, options.calls, options.rounds)


if __name__ == "__main__":
    main()
