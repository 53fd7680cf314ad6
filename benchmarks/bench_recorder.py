"""What recording costs the caller: time added to one Anthropic call, by what is asked and answered.

Calls without recording, the same followed by a bare `write(2)` of the event's own bytes, the same followed
by a `json.dumps` of the event and that write, and recorded calls take turns in one process and in no regular
order, so that all of them meet the same machine. The second yardstick is the least that a recorder in Python
could do if it encoded what it writes. The released `tessen` 0.4.0 (installed under `.benchdata/` if a package
index can be reached) cannot be switched off, and has a process of its own. The loopback server is in another.
Lines reach the disk as they do by default.

The text is real, prose and source code of Python's own: looking for credentials takes longer in code, which
is full of what they may begin with. In the conversation, which is what an agent sends, all but the last
message has been asked before.
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
from itertools import count
from pathlib import Path
from pydoc_data.topics import topics
from typing import Any, NamedTuple

from table import p99, print_table

PEER = Path(__file__).parents[1] / ".benchdata" / "tessen-0.4.0"
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


class Scene(NamedTuple):
    """What is asked and answered, in bytes of JSON."""

    prompt: int
    answer: int
    code: bool
    history: int = 0
    """Of messages before the prompt, which are the same in every call."""


def _half(size: int, *, code: bool = False) -> Scene:
    """Prompt and answer take half each of an event of `size` bytes."""
    half = (size - OVERHEAD) // 2
    return Scene(half, half, code)


SCENES = {
    "2 KB": _half(2_000),
    "50 KB of prose": _half(50_000),
    "50 KB of source code": _half(50_000, code=True),
    "a conversation of 500 KB of source code": Scene(1_000, 1_000, code=True, history=500_000),
}


def text_of(size: int, *, code: bool) -> str:
    """Return a text that takes about `size` bytes as JSON."""
    source = inspect.getsource(argparse) if code else "\n".join(topics.values())
    part = source[:size]
    return part[: int(size * size / len(json.dumps(part)))]


def messages_of(scene: Scene) -> Iterator[list[dict[str, str]]]:
    """Give the messages of one call after the other."""
    turn = text_of(10_000, code=scene.code)
    history = [
        {"role": ("user", "assistant")[number % 2], "content": f"{number}: {turn}"}
        for number in range(scene.history // 10_000)
    ]
    prompt = text_of(scene.prompt, code=scene.code)
    for number in count():
        yield [*history, {"role": "user", "content": f"{number}: {prompt}" if history else prompt}]


def answer_of(scene: Scene) -> bytes:
    """Return the body of an answer."""
    message = {
        "id": "msg_1",
        "type": "message",
        "role": "assistant",
        "model": "claude-haiku-4-5",
        "content": [{"type": "text", "text": text_of(scene.answer, code=scene.code)}],
        "stop_reason": "end_turn",
        "stop_sequence": None,
        "usage": {"input_tokens": 900, "output_tokens": 300},
    }
    return json.dumps(message).encode()


async def serve(scene: Scene, delay: float, ready: multiprocessing.Queue[int]) -> None:
    """Answer every request on a loopback port with the same message, after `delay` seconds, for ever."""
    body = answer_of(scene)
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
def server_for(scene: Scene, delay: float = 0.0) -> Iterator[str]:
    """Run the server in a process of its own; give its address."""
    ready: multiprocessing.Queue[int] = multiprocessing.Queue()
    process = multiprocessing.Process(target=_serve, args=(scene, delay, ready), daemon=True)
    process.start()
    try:
        yield f"http://127.0.0.1:{ready.get(timeout=30)}"
    finally:
        process.terminate()
        process.join()


def _serve(scene: Scene, delay: float, ready: multiprocessing.Queue[int]) -> None:
    asyncio.run(serve(scene, delay, ready))


def call(mode: str, url: str, label: str, calls: int) -> None:
    """In a process of its own: make calls in turns, and print what each took (seconds: wall, CPU)."""
    import tessen

    tessen.init(agent_name="bench")
    import anthropic

    client = anthropic.Anthropic(base_url=url, api_key="sk-ant-of-the-benchmark")
    asked = messages_of(SCENES[label])

    def ask() -> None:
        messages: Any = next(asked)
        client.messages.create(model="claude-haiku-4-5", max_tokens=900, messages=messages)

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


def report(label: str, scene: Scene, calls: int, rounds: int) -> None:
    """Measure one scene, and print its rows."""
    took: dict[str, list[tuple[float, float]]] = {turn: [] for turn in ("off", *NAMES)}
    with server_for(scene) as url:
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
    for label, scene in SCENES.items():
        report(label, scene, options.calls, options.rounds)


if __name__ == "__main__":
    main()
