"""What recording costs the caller: time added to one Anthropic call, at events of 2 KB and 50 KB.

Calls without recording, the same followed by a bare `write(2)` of the event's own bytes, the same followed
by a `json.dumps` of the event and that write, and recorded calls take turns in one process and in no regular
order, so that all of them meet the same machine. The second yardstick is the least that a recorder in Python
could do if it encoded what it writes. The released `tessen` 0.4.0 (installed under `.benchdata/` if a package
index can be reached) cannot be switched off, and has a process of its own. The loopback server is in another.
Lines reach the disk as they do by default.
"""

from __future__ import annotations

import argparse
import asyncio
import inspect
import json
import multiprocessing
import os
import random
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from table import p99, print_table

PEER = Path(__file__).parents[1] / ".benchdata" / "tessen-0.4.0"
SIZES = {"2 KB": 2_000, "50 KB": 50_000, "50 KB of source code": 50_000}
NAMES = {
    "write": "bare write(2)",
    "encode": "json.dumps and write(2)",
    "on": "this recorder",
    "peer": "tessen 0.4.0",
}
TURNS = {"ours": ["off", "write", "encode", "on"], "peer": ["peer"]}
"""What takes turns in a process."""
WARM_UP = 100
OVERHEAD = 700
"""Bytes of an event that belong to neither body."""


