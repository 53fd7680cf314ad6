"""One streamed answer as it passes by.

What belongs here is what a call learns from the bytes of its answer while the program reads them, and how it
tells the ways in which that reading can end. It holds nothing of the HTTP library's: the program may drop the
answer at any moment, and what it drops must be free to go.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, NamedTuple

from tessen import _guard, _headers
from tessen._aws_events import CONTENT_TYPE, AwsEventParser
from tessen._decode import decoder_for
from tessen._plain_events import PlainEvents
from tessen._problems import is_cancellation
from tessen._sse import SseParser
from tessen.vendors.interface import Assembler, Failure

if TYPE_CHECKING:
    from tessen._call import Call

MOST_TEXT = 256 << 10
"""Bytes that are kept of a text that goes on and on, such as the lines of a batch's results."""
_BEGINNINGS = (b"data:", b"event:", b"id:", b"retry:", b":")
"""What a stream of events begins with."""
_MOST_JSON = 8 << 20
"""Bytes up to which one value of JSON is kept: it can only be read as a whole."""


class Ending(NamedTuple):
    """How the reading of a streamed answer ended, and what had arrived by then."""

    outcome: str
    """complete, abandoned, cancelled or exception."""
    broken: BaseException | None
    """What broke the answer off: the connection, or the SDK over what it could not read."""
    failure: Failure | None
    """What the vendor, or the answer's early end, says went wrong."""
    collected: bool
    """Whether this is noticed while objects are being collected, when nothing may wait."""


