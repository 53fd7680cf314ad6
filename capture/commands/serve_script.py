"""`harness serve-script`: the scripted model server, as a command."""

from __future__ import annotations

import ipaddress
import os
import signal
import sys
import threading
import time
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from typer.exceptions import TyperException

if TYPE_CHECKING:
    from capture.scripted import Received

LOOPBACK_NAMES = ("localhost", "ip6-localhost")


class BadScriptError(TyperException):
    """The script cannot be used, which is wrong usage of the command."""

    exit_code = 2


def serve_script(
    script: Annotated[
        Path, typer.Argument(metavar="SCRIPT", help="The script, a YAML file.", show_default=False)
    ],
    port: Annotated[
        int, typer.Option(help="The port to listen on; 0 for any free one.", min=0, max=65535)
    ] = 0,
    host: Annotated[str, typer.Option(help="The address to listen on.")] = "127.0.0.1",
    record: Annotated[
        Path | None,
        typer.Option(help="Append every request to this file, as JSON lines without credentials."),
    ] = None,
    once: Annotated[
        bool, typer.Option("--once", help="End after the first request has been answered.")
    ] = False,
) -> None:
    """Serve a scripted model that speaks the Anthropic and OpenAI APIs, until Ctrl-C."""
    from capture.scripted import ScriptedServer
    from capture.scripted.load import ScriptError

    _warn_if_open(host)
    log = _RequestLog(record, once)
    try:
        server = ScriptedServer(script, host=host, port=port, keep=0, on_answered=log.answered)
    except ScriptError as error:
        raise BadScriptError(str(error)) from None
    try:
        server.start()
    except OSError as error:
        reason = os.strerror(error.errno) if error.errno and error.errno > 0 else str(error)
        raise TyperException(f"cannot listen on {host} port {port}: {reason}") from None
    try:
        typer.echo(f"ANTHROPIC_BASE_URL={server.url}\nOPENAI_BASE_URL={server.url}/v1")
        sys.stdout.flush()
        log.wait_for_end()
    finally:
        server.stop()
        log.close()


class _RequestLog:
    """What is written down of each request, and the reasons to end."""

    def __init__(self, record: Path | None, once: bool) -> None:
        self._once = once
        self._shown = sys.stdout.isatty()
        self._end = threading.Event()
        self._failure: OSError | None = None
        self._file = (
            None if record is None else os.open(record, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
        )

    def answered(self, received: Received) -> None:
        """Take note of a request that has been dealt with."""
        try:
            if self._file is not None:
                os.write(self._file, received.as_line())
        except OSError as error:
            self._failure = error
            self._end.set()
        if self._shown:
            typer.echo(_line(received))
        if self._once and received.answered_at is not None:
            self._end.set()

    def wait_for_end(self) -> None:
        """Wait for Ctrl-C, a TERM signal, the one request of `--once`, or a failure.

        Raises:
            OSError: the record could not be written.
        """
        for wanted in (signal.SIGINT, signal.SIGTERM):
            signal.signal(wanted, lambda *_: self._end.set())
        self._end.wait()
        if self._failure is not None:
            raise self._failure

    def close(self) -> None:
        """Close the record's file."""
        if self._file is not None:
            os.close(self._file)


def _line(received: Received) -> str:
    """Return one line for a person about a request. Whatever came from the client is made harmless."""
    end = received.answered_at or time.time()
    words = [
        time.strftime("%H:%M:%S", time.localtime(received.received_at)),
        f"#{received.number}",
        received.method,
        received.path,
        received.model or "",
        "stream" if received.streamed else "",
        str(received.status or "no answer"),
        "" if received.answered_at else "cut off",
        f"{(end - received.received_at) * 1000:.0f} ms",
        received.rule,
    ]
    return "".join(c if c.isprintable() else "�" for c in "  ".join(filter(None, words)))


def _warn_if_open(host: str) -> None:
    """Say so when other machines can reach the server."""
    try:
        loopback = ipaddress.ip_address(host).is_loopback
    except ValueError:
        loopback = host in LOOPBACK_NAMES
    if not loopback:
        typer.echo(
            f"harness: warning: {host} is not a loopback address; others can reach this server", err=True
        )