def text_of(size: int, *, code: bool = False) -> str:
    """Return what fills its half of an event of `size` bytes: prose, or source code.

    Looking for credentials takes longer in code, which is full of what they may begin with.
    """
    wanted = max(0, size - OVERHEAD) // 2
    if not code:
        return "word " * (wanted // 5)
    source = inspect.getsource(argparse) * (1 + wanted // 50_000)
    return source[: int(wanted * wanted / len(json.dumps(source[:wanted])))]


def answer_of(size: int, *, code: bool = False) -> bytes:
    """Return the body of an answer that fills its half of an event of `size` bytes."""
    message = {
        "id": "msg_1",
        "type": "message",
        "role": "assistant",
        "model": "claude-haiku-4-5",
        "content": [{"type": "text", "text": text_of(size, code=code)}],
        "stop_reason": "end_turn",
        "stop_sequence": None,
        "usage": {"input_tokens": 900, "output_tokens": 300},
    }
    return json.dumps(message).encode()


async def serve(size: int, delay: float, ready: multiprocessing.Queue[int], *, code: bool = False) -> None:
    """Answer every request on a loopback port with the same message, after `delay` seconds, for ever."""
    body = answer_of(size, code=code)
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
def server_for(size: int, delay: float = 0.0, *, code: bool = False) -> Iterator[str]:
    """Run the server in a process of its own; give its address."""
    ready: multiprocessing.Queue[int] = multiprocessing.Queue()
    process = multiprocessing.Process(target=_serve, args=(size, delay, ready, code), daemon=True)
    process.start()
    try:
        yield f"http://127.0.0.1:{ready.get(timeout=30)}"
    finally:
        process.terminate()
        process.join()


def _serve(size: int, delay: float, ready: multiprocessing.Queue[int], code: bool) -> None:
    asyncio.run(serve(size, delay, ready, code=code))


def call(mode: str, url: str, label: str, calls: int) -> None:
    """In a process of its own: make calls in turns, and print what each took (seconds: wall, CPU)."""
    import tessen

    tessen.init(agent_name="bench")
    import anthropic

    client = anthropic.Anthropic(base_url=url, api_key="sk-ant-of-the-benchmark")
    messages = [{"role": "user", "content": text_of(SIZES[label], code="code" in label)}]

    def ask() -> None:
        client.messages.create(model="claude-haiku-4-5", max_tokens=900, messages=messages)  # type: ignore[arg-type]

    ask()
    (log,) = Path(os.environ["TESSEN_LOG_DIR"]).rglob("*.jsonl")
    line = log.read_bytes()
    event = json.loads(line)
    fd = os.open("bare", os.O_WRONLY | os.O_APPEND | os.O_CREAT)
    afterwards: dict[str, Callable[[], object]] = {
        "write": lambda: os.write(fd, line),
        "encode": lambda: os.write(fd, f"{json.dumps(event)}\n".encode()),
    }
    took: dict[str, list[tuple[float, float]]] = {turn: [] for turn in TURNS[mode]}
    chance = random.Random(7)
    for _ in range(WARM_UP + calls):
        for turn in chance.sample(TURNS[mode], len(TURNS[mode])):
            if mode == "ours":
                _switch(on=turn == "on")
            wall, cpu = time.perf_counter(), time.thread_time()
            ask()
            if turn in afterwards:
                afterwards[turn]()
            took[turn].append((time.perf_counter() - wall, time.thread_time() - cpu))
    print(json.dumps({turn: times[WARM_UP:] for turn, times in took.items()}))


_recorders: list[Any] = []


def _switch(*, on: bool) -> None:
    """Let recording pause and go on; there is no public way that leaves the log open."""
    from tessen import _recorder

    if not _recorders:
        _recorders.append(_recorder.active)
    _recorder.active = _recorders[0] if on else None


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


def measure(mode: str, url: str, label: str, calls: int) -> dict[str, list[tuple[float, float]]]:
    """Run `call` in a process; return wall and CPU seconds of each call, by turn."""
    said, lines = in_its_own_process(mode, url, label, str(calls))
    if len(lines) != 1 + WARM_UP + calls:
        raise RuntimeError(f"{mode}: {len(lines)} events for {1 + WARM_UP + calls} calls")
    took: dict[str, list[tuple[float, float]]] = json.loads(said)
    return took


def peer_is_there() -> bool:
    """Install the released recorder beside the benchmark's data, once; say whether it is there."""
    if not PEER.exists():
        options = ("-q", "--no-deps", "--target", str(PEER), "tessen==0.4.0")
        subprocess.run([sys.executable, "-m", "pip", "install", *options], capture_output=True, check=False)
    return (PEER / "tessen").is_dir()


def report(label: str, size: int, calls: int, rounds: int) -> None:
    """Measure one size, and print its rows."""
    took: dict[str, list[tuple[float, float]]] = {turn: [] for turn in ("off", *NAMES)}
    with server_for(size, code="code" in label) as url:
        for _ in range(rounds):
            for mode in ("ours", *(["peer"] if peer_is_there() else [])):
                for turn, times in measure(mode, url, label, calls).items():
                    took[turn] += times
    off = took.pop("off")
    added = {turn: _added(times, off) for turn, times in took.items() if times}
    rows = [
        [NAMES[turn], *(f"{value * 1e6:+.0f} µs" for value in values), *_ratios(values, added)]
        for turn, values in added.items()
    ]
    plain = statistics.median(wall for wall, _ in off)
    print_table(
        f"{label}: added to a call that takes {plain * 1e6:.0f} µs",
        ("", "mean", "median", "p99", "CPU", "bare writes", "dumps and writes", "of 0.4.0"),
        rows,
    )


def _added(times: list[tuple[float, float]], off: list[tuple[float, float]]) -> list[float]:
    """Mean, median and p99 of the time that was added, and the median of the CPU time."""
    walls, plain = [wall for wall, _ in times], [wall for wall, _ in off]
    pairs = list(zip(times, off, strict=True))
    median = statistics.median(of[0] - without[0] for of, without in pairs)
    cpu = statistics.median(of[1] - without[1] for of, without in pairs)
    return [statistics.fmean(walls) - statistics.fmean(plain), median, p99(walls) - p99(plain), cpu]


def _ratios(values: list[float], added: dict[str, list[float]]) -> Iterator[str]:
    """How often the CPU time of each yardstick fits."""
    for yardstick in ("write", "encode", "peer"):
        cpu = added[yardstick][3] if yardstick in added else 0.0
        yield f"{values[3] / cpu:.2f}×" if cpu > 0 else "–"


def main() -> None:
    """Print the tables."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--calls", type=int, default=400, help="calls in one measurement")
    parser.add_argument("--rounds", type=int, default=3, help="measurements of each kind, taken in turns")
    parser.add_argument("--call", nargs=4, metavar=("MODE", "URL", "LABEL", "CALLS"), help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.call:
        mode, url, label, calls = options.call
        call(mode, url, label, int(calls))
        return
    python = sys.version.split()[0]
    print(f"{options.rounds} rounds of {options.calls} calls, Python {python}; ratios are of the CPU column")
    for label, bytes_of_event in SIZES.items():
        report(label, bytes_of_event, options.calls, options.rounds)


if __name__ == "__main__":
    main()
