"""What an answer says, learnt as soon as it has passed.

What belongs here is the way of an answer's bytes through decoding into the record's text, and into the value
that the rest of the record is made from: the vendor's own assembler puts a stream together. All of it runs in
the disk's thread.
"""

from __future__ import annotations

import json
import re

from capture.proxy.decoding import decoder_for
from capture.proxy.headers import Headers, text_of
from capture.proxy.spool import TAKEN_APART, Spool
from tessen.observed import AwsEventParser, SseParser
from tessen.vendors.interface import Assembler, Endpoint, Failure

_SSE, _AWS = "text/event-stream", "application/vnd.amazon.eventstream"
_ESSENTIAL = re.compile(r'"usage":\s*\{|"message_stop"|"error":\s*[{"]|^\[DONE\]')
"""What a stream that is too large to be put together is still looked through for."""


class AnswerReader:
    """Follows one answer.

    Args:
        spool: Where its text goes; it keeps the body if this is not a stream.
        headers: The answer's.
        endpoint: The operation that it answers; None for one that asks no model.
    """

    def __init__(self, spool: Spool, headers: Headers, endpoint: Endpoint | None) -> None:
        encoding = text_of(headers, b"content-encoding") or ""
        self.spool = spool
        self.decoded_from = encoding if decoder_for(encoding) else None
        """The content encoding that is undone in the record."""
        self.streamed = is_event_stream(headers)
        self.began_at: float | None = None
        """When the first piece of content had arrived, by `time.perf_counter()`."""
        self._decode = decoder_for(encoding)
        self._assembler: Assembler | None = None
        if self.streamed and endpoint is not None and endpoint.dialect is not None:
            self._assembler = endpoint.dialect.assembler()
        self._framed = _content_type(headers).startswith(_AWS)
        self._parser: SseParser | AwsEventParser = AwsEventParser() if self._framed else SseParser()
        self._line = 0
        """Bytes of the stream's line that is being received; of a stream in frames, all bytes."""

    @property
    def done(self) -> bool:
        """Whether a stream's last event has arrived, whatever may still come."""
        return self._assembler is not None and self._assembler.done

    @property
    def chunks(self) -> int | None:
        """Events of a stream that carried something."""
        return self._assembler.chunks if self._assembler else None

    def feed(self, data: bytes, arrived: float) -> None:
        """Take the next bytes as they came.

        Args:
            data: The bytes.
            arrived: When they did, by `time.perf_counter()`.
        """
        if self.spool.problem is not None and self._decode is not None:
            return
        try:
            for piece in self._decode(data) if self._decode else (data,):
                self._take(piece, arrived)
        except ValueError as problem:
            self.spool.fail(ValueError(f"not in the encoding {self.decoded_from} that it claims ({problem})"))

    def end(self) -> None:
        """Take the end of the body."""
        if self._assembler is not None:
            for event, data in self._parser.end():
                self._assembler.feed(event, data)

    def value(self) -> object:
        """Return the body parsed, or put together; text if it is not JSON; None for nothing or too much."""
        if self._assembler is not None:
            return self._assembler.body()
        body = self.spool.kept
        if not body:
            return None
        try:
            return json.loads(body)
        except (ValueError, RecursionError):
            return body.decode("utf-8", "replace")

    def failure(self, *, whole: bool) -> Failure | None:
        """Return what went wrong in the midst of a stream: stated in it, or that it ended before its end.

        Args:
            whole: Whether the HTTP message came to its end.
        """
        if self._assembler is None:
            return None
        if self._assembler.failure is None and whole and not self._assembler.ended_well():
            return Failure(("IncompleteStream",), "the stream ended before the answer was complete", None)
        return self._assembler.failure

    def _take(self, piece: bytes, arrived: float) -> None:
        self.spool.add(piece)
        if self._assembler is None or not piece:
            return
        newline = -1 if self._framed else piece.rfind(b"\n")
        self._line = self._line + len(piece) if newline < 0 else len(piece) - newline - 1
        if self._line > TAKEN_APART:
            self._assembler = None
            return
        for event, data in self._parser.feed(piece):
            if self.spool.size <= TAKEN_APART or _ESSENTIAL.search(data):
                self._assembler.feed(event, data)
        if self._assembler.began and self.began_at is None:
            self.began_at = arrived


def is_event_stream(headers: Headers) -> bool:
    """Whether an answer is a stream of events: server-sent ones, or in Amazon's frames."""
    return _content_type(headers).startswith((_SSE, _AWS))


def _content_type(headers: Headers) -> str:
    return (text_of(headers, b"content-type") or "").lower()
