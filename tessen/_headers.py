"""What is kept of an answer's headers: request ids, rate limits and retry hints, and never a cookie.

What belongs here is the list of headers that may be written, and the reading of the few that mean something.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Mapping
from typing import Generic, TypeVar

T = TypeVar("T")

_KEPT = frozenset(
    {
        b"request-id",
        b"x-request-id",
        b"x-amzn-requestid",
        b"x-should-retry",
        b"retry-after",
        b"retry-after-ms",
        b"openai-processing-ms",
        b"openai-version",
        b"mistral-correlation-id",
        b"x-debug-trace-id",
    }
)
_REQUEST_IDS = (
    *("request-id", "x-request-id", "x-amzn-requestid"),
    *("mistral-correlation-id", "x-debug-trace-id"),
)
_KEPT_PREFIXES = (
    *(b"anthropic-ratelimit-", b"x-ratelimit-", b"ratelimit"),
    *(b"x-trial-endpoint-call-", b"x-amzn-bedrock-"),
)


class ByName(dict[bytes, T], Generic[T]):
    """What a function says of a header's name; the same few come again and again, and are not asked twice.

    It is a dictionary, since nothing is quicker than looking into one, and fifty headers belong to a call.
    """

    _MOST = 512

    def __init__(self, judge: Callable[[bytes], T]) -> None:
        """Make one, empty; `judge` is asked about each name once."""
        super().__init__()
        self._judge = judge

    def __missing__(self, name: bytes) -> T:
        if len(self) >= self._MOST:
            self.clear()
        judged = self[name] = self._judge(name)
        return judged


def kept(raw: Iterable[tuple[bytes, bytes]]) -> dict[str, str]:
    """Return the headers that may be written, names in lower case.

    Args:
        raw: Names and values as bytes, in any case.
    """
    found = {}
    for any_case, value in raw:
        name = _kept_as[any_case]
        if name is not None:
            found[name] = value.decode("latin-1")
    return found


def _name_if_kept(any_case: bytes) -> str | None:
    """The name under which a header is written; None if it is not."""
    name = any_case.lower()
    return name.decode("latin-1") if name in _KEPT or name.startswith(_KEPT_PREFIXES) else None


_kept_as = ByName(_name_if_kept)


def retry_after(headers: Mapping[str, str]) -> float | None:
    """Return how many seconds the vendor asks to wait before a retry; None if it does not say."""
    for name, unit in (("retry-after-ms", 1000.0), ("retry-after", 1.0)):
        try:
            seconds = float(headers[name]) / unit
        except (KeyError, ValueError):
            continue
        return seconds if 0 <= seconds < 1e9 else None
    from email.utils import parsedate_to_datetime  # rarely needed, and slow to import

    try:
        when = parsedate_to_datetime(headers["retry-after"]).timestamp()
    except (KeyError, ValueError, OverflowError):
        return None
    return round(max(when - time.time(), 0.0), 3)


def request_id(headers: Mapping[str, str]) -> str | None:
    """Return the vendor's id of the request."""
    for name in _REQUEST_IDS:
        if headers.get(name):
            return headers[name]
    return None


def is_text(content_type: str) -> bool:
    """Whether a body of this type is text; one without a type is taken for JSON."""
    return not content_type or content_type.startswith("text/") or "json" in content_type


def is_one_value(content_type: str) -> bool:
    """Whether a text of this type is one value of JSON, and not lines of them or other text."""
    return not content_type or content_type.partition(";")[0].rstrip().endswith(("/json", "+json"))
