"""A request that an SDK sends once more, where only the HTTP library sees it.

What belongs here is recognising it: by the count that the SDK sends along, by its idempotency key, or since
it is the very request that has just failed. A program that asks again by itself does none of this, and makes
a new call. When an attempt fails nobody here knows that another will follow, so it leaves its event at once;
the attempt that follows lists it among its own.
"""

from __future__ import annotations

import time
import weakref
from contextvars import ContextVar
from typing import Any, NamedTuple

from tessen._call import Call
from tessen._event import Attempt
from tessen._outcome import Outcome

_WINDOW_S = 120.0
"""How long after a failure an SDK may still be waiting to try again."""


class _Failed(NamedTuple):
    """What has last failed in this context."""

    at: float
    request: weakref.ref[Any]
    url: str
    key: str | None
    attempts: tuple[Attempt, ...]


_failed: ContextVar[_Failed | None] = ContextVar("tessen_failed", default=None)


class FloorCall(Call):
    """A call that only the HTTP library sees."""

    ends_with_http = True

    def begin_with(self, request: Any) -> None:
        """Take over the attempts of which this request is the next, if it is that."""
        before = _failed.get()
        _failed.set(None)
        if before is not None and _is_again(before, request):
            self.attempts = before.attempts

    def record(self, result: Outcome) -> None:
        """Write the call's event, and remember what has failed in case it is sent once more."""
        request = self._request
        if result.error is not None and request is not None and not self.recorded:
            known = (weakref.ref(request), str(request.url), _key(request))
            _failed.set(_Failed(time.monotonic(), *known, self.attempts))
        super().record(result)


def _is_again(before: _Failed, request: Any) -> bool:
    if time.monotonic() - before.at > _WINDOW_S:
        return False
    if request is before.request():
        return True
    if str(request.url) != before.url:
        return False
    counted = request.headers.get("x-stainless-retry-count") not in (None, "", "0")
    return counted or (before.key is not None and _key(request) == before.key)


def _key(request: Any) -> str | None:
    key: str | None = request.headers.get("idempotency-key")
    return key