class StreamRecord:
    """What has been seen of one answer. Every method is safe to call at any time, and never raises."""

    def __init__(self, call: Call, response: Any) -> None:
        """Begin with an answer whose headers have come.

        Args:
            call: The call it answers.
            response: The HTTP library's response; not kept.
        """
        self.call: Call | None = call
        self.ttft_ms: float | None = None
        self.content_type: str = response.headers.get("content-type") or ""
        self.assembler: Assembler | None = None
        self._parser = _parser_for(self.content_type)
        if self._parser is not None:
            dialect = call.endpoint.dialect
            self.assembler = PlainEvents() if dialect is None else dialect.assembler()
        self.raw = bytearray()
        """The body so far, or its beginning, where it is text that is no stream of events."""
        self.size = 0
        """Bytes of the body so far."""
        self._room = _room_for(self.content_type)
        self._decode: Callable[[bytes], bytes] = decoder_for(response)
        self._undecodable: Exception | None = None
        """Why no more of the body can be read."""

    @property
    def is_events(self) -> bool:
        """Whether it is a stream of events."""
        return self._parser is not None

    @_guard.guarded("reading a streamed answer")
    def feed(self, chunk: bytes) -> None:
        """Take bytes that the program is about to receive."""
        if self.call is None or self._undecodable is not None:
            return
        try:
            data = self._decode(chunk)
        except Exception as problem:  # the program's own decoder is about to say so
            self._undecodable = problem
        else:
            self._take(data)

    @_guard.guarded("reading a streamed answer")
    def was_read(self, body: bytes) -> None:
        """Take a body, decoded, that was read as a whole before the program could read it piece by piece."""
        self._take(body)
        self.ended()

    @_guard.guarded("recording the end of a stream")
    def ended(self) -> None:
        """Note that the whole body has arrived."""
        if self.call is None:
            return
        failure = None
        if self.assembler is not None:
            for event, data in self._parser.end() if self._parser else ():
                self.assembler.feed(event, data)
            failure = self.assembler.failure
            if failure is None and self.assembler.marks_its_end and not self.assembler.ended_well():
                failure = Failure(
                    ("IncompleteStream",), "the stream ended before the answer was complete", None
                )
        self._finish("complete", failure=failure)

    @_guard.guarded("recording the end of a stream")
    def broke(self, problem: BaseException) -> None:
        """Note that reading failed, was cancelled, or was broken off (GeneratorExit)."""
        if isinstance(problem, GeneratorExit):
            return  # the reader let go; closing follows and knows more
        if is_cancellation(problem):
            self._finish("cancelled")
        else:
            self._finish("complete", broken=problem)

    @_guard.guarded("recording the end of a stream")
    def closed(self) -> None:
        """Note that the answer was closed; if it was still incomplete, tell why from what is going on."""
        if self.call is None:
            return
        problem = _exception_in_progress(self.call.entered)
        failure = self.assembler.failure if self.assembler else None
        if failure is not None:
            self._finish("complete", broken=problem, failure=failure)
        elif problem is None:
            self._finish(self._when_let_go())
        elif is_cancellation(problem):
            self._finish("cancelled")
        elif self.assembler is not None and self.assembler.malformed:
            self._finish("complete", broken=problem)
        else:
            self._finish("exception")

    @_guard.guarded("recording the end of a stream")
    def dropped(self) -> None:
        """Note that the answer was garbage-collected unread or half read."""
        failure = self.assembler.failure if self.assembler else None
        self._finish("complete" if failure else self._when_let_go(), failure=failure, collected=True)

    def forget(self) -> None:
        """Let this answer go without an event: it is another process's to record."""
        self.call = None

    def _when_let_go(self) -> str:
        """The outcome where the program reads no further, which many do before the end marker has come."""
        return "complete" if self.assembler is not None and self.assembler.ended_well() else "abandoned"

    def _take(self, data: bytes) -> None:
        if not self.size and self._parser is None:
            self._look_for_events(data)
        self.size += len(data)
        if self.assembler is None or self._parser is None:
            self._keep(data)
            return
        for event, text in self._parser.feed(data):
            self.assembler.feed(event, text)
        if self.assembler.began and self.ttft_ms is None and self.call is not None:
            self.ttft_ms = (time.perf_counter() - self.call.started) * 1000
        if self.assembler.done:
            self._finish("complete", failure=self.assembler.failure)

    def _look_for_events(self, first: bytes) -> None:
        """Take an answer for the events that were asked for, as the SDKs do, whatever it calls itself."""
        call = self.call
        if call is None or not call.asked_to_stream or call.endpoint.dialect is None:
            return
        if first.lstrip().startswith(_BEGINNINGS):
            self._parser = SseParser()
            self.assembler = call.endpoint.dialect.assembler()

    def _keep(self, data: bytes) -> None:
        """Keep what there is room for; of what turns out to be too long, the beginning."""
        if self.size <= self._room:
            self.raw += data
        elif self._room and len(self.raw) != MOST_TEXT:
            self.raw += data[:MOST_TEXT]
            del self.raw[MOST_TEXT:]

    def _finish(
        self,
        outcome: str,
        *,
        broken: BaseException | None = None,
        failure: Failure | None = None,
        collected: bool = False,
    ) -> None:
        call, self.call = self.call, None
        if call is None:
            return
        if broken is None and self._undecodable is not None:
            outcome, broken = "complete", self._undecodable
        call.stream_ended(self, Ending(outcome, broken, failure, collected))
        self.assembler = None
        self.raw = bytearray()


def _parser_for(content_type: str) -> SseParser | AwsEventParser | None:
    """What takes a stream of events apart; None for a body that is none."""
    if content_type.startswith("text/event-stream"):
        return SseParser()
    return AwsEventParser() if content_type.startswith(CONTENT_TYPE) else None


def _room_for(content_type: str) -> int:
    """Return how many bytes of a body are kept that is no stream of events."""
    if not _headers.is_text(content_type):
        return 0
    return _MOST_JSON if _headers.is_one_value(content_type) else MOST_TEXT


def _exception_in_progress(entered: int) -> BaseException | None:
    """Return the exception that is unwinding the program just now, if it is not the one from before the call.

    Args:
        entered: The `id` of the exception that was being handled when the call began.
    """
    problem = sys.exc_info()[1]
    while isinstance(problem, GeneratorExit | StopIteration | StopAsyncIteration):
        problem = problem.__context__  # a generator being closed hides what it is closed for
    return None if problem is None or id(problem) == entered else problem
