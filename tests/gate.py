"""An address in front of a scripted server at which callers wait until it is opened.

For what must be seen while an answer is on its way: it is, for as long as the test looks.
"""

from __future__ import annotations

import contextlib
import socket
import threading
from typing import Self

from capture.scripted import ScriptedServer

PATIENCE_S = 120.0
"""After this all are let through, and a test that has not opened the gate fails instead of standing still."""


class Gate:
    """Lets nobody through before it is opened, which its end does too; `with Gate(server) as gate:`.

    Args:
        server: What is behind it.
        after: Let callers through, and the answer up to the event with these bytes; only the rest waits.

    Attributes:
        url: Where it listens.
        called: Set once somebody waits.
        opened: To be set to let everybody through.
    """

    def __init__(self, server: ScriptedServer, after: bytes = b"") -> None:
        self._listening = socket.create_server(("127.0.0.1", 0), backlog=128)
        self.url = f"http://127.0.0.1:{self._listening.getsockname()[1]}"
        self.called, self.opened = threading.Event(), threading.Event()
        self._behind = int(server.url.rpartition(":")[2])
        self._after = after

    def __enter__(self) -> Self:
        threading.Thread(target=self._accept, daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self.opened.set()
        self._listening.shutdown(socket.SHUT_RDWR)  # which wakes who waits for callers
        self._listening.close()

    def _accept(self) -> None:
        while True:
            try:
                caller, _ = self._listening.accept()
            except OSError:
                return
            self.called.set()
            threading.Thread(target=self._let_through, args=(caller,), daemon=True).start()

    def _let_through(self, caller: socket.socket) -> None:
        if not self._after:
            self.opened.wait(PATIENCE_S)
        with caller, socket.create_connection(("127.0.0.1", self._behind)) as behind:
            back = threading.Thread(target=self._answer, args=(behind, caller), daemon=True)
            back.start()
            _pass(caller, behind)
            back.join()

    def _answer(self, behind: socket.socket, caller: socket.socket) -> None:
        if self._after:
            begun = b""
            while b"\n\n" not in begun.partition(self._after)[2]:
                if not (more := behind.recv(65536)):
                    caller.sendall(begun)  # it broke off before: the test is to see what there is
                    caller.shutdown(socket.SHUT_WR)
                    return
                begun += more
            cut = begun.index(b"\n\n", begun.index(self._after)) + 2
            caller.sendall(begun[:cut])
            self.opened.wait(PATIENCE_S)
            caller.sendall(begun[cut:])
        _pass(behind, caller)


def _pass(source: socket.socket, sink: socket.socket) -> None:
    with contextlib.suppress(OSError):  # either side may hang up
        while data := source.recv(65536):
            sink.sendall(data)
        sink.shutdown(socket.SHUT_WR)
