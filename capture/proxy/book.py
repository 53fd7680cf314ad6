"""The session's book: each ended exchange becomes a row, an event, and a smaller file.

What belongs here is what spans exchanges (what was said in full before, how long the conversation was, what
is a retry) and `api_captures.jsonl` itself. All of it runs in one thread, off the event loop.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, NamedTuple, Protocol

from capture.proxy.asked import Asked, asked_of, fingerprint, parsed_json
from capture.proxy.callers import Caller, IsMain, caller_of
from capture.proxy.capture import Capture
from capture.proxy.headers import text_of
from capture.proxy.recording import Recording
from capture.proxy.shrinking import Shrinker
from capture.proxy.tokens import usage_row
from tessen.exchange import Exchange
from tessen.observed import ObservedCall, secret_free
from tessen.vendors.interface import Failure

CAPTURES = "api_captures.jsonl"


class EventSink(Protocol):
    """Where model calls go as events; `tessen.observed.EventLog` is one."""

    def record(self, call: ObservedCall) -> object:
        """Take one call; may be called in any thread."""


class _Sent(NamedTuple):
    """The last request of one agent."""

    digest: bytes
    failed: bool
    attempt: int


class Book:
    """Keeps one session's rows.

    Args:
        session_dir: The session's folder.
        events: Where model calls go as events; None for nowhere.
        is_main: Tells the main agent's turns from the engine's own requests.
    """

    def __init__(self, session_dir: Path, events: EventSink | None, is_main: IsMain) -> None:
        self._session_dir = session_dir
        self._events = events
        self._is_main = is_main
        self._shrinker = Shrinker(session_dir)
        self._told: set[str] = set()
        """Hashes of the prompts and tools that a row holds in full."""
        self._main_count: int | None = None
        self._sent: dict[Caller, _Sent] = {}
        self.problem: str | None = None
        """Why rows or events could not be written; the first reason there was."""

    def enter(self, record: Recording) -> Capture:
        """Make a row of an exchange that has ended, and write it."""
        api_format = record.operation.api_format if record.operation else None
        asked = asked_of(api_format, record.body.kept) if api_format else Asked()
        answer = record.answer.value() if record.answer else None
        failure = _failure(record)
        capture = self._capture(record, asked, answer, failure)
        try:
            self._append(capture)
            self._tell(record, answer, failure)
        except OSError as problem:
            self.problem = self.problem or f"{problem.filename or CAPTURES}: {problem.strerror}"
        return capture

    def failed(self, record: Recording, problem: Exception) -> None:
        """Note that an exchange has no row; its files are there."""
        said = f"request {record.number} has no row ({type(problem).__name__}: {problem})"
        self.problem = self.problem or said

    def shrink(self, record: Recording, capture: Capture) -> None:
        """Store as a difference what the exchange's request repeats: after its row, which is waited for."""
        body = record.body.kept
        if body and record.operation is not None and record.body.problem is None:
            conversation = capture.agent_context, capture.agent_id
            original = record.original.kept if record.original else None
            try:
                self._shrinker.follow(conversation, record.number, body, original)
            except OSError as problem:
                self.problem = self.problem or f"{problem.filename or 'raw_dumps'}: {problem.strerror}"

    def _capture(self, record: Recording, asked: Asked, answer: object, failure: Failure | None) -> Capture:
        caller = caller_of(record, asked, self._is_main)
        system_hash, tools_hash = fingerprint(asked.system), fingerprint(asked.tools)
        shorter = caller.context == "main" and self._is_shorter(asked)
        usage, counts = usage_row(answer) if record.operation else (None, None)
        said = answer if isinstance(answer, Mapping) else {}
        return Capture(
            timestamp=datetime.fromtimestamp(record.ts, UTC).isoformat(),
            request_index=record.number,
            api_format=record.operation.api_format if record.operation else None,
            agent_context=caller.context,
            model=asked.model or (record.operation.model if record.operation else None),
            sampling_params=asked.sampling_params,
            message_count=asked.message_count,
            system_prompt=self._first_time(asked.system, system_hash),
            system_prompt_hash=system_hash,
            tools=self._first_time(asked.tools, tools_hash),
            tools_hash=tools_hash,
            is_compaction=shorter,
            compacted_messages=parsed_json(asked.messages) if shorter else None,
            context_management=said.get("context_management"),
            usage=usage,
            status=record.status,
            duration_ms=_ms(record, record.ended) or 0.0,
            ttfb_ms=_ms(record, record.answered_at),
            stop_reason=_stop_reason(record, said),
            request_id=_request_id(record),
            attempt=self._attempt(caller, record, failure),
            error=_error(record, said, failure),
            agent_id=caller.agent_id,
            outcome=record.outcome,
            message_id=said["id"] if isinstance(said.get("id"), str) else None,
            method=record.method,
            path=record.public_path,
            streamed=record.answer is not None and record.answer.streamed,
            rewritten=record.original is not None,
            record_error=record.problem,
            answered_by=record.answered_by,
            session_dir=self._session_dir,
            answer=answer,
            counts=counts,
        )

    def _first_time(self, value: bytes | None, name: str | None) -> Any:
        """The value the first time, None afterwards."""
        if value is None or name is None or name in self._told:
            return None
        self._told.add(name)
        return parsed_json(value)

    def _is_shorter(self, asked: Asked) -> bool:
        """Whether the main agent's conversation has become shorter."""
        before, self._main_count = self._main_count, asked.message_count
        return before is not None and asked.message_count is not None and asked.message_count < before

    def _attempt(self, caller: Caller, record: Recording, failure: Failure | None) -> int:
        """How often the request was sent: as its SDK says, else by comparing it with the one before."""
        failed = record.outcome != "complete" or failure is not None or (record.status or 500) >= 400
        digest, before = record.body.digest, self._sent.get(caller)
        told = text_of(record.headers, b"x-stainless-retry-count") or ""
        if told.isascii() and told.isdigit() and len(told) < 4:
            attempt = int(told) + 1
        elif before is not None and before.failed and before.digest == digest:
            attempt = before.attempt + 1
        else:
            attempt = 1
        self._sent[caller] = _Sent(digest, failed, attempt)
        return attempt

    def _append(self, capture: Capture) -> None:
        path = self._session_dir / CAPTURES
        fd = os.open(path, os.O_RDWR | os.O_APPEND | os.O_CREAT, 0o600)
        try:
            end = os.fstat(fd).st_size
            torn = end > 0 and os.pread(fd, 1, end - 1) != b"\n"
            line = (b"\n" if torn else b"") + capture.line()
            while line:
                line = line[os.write(fd, line) :]
        finally:
            os.close(fd)

    def _tell(self, record: Recording, answer: object, failure: Failure | None) -> None:
        """Hand a model call on as an event; what was answered from a record was one when it was recorded."""
        if self._events is None or record.operation is None or record.answered_by == "record":
            return
        reader, own = record.answer, record.answered_by == "proxy"
        outcome = "complete"
        if record.outcome == "cut":
            outcome = "cancelled" if answer is None else "abandoned"
            if answer is None:
                failure = failure or Failure(("Cancelled",), record.error or "", None)
        self._events.record(
            ObservedCall(
                vendor=record.operation.vendor,
                endpoint=record.operation.endpoint,
                ts=record.ts,
                duration_ms=_ms(record, record.ended) or 0.0,
                ttft_ms=_ms(record, reader.began_at if reader else None),
                method=record.method,
                url=record.url,
                request_headers=record.headers,
                request_body=record.body.kept or b"",
                status=None if own else record.status,
                response_headers=[] if own else record.answer_headers,
                streamed=reader is not None and reader.streamed,
                answer=None if own else answer,
                answer_bytes=reader.spool.kept if reader and not own else None,
                chunks=reader.chunks if reader else None,
                failure=failure,
                outcome=outcome,
            )
        )


