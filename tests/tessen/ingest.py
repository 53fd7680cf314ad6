"""An ingest server on loopback that keeps every byte it receives, and fails in every way it is told to."""

from __future__ import annotations

import gzip
import json
import socket
import ssl
import threading
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, BinaryIO, NamedTuple, Self

CERTIFICATE = Path(__file__).with_name("localhost.pem")
"""Of nobody but these tests, with its key, for the name localhost."""

Behaviour = Callable[[socket.socket], bool]
"""Answers one request; returns whether the connection stays open."""


class Received(NamedTuple):
    """One request, as it arrived."""

    first_line: str
    headers: dict[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(gzip.decompress(self.body))

    @property
    def events(self) -> list[Any]:
        return list(self.json["events"])


def answer(status: int = 202, **headers: str) -> Behaviour:
    """A whole answer; underscores in a header's name are dashes."""

    def behave(connection: socket.socket) -> bool:
        more = "".join(f"{name.replace('_', '-')}: {value}\r\n" for name, value in headers.items())
        connection.sendall(f"HTTP/1.1 {status} Said\r\n{more}Content-Length: 2\r\n\r\n{{}}".encode())
        return True

    return behave


def closes_mid_body(connection: socket.socket) -> bool:
    connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 999\r\n\r\n{")
    return False


def closes_without_an_answer(connection: socket.socket) -> bool:
    return False


def says_nonsense(connection: socket.socket) -> bool:
    connection.sendall(b"220 smtp.example.com ESMTP\r\n\r\n")
    return False


@contextmanager
def refusing() -> Iterator[int]:
    """A port that refuses connections, and that nobody else can listen on meanwhile."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        yield int(taken.getsockname()[1])


class Hanging:
    """Says nothing until it is let go."""

    def __init__(self) -> None:
        self.go = threading.Event()

    def __call__(self, connection: socket.socket) -> bool:
        self.go.wait(120)
        return answer()(connection)


class Ingest:
    """The server; `with Ingest() as server:`. Without behaviours it acknowledges everything."""

    def __init__(self, *behaviours: Behaviour, tls: bool = False) -> None:
        self.requests: list[Received] = []
        self.raw = bytearray()
        self.connections = 0
        self._behaviours = deque(behaviours)
        self._arrived = threading.Condition()
        self._listener = socket.create_server(("127.0.0.1", 0), backlog=64)
        self._context: ssl.SSLContext | None = None
        if tls:
            self._context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            self._context.load_cert_chain(CERTIFICATE)
        self.port: int = self._listener.getsockname()[1]
        self.url = f"{'https' if tls else 'http'}://localhost:{self.port}/v1/messages"

    def __enter__(self) -> Self:
        threading.Thread(target=self._accept, daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self._listener.close()

    def expect(self, *behaviours: Behaviour) -> None:
        """How the next requests are answered."""
        self._behaviours.extend(behaviours)

    def wait_for(self, count: int) -> list[Received]:
        """Return the requests once there are that many."""
        with self._arrived:
            assert self._arrived.wait_for(lambda: len(self.requests) >= count, 60), self.requests
            return list(self.requests)

    def events(self) -> list[Any]:
        return [event for request in self.requests for event in request.events]

    def _accept(self) -> None:
        while True:
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return
            self.connections += 1
            threading.Thread(target=self._serve, args=(connection,), daemon=True).start()

    def _serve(self, connection: socket.socket) -> None:
        try:
            with connection:
                served = (
                    self._context.wrap_socket(connection, server_side=True) if self._context else connection
                )
                with served, served.makefile("rb") as stream:
                    while (request := self._read(stream)) is not None and self._behave(request, served):
                        pass
        except OSError:
            return  # the other side hung up, which is what some tests are about

    def _read(self, stream: BinaryIO) -> Received | None:
        head = b""
        while (line := stream.readline()) != b"\r\n":
            if not line:
                return None
            head += line
        first_line, *lines = head.decode("latin-1").split("\r\n")
        headers = dict(line.split(": ", 1) for line in lines if line)
        body = stream.read(int(headers.get("Content-Length", 0)))
        self.raw += head + b"\r\n" + body
        return Received(first_line, headers, body)

    def _behave(self, request: Received, connection: socket.socket) -> bool:
        with self._arrived:
            self.requests.append(request)
            behave = self._behaviours.popleft() if self._behaviours else answer()
            self._arrived.notify_all()
        return behave(connection)
