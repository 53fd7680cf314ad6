"""One exchange as it happens: its four files, and the facts that its row is made of.

What belongs here is what is noted while bytes pass, and what becomes of it in the disk's thread. In the event
loop nothing is looked at: a note is a moment and a reference. Nothing raises: a file that cannot be written
costs the file, and the row says so.
"""

from __future__ import annotations

import json
import os
import time
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from capture.proxy.answers import AnswerReader, is_event_stream
from capture.proxy.capture import AnsweredBy, Outcome
from capture.proxy.decoding import decoder_for
from capture.proxy.disk import Disk
from capture.proxy.formats import Operation, operation_of
from capture.proxy.headers import Headers, recorded, text_of
from capture.proxy.spool import Spool
from capture.proxy.upstream import Upstream
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
        upstream: Where it goes.
        headers: The request's.
    """

    def __init__(  # noqa: PLR0913, PLR0917 - made in one place
        self,
        folder: Path,
        disk: Disk,
        number: int,
        method: str,
        target: str,
        upstream: Upstream,
        headers: Headers,
    ) -> None:
        self.ts = time.time()
        self.started = time.perf_counter()
        self.ended = self.started
        self.folder = folder
        self.disk = disk
        self.number = number
        self.method = method
        self.target = target
        self._upstream = upstream
        self.headers = headers
        self.encoding = text_of(headers, b"content-encoding") or ""
        """The request's content encoding; in the record it is undone."""
        self.body = Spool(folder / f"request_{number:03d}.json", keep=True)
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
        self.answered_by: AnsweredBy | None = None
        """Who gave the answer, where it was not the API."""
        self._problems: list[str] = []

    @cached_property
    def operation(self) -> Operation | None:
        """What the request asks a model for; None if it asks none."""
        return operation_of(self.method, self.target)

    @cached_property
    def url(self) -> str:
        """The real address that the request goes to, without secrets."""
        return self._upstream.url(self._upstream.target(self.target.encode("latin-1")))

    @cached_property
    def public_path(self) -> str:
        """The target without secrets."""
        return public_url(self.target)

    @property
    def said_all(self) -> bool:
        """Whether a stream's last event has arrived, as far as the disk has got."""
        return self.answer is not None and self.answer.done

    @property
    def problem(self) -> str | None:
        """What of this exchange is not on the disk, and why."""
        spools = (self.body, self.original, self.answer.spool if self.answer else None)
        problems = [*self._problems, *(spool.problem for spool in spools if spool and spool.problem)]
        return "; ".join(problems) or None

    def began(self) -> None:
        """Note that the request has begun."""
        self.disk.do(self._write_request_head)

    def request_data(self, data: bytes) -> None:
        """Take bytes of the request that have travelled on."""
        self.disk.do(lambda: self._take_request(data), len(data))

    def replaced(self, original: bytes, changed: bytes) -> None:
        """Take what the engine sent, and what goes to the API in its place."""
        self.disk.do(lambda: self._take_both(original, changed), len(original) + len(changed))

    def answer_began(self, status: int, headers: Headers) -> None:
        """Note an answer's head."""
        self.answered_at = time.perf_counter()
        self.status = status
        self.answer_headers = headers
        self.disk.do(self._begin_answer)

    def answer_data(self, data: bytes) -> None:
        """Take bytes of the answer that have travelled on."""
        arrived = time.perf_counter()
        self.disk.do(lambda: self._take_answer(data, arrived), len(data))

    def completed(self) -> None:
        """Note that the whole answer has travelled on."""
        self._end("complete")

    def cut(self, why: str) -> None:
        """Note that the engine left."""
        if self.outcome == "cut" and self.error is None:
            self.error = why
            self._end("cut")

    def failed(self, why: str, names: tuple[str, ...]) -> None:
        """Note that the exchange came to nothing, or broke off."""
        self.error, self.error_names = why, names
        self._end("failed")

    async def room(self) -> None:
        """Wait while the disk lags far behind."""
        await self.disk.room()

    def close(self) -> None:
        """Note that nothing more will come."""
        self.disk.do(self._close)

    def _end(self, outcome: Outcome) -> None:
        self.outcome = outcome
        self.ended = time.perf_counter()

    # The rest belongs to the disk's thread.

    def _write_request_head(self) -> None:
        told = {
            "method": self.method,
            "path": self.public_path,
            "target": self.url,
            "headers": recorded(self.headers),
        }
        if self._decode:
            told["decoded_from"] = self.encoding
        self._write_json(f"request_{self.number:03d}_headers.json", told)

    def _take_request(self, data: bytes) -> None:
        try:
            for piece in self._decode(data) if self._decode else (data,):
                self.body.add(piece)
        except ValueError as problem:
            self.body.fail(ValueError(f"not in the encoding {self.encoding} that it claims ({problem})"))

    def _take_both(self, original: bytes, changed: bytes) -> None:
        self.original = Spool(self.folder / f"request_{self.number:03d}_original.json", keep=True)
        self.original.add(original)
        self.original.close()
        self.body.add(changed)

    def _begin_answer(self) -> None:
        headers = self.answer_headers
        spool = Spool(self.folder / f"response_{self.number:03d}.txt", keep=not is_event_stream(headers))
        self.answer = AnswerReader(spool, headers, self.operation.endpoint if self.operation else None)
        told: dict[str, Any] = {"status": self.status, "headers": recorded(headers)}
        if self.answer.decoded_from:
            told["decoded_from"] = self.answer.decoded_from
        if self.answered_by is not None:
            told["answered_by"] = self.answered_by
        self._write_json(f"response_{self.number:03d}_headers.json", told)

    def _take_answer(self, data: bytes, arrived: float) -> None:
        if self.answer is not None:
            self.answer.feed(data, arrived)

    def _close(self) -> None:
        """Close the files. An answer that had said its last word when the engine left is complete."""
        self.body.close()
        if self.answer is not None:
            self.answer.end()
            self.answer.spool.close()
            if self.outcome == "cut" and self.answer.done:
                self.outcome, self.error = "complete", None

    def _write_json(self, name: str, value: dict[str, Any]) -> None:
        try:
            fd = os.open(self.folder / name, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
            with open(fd, "wb") as file:  # noqa: PTH123 - a descriptor, for its mode
                file.write(json.dumps(value, indent=2).encode())
        except OSError as problem:
            self._problems.append(f"{name}: {problem.strerror}")