def _failure(record: Recording) -> Failure | None:
    """What went wrong beside the HTTP status."""
    if record.outcome == "failed":
        return Failure(record.error_names or ("error",), record.error or "", None)
    if record.answer is None or (record.status or 500) >= 400:
        return None
    return record.answer.failure(whole=record.outcome == "complete")


def _error(record: Recording, said: Mapping[str, Any], failure: Failure | None) -> str | None:
    """What went wrong, in one line without secrets."""
    stated = said.get("error")
    if record.error is not None:
        words = record.error
    elif failure is not None:
        words = f"{failure.names[0]}: {failure.message}"
    elif isinstance(stated, Mapping):
        words = f"{stated.get('type') or stated.get('code') or 'error'}: {stated.get('message') or ''}"
    elif record.status is not None and record.status >= 400:
        words = f"HTTP {record.status}"
    else:
        return None
    return secret_free(record.headers, words)


def _stop_reason(record: Recording, said: Mapping[str, Any]) -> str | None:
    if record.operation is None or not said:
        return None
    vendor, endpoint = record.operation.vendor, record.operation.endpoint
    event = {"provider": vendor.provider, "surface": endpoint.surface, "response_body": dict(said)}
    return Exchange.from_event(event).stop_reason


def _request_id(record: Recording) -> str | None:
    headers = record.answer_headers
    return text_of(headers, b"request-id") or text_of(headers, b"x-request-id")


def _ms(record: Recording, moment: float | None) -> float | None:
    return None if moment is None else round((moment - record.started) * 1000, 3)
