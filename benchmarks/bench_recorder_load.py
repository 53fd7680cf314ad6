"""What recording does to a busy program: its event loop's lag, the memory of a long stream, and its start.

The event loop's lag is how much later than asked a task wakes, while 300 calls at once wait for a loopback
server; without recording, with it, and with the released `tessen` 0.4.0. The stream has 100,000 pieces and
comes from within the process. The start is the CPU time of fresh processes, which take turns, over that of
one that does nothing; whichever SDKs are installed, the program has not imported any.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import resource
import statistics
import subprocess
import sys
import time
import tracemalloc
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from bench_recorder import SCENES, in_its_own_process, peer_is_there, server_for
from table import ms, p99, print_table

AT_ONCE = 300
WAVES = 4
DELAY = 0.2
TICK = 0.002
CHUNKS = 100_000
PIECE = "twenty characters ok"
STARTS = 25
STARTED = (
    ("pass", "python -c pass", None),
    ("import tessen", "import tessen", "pass"),
    ("import tessen; tessen.init()", "and tessen.init()", "import tessen"),
)
"""Code, its name, and what it is compared with."""
SDKS = ("anthropic", "openai", "google.genai", "cohere", "mistralai")


async def lag(mode: str, url: str) -> list[float]:
    """In a process of its own: ask in waves of many at once; return how late a task woke each time."""
    if mode in ("on", "peer"):
        import tessen

        tessen.init(agent_name="bench")
    import anthropic

    client = anthropic.AsyncAnthropic(base_url=url, api_key="sk-ant-of-the-benchmark", timeout=60)
    late: list[float] = []

    async def tick() -> None:
        while True:
            due = time.perf_counter() + TICK
            await asyncio.sleep(TICK)
            late.append(time.perf_counter() - due)

    async def ask() -> None:
        messages: Any = [{"role": "user", "content": "word " * 130}]
        await client.messages.create(model="claude-haiku-4-5", max_tokens=900, messages=messages)

    await asyncio.gather(*(ask() for _ in range(AT_ONCE)))  # warms up
    ticking = asyncio.create_task(tick())
    for _ in range(WAVES):
        await asyncio.gather(*(ask() for _ in range(AT_ONCE)))
    ticking.cancel()
    return late


def report_lag(rounds: int) -> None:
    """Measure the lag in turns, and print it."""
    names = {"off": "no recording", "on": "this recorder"}
    if peer_is_there():
        names["peer"] = "tessen 0.4.0"
    late: dict[str, list[float]] = {mode: [] for mode in names}
    with server_for(SCENES["2 KB"], DELAY) as url:
        for _ in range(rounds):
            for mode in names:
                late[mode] += json.loads(in_its_own_process(mode, url, script=__file__)[0])
    without = p99(late["off"])
    rows = [
        [names[mode], ms(statistics.median(of)), ms(p99(of)), ms(max(of)), f"{p99(of) / without:.2f}×"]
        for mode, of in late.items()
    ]
    title = f"event loop's lag, {AT_ONCE} calls at once of {DELAY * 1000:.0f} ms, {rounds} × {WAVES} waves"
    print_table(title, ("", "median", "p99", "longest", "of none (p99)"), rows)


def stream_of(chunks: int) -> Iterator[bytes]:
    """The events of one long streamed message."""

    def event(said: dict[str, Any]) -> bytes:
        return b"event: %s\ndata: %s\n\n" % (said["type"].encode(), json.dumps(said).encode())

    usage = {"input_tokens": 1, "output_tokens": 1}
    message = {"id": "m", "type": "message", "role": "assistant", "model": "m", "content": [], "usage": usage}
    yield event({"type": "message_start", "message": message})
    yield event({"type": "content_block_start", "index": 0, "content_block": {"type": "text", "text": ""}})
    delta = {"type": "content_block_delta", "index": 0, "delta": {"type": "text_delta", "text": PIECE}}
    piece = event(delta)
    for _ in range(chunks):
        yield piece
    yield event({"type": "content_block_stop", "index": 0})
    yield event({"type": "message_delta", "delta": {"stop_reason": "end_turn"}, "usage": usage})


def memory() -> tuple[int, int]:
    """In a process of its own: record a long stream up to its end; return bytes held, and of its text."""
    import tessen

    tessen.init(agent_name="bench")
    import anthropic
    import httpx2

    class Pieces(httpx2.SyncByteStream):
        def __iter__(self) -> Iterator[bytes]:
            yield from stream_of(CHUNKS)

    def answer(request: httpx2.Request) -> httpx2.Response:
        return httpx2.Response(200, headers={"content-type": "text/event-stream"}, stream=Pieces())

    http_client = httpx2.Client(transport=httpx2.MockTransport(answer))
    client = anthropic.Anthropic(api_key="sk-ant-of-the-benchmark", http_client=http_client)
    messages: Any = [{"role": "user", "content": "go on"}]
    tracemalloc.start()
    stream = client.messages.create(model="m", max_tokens=9, messages=messages, stream=True)
    for item in stream:
        if item.type == "content_block_stop":
            break
    own = str(Path(tessen.__file__).parent / "*")
    snapshot = tracemalloc.take_snapshot().filter_traces([tracemalloc.Filter(True, own, all_frames=True)])
    return sum(trace.size for trace in snapshot.traces), CHUNKS * len(PIECE)


def _cpu_of(code: str) -> float:
    """Return the CPU seconds of a fresh process."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run([sys.executable, "-c", code], capture_output=True, check=True)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def report_start() -> None:
    """Print what starting the recorder takes."""
    installed = [name for name in SDKS if _is_installed(name)]
    took: dict[str, list[float]] = {code: [] for code, _, _ in STARTED}
    for _ in range(STARTS):
        for code, times in took.items():
            times.append(_cpu_of(code))
    middle = {code: statistics.median(times) for code, times in took.items()}
    rows = [
        [name, ms(middle[code]), ms(middle[code] - middle[over]) if over else "–"]
        for code, name, over in STARTED
    ]
    title = f"start, {STARTS} processes each; installed: {', '.join(installed)}"
    print_table(title, ("", "CPU", "added"), rows)


def _is_installed(name: str) -> bool:
    try:
        return find_spec(name) is not None
    except ModuleNotFoundError:
        return False


def main() -> None:
    """Print the tables."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=2, help="measurements of each kind, taken in turns")
    parser.add_argument("--call", nargs="+", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.call:
        print(json.dumps(memory() if options.call[0] == "memory" else asyncio.run(lag(*options.call))))
        return
    report_start()
    held, text = json.loads(in_its_own_process("memory", script=__file__)[0])
    rows = [[f"{held:,} bytes", f"{text:,} bytes", f"{held / text:.2f}×"]]
    print_table(f"held by the recorder for a stream of {CHUNKS:,} pieces", ("held", "text", "ratio"), rows)
    report_lag(options.rounds)


if __name__ == "__main__":
    main()
