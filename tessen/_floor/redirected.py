"""A redirection that a library above the hooked one follows: requests, urllib3's own pool manager.

What belongs here is a call's wait for the request that its answer sends the program to, which is no call of
its own. Where the program is not sent there, the answer was the call's: it is recorded when the next request
is sent in the same context, or when recording ends.
"""

from __future__ import annotations

from contextvars import ContextVar
from typing import Any
from urllib.parse import urljoin

from tessen._call import Call


class _Redirected:
    """A call that was answered with another address."""

    def __init__(self, call: Call, url: str) -> None:
        self._call: Call | None = call
        self._url = url
        call.recorder.stream_opened(self)

    def goes_on_with(self, request: Any) -> Call | None:
        """Return the call if a request is the one that its answer asked for."""
        return self._call if str(request.url) == self._url else None

    def followed(self) -> None:
        """Leave the call to the request that follows; the redirection itself is no attempt of it."""
        call = self._settle()
        if call is not None:
            call.attempts = call.attempts[:-1]

    def dropped(self) -> None:
        """Note that the answer was the last."""
        call = self._settle()
        if call is not None:
            call.returned()

    def forget(self) -> None:
        """Let the call go without an event: it is another process's to record."""
        self._call = None

    def _settle(self) -> Call | None:
        call, self._call = self._call, None
        if call is not None:
            call.recorder.stream_closed(self)
        return call


_redirected: ContextVar[_Redirected | None] = ContextVar("tessen_redirected", default=None)


def expect(call: Call, asked: str, location: str) -> None:
    """Expect the request that an answer asks for.

    Args:
        call: The call that was answered.
        asked: The address that it asked.
        location: Where that sends it to.
    """
    _redirected.set(_Redirected(call, urljoin(asked, location).partition("#")[0]))


def continued(request: Any) -> Call | None:
    """Return the call that a request goes on with after a redirection; None for any other request."""
    waiting = _redirected.get()
    if waiting is None:
        return None
    _redirected.set(None)
    call = waiting.goes_on_with(request)
    if call is None:
        waiting.dropped()
    else:
        waiting.followed()
    return call
