"""Which vendor's judge looks at an old event's answer.

What belongs here finds the judges that the recorder itself uses: by the address that was called, and by the
answer's shape where the address is a compatible server's.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import urlsplit

from tessen._shapes import text
from tessen.vendors import anthropic, openai_chat, openai_responses
from tessen.vendors.every import VENDORS

Judge = Callable[[bytes | None, Mapping[str, Any]], list[str]]
"""(request body, whole answer) → content and cache signals, in their order."""

_BY_SHAPE: tuple[tuple[str, Judge], ...] = (
    ("choices", openai_chat.signals),
    ("output", openai_responses.signals),
    ("stop_reason", anthropic.signals),
)


def judge_of(event: dict[str, Any], answered: dict[str, Any]) -> Judge | None:
    """Return the judge of an answer; None where no model was asked, or in no known protocol."""
    path = _path(event.get("http_url"))
    provider = text(event.get("provider"))
    provider = "google_gemini" if provider == "gemini" else provider
    for vendor in VENDORS:
        if vendor.provider == provider:
            for way in (path, f"/v1beta{path}"):  # old recorders left the version out of some addresses
                endpoint = vendor.asks_a_model(way) or vendor.endpoint("POST", way)
                if endpoint.dialect is not None:
                    return endpoint.dialect.signals
    return next((judge for key, judge in _BY_SHAPE if key in answered), None)


def _path(url: object) -> str:
    try:
        return urlsplit(text(url) or "").path
    except ValueError:
        return ""
