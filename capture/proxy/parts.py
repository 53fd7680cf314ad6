"""Parts of an HTTP message, as they come together.

What belongs here is what the relay asks of several parts at once.
"""

from __future__ import annotations

from collections.abc import Sequence

import h11


def content(parts: Sequence[h11.Event]) -> bytes:
    """Return what a message's parts hold of its body."""
    return b"".join(part.data for part in parts if isinstance(part, h11.Data))


def is_end(parts: Sequence[h11.Event]) -> bool:
    """Whether a message is over with these parts."""
    return bool(parts) and isinstance(parts[-1], h11.EndOfMessage)


def relayed(parts: Sequence[h11.Event]) -> list[h11.Event]:
    """Return parts as they travel on: a body without its trailer."""
    return [h11.EndOfMessage() if isinstance(part, h11.EndOfMessage) else part for part in parts]
