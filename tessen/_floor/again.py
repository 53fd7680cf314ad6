"""A request that an SDK sends once more, where only the HTTP library sees it.

What belongs here is holding a failed attempt back while the SDK that has made it is still at work. If it
sends the same request again, that is the next attempt of the same call; if it comes to its end, the failure
is the call's. A program that asks again by itself makes a new call, for no SDK is at work in between. What is
held back shows in the log as a call under way, and is never held for longer than `HELD_FOR`.
"""

from __future__ import annotations

import time
import weakref
from typing import Any

from tessen import _account, _guard
from tessen._call import Call, Tee
from tessen._event import Event
from tessen._floor.at_work import Mark, mark, owners_above
from tessen._outcome import Outcome
from tessen._problems import is_cancellation

HELD_FOR = 120.0
"""Seconds after a failure at which nobody expects another attempt any more."""

_LOOK_AFTER, _LOOK_LATEST = 0.05, 1.0
_LOOKS = 8
"""A look is due when one of so many parts of the time that it has been held for has passed again."""


class FloorCall(Call):
    """A call that only the HTTP library sees."""

    ends_with_http = True
    _mark: weakref.ref[Mark] | None = None
    """In the SDK's function that is at work, if there is one, once an attempt has failed."""
    _held: Event
    """The event that the last failure makes; only there while it is held back."""
    _held_since = 0.0

    def attempt_began(self, request: Any) -> None:
        """Note a request that is about to be sent."""
        self._unmark()
        super().attempt_began(request)

    def attempt_failed(self, problem: BaseException) -> None:
        """Note that the request brought no answer."""
        super().attempt_failed(problem)
        if not is_cancellation(problem):
            self._expect_another()

    def attempt_answered(self, response: Any, tee: Tee | None = None) -> None:
        """Note the answer to the request."""
        super().attempt_answered(response, tee)
        if self._has_failed():
            self._expect_another()

    def record(self, result: Outcome) -> None:
        """Write the call's event, or hold it back if another attempt may follow."""
        if "_held" in vars(self):
            return
        found = self._marked()
        if found is None or not _may_be_tried_again(result) or not found.goes_on():
            super().record(result)
        elif not self.recorded:
            self._hold(result._replace(outcome="complete"))  # the SDK does not read all of a failure

    def goes_on_with(self, request: Any) -> bool:
        """Whether a request that the SDK sends is the next attempt of this call."""
        if self.recorded or not self._has_failed() or str(request.url) != str(self._request.url):
            return False
        counted, key = (request.headers.get(name) for name in _MARKS)
        same_key = key == self._request.headers.get(_MARKS[1])
        return counted != "0" and same_key and _content(request) == self.wire

    def begin_again(self) -> None:
        """Expect the next attempt."""
        vars(self).pop("_held", None)
        self.recorder.stream_closed(self)
        if self.stream is not None:
            self.stream.forget()
            self.recorder.stream_closed(self.stream)
        self.stream = self.response = None

    def look(self) -> float | None:
        """See whether what is held back is due; return in how many seconds to look again, None for never."""
        if "_held" not in vars(self):
            return None
        held_for = time.monotonic() - self._held_since
        found = self._marked()
        if found is None or held_for > HELD_FOR or not found.goes_on():
            self.dropped()
            return None
        return min(max(held_for / _LOOKS, _LOOK_AFTER), _LOOK_LATEST)

    def sdk_is_gone(self) -> None:
        """Note that the SDK will not try again."""
        self._write_held(soon=True)

    def dropped(self) -> None:
        """Write what is held back, whatever may follow."""
        self._write_held(soon=False)

    def forget(self) -> None:
        """Let what is held back go without an event: it is another process's to record."""
        vars(self).pop("_held", None)

    @_guard.guarded("looking for the SDK at work")
    def _expect_another(self) -> None:
        headers = self._request.headers
        found = mark(self, retries=any(headers.get(name) is not None for name in _MARKS))
        self._mark = None if found is None else weakref.ref(found)

    def _marked(self) -> Mark | None:
        return None if self._mark is None else self._mark()

    def _unmark(self) -> None:
        found = self._marked()
        if found is not None:
            found.owner = None
        self._mark = None

    def _has_failed(self) -> bool:
        """Whether the last attempt has."""
        last = self.attempts[-1] if self.attempts else None
        return last is not None and (last.status is None or last.status >= 400)

    def _hold(self, result: Outcome) -> None:
        self._note_secrets()
        self._held = _account.event_of(self, result)
        self._held_since = time.monotonic()
        self.recorder.hold(self)

    @_guard.guarded("recording a failed call")
    def _write_held(self, *, soon: bool) -> None:
        event = vars(self).pop("_held", None)  # nobody else gets it
        if event is None:
            return
        self.recorded = True
        self.response = None
        self._unmark()
        self.recorder.stream_closed(self)
        self.recorder.record(event, self._secrets, soon=soon, then=self._over)


def continued(request: Any) -> FloorCall | None:
    """Return the call of which a request is the next attempt, made ready for it; None if it is a new one."""
    for call in owners_above():
        if isinstance(call, FloorCall):
            if call.goes_on_with(request):
                call.begin_again()
                return call
            call.dropped()  # its SDK has gone on to something else
    return None


_MARKS = ("x-stainless-retry-count", "idempotency-key")
"""Headers by which an SDK tells the vendor that it sends a request again."""


def _may_be_tried_again(result: Outcome) -> bool:
    return result.error is not None and result.outcome != "cancelled" and not result.collected


def _content(request: Any) -> bytes | None:
    try:
        content: bytes = request.content
    except Exception:
        return None  # an upload that is read as it is sent
    return content
