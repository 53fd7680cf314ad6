"""What shipping costs the caller: the time added to one event that is handed over, at 2 KB and 50 KB.

The yardstick, in the same run, is a bare `write(2)` of the same bytes. The shipper is measured against a
server that answers at once, one that never answers (so that the queue overflows), and one that refuses
connections.
"""

from __future__ import annotations

import argparse
import os
import socket
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from statistics import median
from typing import Any

from table import p99, print_table

from tessen import _config
from tessen._ship import Shipper

SIZES = {"2 KB": 2_000, "50 KB": 50_000}
CALLS_A_SECOND = 2_000
"""Paced, since a program's calls are; without pauses it is the threads' fight that is measured."""


class _Acknowledges(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers["Content-Length"]))
        self.send_response(202)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, format: str, *args: Any) -> None:
        """Say nothing."""


@contextmanager
def answering() -> Iterator[str]:
    """Give the address of a server that acknowledges everything."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Acknowledges)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}/"
    server.shutdown()


@contextmanager
def hanging() -> Iterator[str]:
    """Give the address of a server that accepts, and says nothing."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        yield f"http://127.0.0.1:{listener.getsockname()[1]}/"


@contextmanager
def refusing() -> Iterator[str]:
    """Give an address where nobody listens."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    yield f"http://127.0.0.1:{port}/"


def hand_over(url: str, line: bytes, calls: int) -> list[float]:
    """Return the seconds that each of some events took its caller."""
    settings = _config.load(api_key="of-the-benchmark", ingest_url=url, flush_interval_sec=0.05, retry_max=1)
    shipper = Shipper(settings)
    took = []
    for _ in range(calls):
        start = time.perf_counter()
        shipper.put("bench", line)
        took.append(time.perf_counter() - start)
        time.sleep(1 / CALLS_A_SECOND)
    shipper.close(0.1)
    return took


def bare_write(line: bytes, calls: int) -> list[float]:
    """Return the seconds that each of some `write(2)` of one line takes."""
    took = []
    with tempfile.TemporaryFile() as file:
        for _ in range(calls):
            start = time.perf_counter()
            os.write(file.fileno(), line)
            took.append(time.perf_counter() - start)
    return took


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--calls", type=int, default=2_000, help="events in one round")
    parser.add_argument("--rounds", type=int, default=3, help="rounds of each kind, taken in turns")
    options = parser.parse_args()
    servers = {"server answers": answering, "server hangs": hanging, "server refuses": refusing}
    for label, size in SIZES.items():
        line = b'{"x":"' + b"word " * (size // 5) + b'"}'
        took: dict[str, list[float]] = {name: [] for name in ("bare write", *servers)}
        for _ in range(options.rounds):
            took["bare write"] += bare_write(line, options.calls)
            for name, server in servers.items():
                with server() as url:
                    took[name] += hand_over(url, line, options.calls)
        base = median(took["bare write"])
        rows = [
            [name, f"{median(each) * 1e6:.1f} µs", f"{p99(each) * 1e6:.1f} µs", f"{median(each) / base:.2f}×"]
            for name, each in took.items()
        ]
        print_table(f"one event of {label}, handed over", ("", "median", "p99", "of a write"), rows)


if __name__ == "__main__":
    main()
