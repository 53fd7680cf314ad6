"""Answering one request: understand it, choose an answer, and send that as the script says it travels."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Iterator, Mapping

from capture.scripted import jobs, side
from capture.scripted.answer import Answer, ErrorAnswer
from capture.scripted.dialect import Dialect, Frame, dump
from capture.scripted.dialects import DIALECTS, dialect_of_client, find_dialect
from capture.scripted.http import Connection, DroppedError
from capture.scripted.play import Play
from capture.scripted.prompt import BadRequestError, Body, Prompt
from capture.scripted.received import Received
from capture.scripted.reply import Ids, Reply, settle
from capture.scripted.script import Asked

JSON_TYPE = {"content-type": "application/json"}
STREAM_TYPE = {"content-type": "text/event-stream; charset=utf-8", "cache-control": "no-cache"}


async def answer_request(received: Received, line: Connection, play: Play, seed: int) -> None:
    """Answer one request over its connection.

    Args:
        received: The request. Filled in with what became of it.
        line: The connection.
        play: Where answers come from.
        seed: What ids are made from.

    Raises:
        DroppedError: the script wants the connection closed in the middle.
    """
    serving = _Serving(received, line, play, Ids(seed, received.number))
    if received.method == "POST" and (asked := side.find_side(received.path)) is not None:
        await serving.aside(asked)
    elif (job := jobs.find_job(received.method, received.path)) is not None:
        await serving.job(job)
    elif received.method == "GET" and side.is_models(received.path):
        await serving.models()
    elif (dialect := find_dialect(received.path, received.headers)) is None:
        known = ", ".join(f"POST {dialect.version}{path}" for dialect in DIALECTS for path in dialect.paths)
        await serving.refuse(
            ErrorAnswer(404, message=f"{received.path} is not served here; there are {known}")
        )
    elif received.method != "POST":
        await serving.refuse(ErrorAnswer(405, message=f"{received.path} takes POST, not {received.method}"))
    else:
        await serving.call(dialect)
    received.answered_at = time.time()


class _Serving:
    def __init__(self, received: Received, line: Connection, play: Play, ids: Ids) -> None:
        self._received = received
        self._line = line
        self._play = play
        self._ids = ids
        self._request_id = ids.make("req_01")

    async def call(self, dialect: Dialect) -> None:
        """Answer a model call."""
        try:
            body = self._body()
            prompt = dialect.read(body, self._received.path)
        except BadRequestError as problem:
            await self._error(ErrorAnswer(400, message=str(problem)), dialect)
            return
        self._received.model, self._received.streamed = prompt.model, prompt.stream
        answer = self._choose(dialect.name, prompt)
        await asyncio.sleep(answer.delay)
        if answer.cut_after is None and answer.hang:
            await _forever()
        if answer.error is not None and not (prompt.stream and answer.cut_after is not None):
            await self._error(answer.error, dialect, answer.headers)
            return
        reply = settle(answer, prompt, len(self._received.body), self._ids)
        headers = {**dialect.headers(self._request_id, answer.status), **answer.headers}
        send = self._stream if prompt.stream else self._plain
        await send(answer, reply, dialect, body, headers)

    async def aside(self, asked: side.Side) -> None:
        """Answer a request beside the model calls."""
        try:
            body = self._body()
        except BadRequestError as problem:
            await self.refuse(ErrorAnswer(400, message=str(problem)))
            return
        await self._aside(asked.protocol, asked.answer(body, len(self._received.body)))

    async def job(self, protocol: str) -> None:
        """Answer a request about a batch or a file; what a file holds is not looked at."""
        received = self._received
        try:
            body = self._body() if received.body[:1] == b"{" else {}
        except BadRequestError as problem:
            await self.refuse(ErrorAnswer(400, message=str(problem)))
            return
        told = jobs.answer(received.method, received.path, body, len(received.body))
        await self._aside(protocol, told)

    async def models(self) -> None:
        """Answer a question about the models there are."""
        await self._aside("models", side.models(self._received.path, self._client().name))

    async def refuse(self, error: ErrorAnswer) -> None:
        """Answer with an error that no script asked for."""
        await self._error(error, self._client())

    async def _aside(self, protocol: str, body: Mapping[str, object]) -> None:
        answer = self._choose(protocol, Prompt("", False, "", False, 0))
        await asyncio.sleep(answer.delay)
        if answer.error is not None:
            await self.refuse(answer.error)
        else:
            await self._respond(answer.status, {**JSON_TYPE, **answer.headers}, dump(body))

    async def _error(
        self, error: ErrorAnswer, dialect: Dialect, more: Mapping[str, str] | None = None
    ) -> None:
        headers = JSON_TYPE | dialect.headers(self._request_id, error.status)
        if error.retry_after is not None:
            headers["retry-after"] = f"{error.retry_after:g}"
        await self._respond(
            error.status, {**headers, **(more or {})}, dump(dialect.error(error, self._request_id))
        )

    async def _plain(
        self, answer: Answer, reply: Reply, dialect: Dialect, body: Body, headers: dict[str, str]
    ) -> None:
        data = dump(dialect.plain(reply, body))
        if answer.malformed:
            data = data[: len(data) // 2]
        await asyncio.sleep(answer.ttft)
        if answer.cut_after is None:
            await self._respond(answer.status, JSON_TYPE | headers, data)
            return
        await self._start(answer.status, JSON_TYPE | headers | {"content-length": str(len(data))})
        await self._line.send(data[: len(data) // 2])
        await _break_off(answer)

    async def _stream(
        self, answer: Answer, reply: Reply, dialect: Dialect, body: Body, headers: dict[str, str]
    ) -> None:
        await self._start(answer.status, STREAM_TYPE | headers)
        sent, cut = await self._send_frames(answer, dialect.stream(reply, body), dialect.broken_event)
        if cut and answer.error is None:
            await _break_off(answer)
        if cut and answer.error is not None:
            await self._line.send(dialect.stream_error(answer.error, reply, body, sent))
        await self._line.finish()

    async def _send_frames(
        self, answer: Answer, frames: Iterator[Frame], broken_event: bytes
    ) -> tuple[int, bool]:
        """Send a stream's events at the answer's pace; returns how many, and whether the script cut it."""
        sent = pieces = 0
        for frame in frames:
            if frame.piece:
                if answer.cut_after == 0:
                    return sent, True
                await asyncio.sleep(answer.chunk_delay if pieces else answer.ttft)
                pieces += 1
            await self._line.send(frame.data)
            sent += 1
            if frame.piece and answer.malformed and pieces == 1:
                await self._line.send(broken_event)
            if frame.piece and pieces == answer.cut_after:
                return sent, True
        return sent, False

    async def _respond(self, status: int, headers: Mapping[str, str], body: bytes) -> None:
        self._received.status = status
        await self._line.respond(status, headers, body)

    async def _start(self, status: int, headers: Mapping[str, str]) -> None:
        self._received.status = status
        await self._line.start(status, headers)

    def _choose(self, protocol: str, prompt: Prompt) -> Answer:
        received = self._received
        answer, received.rule = self._play.choose(Asked(protocol, received.path, received.headers, prompt))
        return answer

    def _client(self) -> Dialect:
        return dialect_of_client(self._received.path, self._received.headers)

    def _body(self) -> Body:
        try:
            body = json.loads(self._received.body)
        except ValueError as error:
            raise BadRequestError(f"The request body is not valid JSON: {error}") from None
        if not isinstance(body, dict):
            raise BadRequestError("The request body is not a JSON object")
        return body


async def _break_off(answer: Answer) -> None:
    if answer.hang:
        await _forever()
    raise DroppedError


async def _forever() -> None:
    """Wait until the client goes away or the server stops, which cancels this."""
    await asyncio.Event().wait()
