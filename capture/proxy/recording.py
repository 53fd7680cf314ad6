"""One exchange as it happens: its four files, and the facts that its row is made of.

What belongs here is what is noted while bytes pass. Nothing here waits, and nothing raises: a file that
cannot be written costs the file, and the row says so.
"""

from __future__ import annotations

import json
import os
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from capture.proxy.answers import AnswerReader, is_event_stream
from capture.proxy.capture import Outcome
from capture.proxy.decoding import decoder_for
from capture.proxy.disk import Disk
from capture.proxy.formats import operation_of
from capture.proxy.headers import Headers, recorded, text_of
from capture.proxy.spool import Spool
from tessen.observed import public_url


@dataclass(frozen=True, slots=True)
class ProxyRequest:
    """One request as the engine sent it."""

    number: int
    """Its number in the session, from 1."""
    method: str
    target: str
    """Path and query."""
    headers: tuple[tuple[str, str], ...]
    """In their order and spelling."""
    body: bytes
    """With its content encoding undone."""

    @property
    def json(self) -> Any:
        """The body parsed.

        Raises:
            ValueError: It is not JSON.
        """
        return json.loads(self.body)


class Recording:
    """What is known of one exchange so far.

    Args:
        folder: The session's `raw_dumps`, which exists.
        disk: Writes there.
        number: The exchange's.
        method: The request's.
        target: What the engine asked for.
        url: The real address it goes to, without secrets.
        headers: The request's.
    """

    def __init__(  # noqa: PLR0913, PLR0917 - made in one place
        self, folder: Path, disk: Disk, number: int, method: str, target: str, url: str, headers: Headers
    ) -> None:
        self.ts = time.time()
        self.started = time.perf_counter()
        self.ended = self.started
        self.folder = folder
        self.disk = disk
        self.number = number
        self.method = method
        self.target = target
        self.url = url
        self.headers = headers
        self.operation = operation_of(method, target)
        self.encoding = text_of(headers, b"content-encoding") or ""
        """The request's content encoding; in the record it is undone."""
        self.body = Spool(folder / f"request_{number:03d}.json", disk, keep=True)
        self._decode = decoder_for(self.encoding)
        self.original: Spool | None = None
        """What the engine sent, where something else went to the API."""
        self.status: int | None = None
        self.answer_headers: Headers = []
        self.answer: AnswerReader | None = None
        self.answered_at: float | None = None
        self.outcome: Outcome = "cut"
        self.error: str | None = None
        self.error_names: tuple[str, ...] = ()
        self.by_proxy = False
        """Whether the answer is our own, because none came from the API."""
        self._problems: list[str] = []

    @property
    def problem(self) -> str | None:
        """What of this exchange is not on the disk, and why."""
        spools = (self.body, self.original, self.answer.spool if self.answer else None)
        problems = [*self._problems, *(spool.problem for spool in spools if spool and spool.problem)]
        return "; ".join(problems) or None

    @property
    def public_path(self) -> str:
        """The target without secrets."""
        return public_url(self.target)

    def began(self) -> None:
        """Write the request's headers."""
        told = {
            "method": self.method,
            "path": self.public_path,
            "target": self.url,
            "headers": recorded(self.headers),
        }
        if self._decode:
            told["decoded_from"] = self.encoding
        self._write_json(f"request_{self.number:03d}_headers.json", told)

    def request_data(self, data: bytes) -> None:
        """Take bytes of the request that have travelled on."""
        try:
            for piece in self._decode(data) if self._decode else (data,):
                self.body.add(piece)
        except ValueError as problem:
            self.body.fail(ValueError(f"not in the encoding {self.encoding} that it claims ({problem})"))

    def sent(self) -> bytes | None:
        """Return the bytes of the request that have travelled on; None where they were not kept."""
        return None if self._decode else self.body.kept

    def replaced(self, original: bytes) -> None:
        """Note what the engine sent, before something else goes to the API in its place."""
        path = self.folder / f"request_{self.number:03d}_original.json"
        self.original = Spool(path, self.disk, keep=True)
        self.original.add(original)
        self.original.close()

    def answer_began(self, status: int, headers: Headers) -> None:
        """Note an answer's head."""
        self.answered_at = time.perf_counter()
        self.status = status
        self.answer_headers = headers
        path = self.folder / f"response_{self.number:03d}.txt"
        spool = Spool(path, self.disk, keep=not is_event_stream(headers))
        self.answer = AnswerReader(spool, headers, self.operation.endpoint if self.operation else None)
        told: dict[str, Any] = {"status": status, "headers": recorded(headers)}
        if self.answer.decoded_from:
            told["decoded_from"] = self.answer.decoded_from
        if self.by_proxy:
            told["answered_by"] = "proxy"
        self._write_json(f"response_{self.number:03d}_headers.json", told)

    def answer_data(self, data: bytes) -> None:
        """Take bytes of the answer that have travelled on."""
        if self.answer is not None:
            self.answer.feed(data)

    def completed(self) -> None:
        """Note that the whole answer has travelled on."""
        self._finish("complete")

    def cut(self, why: str) -> None:
        """Note that the engine left; an answer that had said its last word by then is complete."""
        if self.outcome != "cut" or self.error is not None:
            return
        if self.answer is not None and self.answer.done:
            self._finish("complete")
        else:
            self.error = why
            self._finish("cut")

    def failed(self, why: str, names: tuple[str, ...]) -> None:
        """Note that the exchange came to nothing, or broke off."""
        self.error, self.error_names = why, names
        self._finish("failed")

    async def room(self) -> None:
        """Wait while the disk lags far behind."""
        await self.body.room()
        if self.answer is not None:
            await self.answer.spool.room()

    def close(self) -> None:
        """Close the files."""
        self.body.close()
        if self.answer is not None:
            self.answer.end()
            self.answer.spool.close()

    def _finish(self, outcome: Outcome) -> None:
        self.outcome = outcome
        self.ended = time.perf_counter()

    def _write_json(self, name: str, value: dict[str, Any]) -> None:
        data = json.dumps(value, indent=2).encode()
        self.disk.do(lambda: self._write(name, data))

    def _write(self, name: str, data: bytes) -> None:
        try:
            fd = os.open(self.folder / name, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
            with open(fd, "wb") as file:  # noqa: PTH123 - a descriptor, for its mode
                file.write(data)
        except OSError as problem:
            self._problems.append(f"{name}: {problem.strerror}")
