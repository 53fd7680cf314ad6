"""What a judge said, read from the text of its answer."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

Json = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Verdict:
    """What came of asking a judge.

    With an error there is no verdict, which is not the same as "not flagged".
    """

    model: str
    flagged: bool | None = None
    reason: str | None = None
    confidence: float | None = None
    """From 0 to 1."""
    raw: str | None = None
    """The whole answer."""
    error: str | None = None
    usage: Json | None = None
    cost_usd: float | None = None

    def as_dict(self) -> Json:
        """Return the verdict as it stands in `judge.jsonl`."""
        return {name: getattr(self, name) for name in self.__slots__}


def read_verdict(text: str) -> tuple[bool, str, float | None] | None:
    """Return flagged, reason and confidence from an answer; None where it holds no verdict."""
    decoder = json.JSONDecoder(strict=False)  # models break lines inside of a reason
    start = text.find("{")
    while start >= 0:
        try:
            found, _ = decoder.raw_decode(text, start)
        except ValueError:
            found = None
        if isinstance(found, dict) and isinstance(found.get("flagged"), bool):
            return found["flagged"], str(found.get("reason") or ""), _share(found.get("confidence"))
        start = text.find("{", start + 1)
    return None


def _share(value: object) -> float | None:
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    return min(1.0, max(0.0, float(value)))
