"""What recording costs the caller: time added to one Anthropic call, at events of 2 KB and 50 KB.

Everything is taken in the same way in the same run: calls without recording, the same followed by a bare
`write(2)` of as many bytes, recorded calls, and calls recorded by the released `tessen` 0.4.0 (installed
under `.benchdata/` if a package index can be reached). Each measurement runs in a process of its own, in
turns, against a loopback server in another. Lines reach the disk as they do by default.
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

from table import p99, print_table

PEER = Path(__file__).parents[1] / ".benchdata" / "tessen-0.4.0"
SIZES = {"2 KB": 2_000, "50 KB": 50_000}
MODES = {"write": "bare write(2)", "on": "this recorder", "peer": "tessen 0.4.0"}
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


async def serve(size: int, delay: float, ready: multiprocessing.Queue[int]) -> None:
    """Answer every request on a loopback port with the same message, after `delay` seconds, for ever."""
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
                if delay:
                    await asyncio.sleep(delay)
                writer.write(answer)
                await writer.drain()
        except (asyncio.IncompleteReadError, ConnectionError):
            writer.close()

    server = await asyncio.start_server(talk, "127.0.0.1", 0, backlog=1024)
    ready.put(server.sockets[0].getsockname()[1])
    await server.serve_forever()


@contextmanager
def server_for(size: int, delay: float = 0.0) -> Iterator[str]:
    """Run the server in a process of its own; give its address."""
    ready: multiprocessing.Queue[int] = multiprocessing.Queue()
    process = multiprocessing.Process(target=_serve, args=(size, delay, ready), daemon=True)
    process.start()
    try:
        yield f"http://127.0.0.1:{ready.get(timeout=30)}"
    finally:
        process.terminate()
        process.join()


def _serve(size: int, delay: float, ready: multiprocessing.Queue[int]) -> None:
    asyncio.run(serve(size, delay, ready))


def call(mode: str, url: str, size: int, calls: int) -> None:
    """In a process of its own: make calls, and print what each took (seconds: wall, CPU of the thread)."""
    if mode in ("on", "peer"):
        import tessen

        tessen.init(agent_name="bench")
    import anthropic

    client = anthropic.Anthropic(base_url=url, api_key="sk-ant-of-the-benchmark")
    messages = [{"role": "user", "content": "word " * ((size - OVERHEAD) // 10)}]
    fd = os.open("bare", os.O_WRONLY | os.O_APPEND | os.O_CREAT)
    line = b"x" * (size + OVERHEAD // 2)
    wall, cpu = [], []
    for _ in range(WARM_UP + calls):
        wall_start, cpu_start = time.perf_counter(), time.thread_time()
        client.messages.create(model="claude-haiku-4-5", max_tokens=900, messages=messages)  # type: ignore[arg-type]
        if mode == "write":
            os.write(fd, line)
        cpu.append(time.thread_time() - cpu_start)
        wall.append(time.perf_counter() - wall_start)
    print(json.dumps([wall[WARM_UP:], cpu[WARM_UP:]]))


def in_its_own_process(mode: str, *arguments: str, script: str = __file__) -> tuple[str, list[bytes]]:
    """Run one measurement; return what it printed, and the lines that were logged."""
    with tempfile.TemporaryDirectory() as folder:
        environment = {**os.environ, "TESSEN_LOG_DIR": folder}
        if mode == "peer":
            environment["PYTHONPATH"] = str(PEER)
        command = [sys.executable, script, "--call", mode, *arguments]
        done = subprocess.run(
            command, capture_output=True, text=True, env=environment, cwd=folder, check=False
        )
        if done.returncode:
            raise RuntimeError(done.stderr)
        files = list(Path(folder).rglob("*.jsonl"))
        return done.stdout, [line for file in files for line in file.read_bytes().splitlines()]


def measure(mode: str, url: str, size: int, calls: int) -> tuple[list[float], list[float]]:
    """Run `call` in a process; return wall and CPU seconds of each call."""
    said, lines = in_its_own_process(mode, url, str(size), str(calls))
    if mode in ("on", "peer") and len(lines) != WARM_UP + calls:
        raise RuntimeError(f"{mode}: {len(lines)} events for {WARM_UP + calls} calls")
    wall, cpu = json.loads(said)
    return wall, cpu


def peer_is_there() -> bool:
    """Install the released recorder beside the benchmark's data, once; say whether it is there."""
    if not PEER.exists():
        options = ("-q", "--no-deps", "--target", str(PEER), "tessen==0.4.0")
        subprocess.run([sys.executable, "-m", "pip", "install", *options], capture_output=True, check=False)
    return (PEER / "tessen").is_dir()


def modes() -> dict[str, str]:
    """The modes that can be measured here, and what they are called."""
    return {mode: name for mode, name in MODES.items() if mode != "peer" or peer_is_there()}


def report(label: str, size: int, calls: int, rounds: int) -> None:
    """Measure one size in turns, and print its rows."""
    names = {"off": "", **modes()}
    wall: dict[str, list[float]] = {mode: [] for mode in names}
    cpu: dict[str, list[float]] = {mode: [] for mode in names}
    with server_for(size) as url:
        for _ in range(rounds):
            for mode in names:
                more_wall, more_cpu = measure(mode, url, size, calls)
                wall[mode] += more_wall
                cpu[mode] += more_cpu
    base = _figures(wall["off"], cpu["off"])
    added = {
        mode: [of - without for of, without in zip(_figures(wall[mode], cpu[mode]), base, strict=True)]
        for mode in names
        if mode != "off"
    }
    rows = [
        [names[mode], *(f"{value * 1e6:+.0f} µs" for value in values), *_ratios(values, added)]
        for mode, values in added.items()
    ]
    print_table(
        f"{label}: added to a call that takes {base[1] * 1e6:.0f} µs ({base[3] * 1e6:.0f} µs of CPU)",
        ("", "mean", "median", "p99", "CPU (p10)", "bare writes", "of 0.4.0"),
        rows,
    )


def _figures(wall: list[float], cpu: list[float]) -> list[float]:
    """Mean, median and p99 of the time, and the CPU time of an undisturbed call: the 10th percentile."""
    undisturbed = statistics.quantiles(cpu, n=10)[0]
    return [statistics.fmean(wall), statistics.median(wall), p99(wall), undisturbed]


def _ratios(values: list[float], added: dict[str, list[float]]) -> Iterator[str]:
    """How often the CPU time of each yardstick fits."""
    for yardstick in ("write", "peer"):
        cpu = added[yardstick][3] if yardstick in added else 0.0
        yield f"{values[3] / cpu:.2f}×" if cpu > 0 else "–"


def main() -> None:
    """Print the tables."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--calls", type=int, default=400, help="calls in one measurement")
    parser.add_argument("--rounds", type=int, default=3, help="measurements of each kind, taken in turns")
    parser.add_argument("--call", nargs=4, metavar=("MODE", "URL", "SIZE", "CALLS"), help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.call:
        mode, url, size, calls = options.call
        call(mode, url, int(size), int(calls))
        return
    python = sys.version.split()[0]
    print(f"{options.rounds} rounds of {options.calls} calls, Python {python}; ratios are of the CPU column")
    for label, bytes_of_event in SIZES.items():
        report(label, bytes_of_event, options.calls, options.rounds)


if __name__ == "__main__":
    main()
