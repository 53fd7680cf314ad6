"""A server on loopback that says what it is told to, to whoever asks, and keeps what it was sent."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, NamedTuple


class Request(NamedTuple):
    method: str
    path: str
    headers: Mapping[str, str]
    """By lower-case name."""
    body: bytes


class Said(NamedTuple):
    content_type: str
    pieces: Iterable[bytes]
    headers: Mapping[str, str] = {}
    status: int = 200


class Saying:
    """The server, as a context manager."""

    def __init__(self) -> None:
        self.received: list[Request] = []
        self.says: Callable[[Request], Said]
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), type("Handler", (_Handler,), {"saying": self}))
        self.url = f"http://127.0.0.1:{self._server.server_port}"

    def __enter__(self) -> Saying:
        threading.Thread(target=self._server.serve_forever, args=(0.01,), daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()

    def say(self, content_type: str, *pieces: bytes) -> None:
        """Answer everything with this from now on."""
        self.says = lambda request: Said(content_type, pieces)


def data_of(*events: Any) -> bytes:
    """Events as they are sent, each with these data."""
    return b"".join(b"data: " + json.dumps(event).encode() + b"\n\n" for event in events)


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    saying: Saying

    def handle(self) -> None:
        with suppress(ConnectionError):  # whoever asked may go at any time
            super().handle()

    def do_POST(self) -> None:
        headers = {name.lower(): value for name, value in self.headers.items()}
        request = Request(self.command, self.path, headers, self._body())
        self.saying.received.append(request)
        said = self.saying.says(request)
        self.send_response(said.status)
        for name, value in {"content-type": said.content_type, **said.headers}.items():
            self.send_header(name, value)
        self.send_header("transfer-encoding", "chunked")
        self.end_headers()
        for piece in said.pieces:
            self.wfile.write(b"%x\r\n%b\r\n" % (len(piece), piece))
        self.wfile.write(b"0\r\n\r\n")

    do_GET = do_PUT = do_POST  # noqa: N815

    def _body(self) -> bytes:
        if self.headers.get("transfer-encoding") != "chunked":
            return self.rfile.read(int(self.headers.get("content-length") or 0))
        parts = []
        while size := int(self.rfile.readline(), 16):
            parts.append(self.rfile.read(size))
            self.rfile.readline()
        self.rfile.readline()
        return b"".join(parts)

    def log_message(self, format: str, *args: Any) -> None:
        """Say nothing of it."""
