"""The cursor itself: one exchange of a record, as it must be known in order to be asked again."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tessen.usage import Usage
from tessen.vendors.every import VENDORS
from tessen.vendors.interface import Endpoint, Vendor


class CursorError(ValueError):
    """There is nothing at this place that could be asked again. The message is one line."""


@dataclass(frozen=True, slots=True)
class Recorded:
    """One exchange on record, without its bodies."""

    number: int
    """Its number in the record, from 1."""
    url: str | None
    """Where it went; None where that is not on record."""
    path: str
    """What was asked for there, such as `/v1/messages?beta=true`."""
    headers: dict[str, str] = field(default_factory=dict)
    """As sent, but for what was too private to be recorded."""
    model: str | None = None
    agent_context: str | None = None
    """main, subagent or sdk_internal."""
    message_count: int | None = None
    status: int | None = None
    stop_reason: str | None = None
    usage: Usage | None = None
    """What its answer took."""
    provider: str | None = None
    """Whose API it is, where several have the same paths."""

    @property
    def asks_a_model(self) -> bool:
        """Whether it can be asked again at all."""
        return spoken_at(self.path, self.provider) is not None


@dataclass(frozen=True, slots=True)
class Cursor:
    """A place in a record."""

    exchanges: Sequence[Recorded]
    """The record, in order."""
    place: int
    """Index in `exchanges` of the one that it stands at."""
    body: bytes
    """The exact bytes of the request there."""
    results: Path
    """The folder for what comes of asking it again; it need not exist."""
    title: str
    """What it stands at, for people."""

    @property
    def at(self) -> Recorded:
        """The exchange that it stands at."""
        return self.exchanges[self.place]

    @property
    def protocol(self) -> tuple[Vendor, Endpoint]:
        """Whose API the request speaks.

        Raises:
            CursorError: it asks no model.
        """
        found = spoken_at(self.at.path, self.at.provider)
        if found is None:
            raise CursorError(f"{self.title} asks no model ({self.at.path})")
        return found


def spoken_at(path: str, provider: str | None = None) -> tuple[Vendor, Endpoint] | None:
    """Return whose API is spoken at a path, and which operation; None for one that asks no model.

    Args:
        path: With or without a query.
        provider: The vendor to look at first: several have the same paths.
    """
    bare = path.split("?", 1)[0]
    for vendor in sorted(VENDORS, key=lambda each: each.provider != provider):
        endpoint = vendor.asks_a_model(bare)
        if endpoint is not None and endpoint.dialect is not None:
            return vendor, endpoint
    return None


def count_or_none(value: Any) -> int | None:
    """Return a value of a foreign file if it is a count."""
    return value if isinstance(value, int) and not isinstance(value, bool) and value >= 0 else None


def text_or_none(value: Any) -> str | None:
    """Return a value of a foreign file if it is a text."""
    return value if isinstance(value, str) and value else None
