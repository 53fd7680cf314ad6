"""The fields of the filter language: names, meanings, examples, and how each one's values are read.

What belongs here is data for parsing, help and completion, and the one meaning of a glob.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Literal

Kind = Literal["name", "number", "time", "id"]


@dataclass(frozen=True, slots=True)
class Field:
    """One field of the filter language."""

    name: str
    meaning: str
    """A few words, for help."""
    example: str
    kind: Kind
    """name (globs, commas), number (comparisons, units), time (a duration back from now, or a date), id."""
    units: str = ""
    """For numbers: duration, money, count or bytes."""
    allowed: tuple[str, ...] = ()
    """For names: all there are, where they are few."""


_FINDINGS = (
    *("tool_loop", "failing_tool", "error_storm", "retry_storm", "error_rate", "latency", "spend"),
    *("cache_collapse", "context_growth", "stall", "no_answer", "any", "none"),
)

FIELDS: tuple[Field, ...] = (
    Field("status", "error or ok", "status:error", "name", allowed=("error", "ok")),
    Field("signal", "what was flagged; any, none", "signal:rate_limited,overloaded", "name"),
    Field("finding", "part of a pattern; any, none", "finding:tool_loop", "name", allowed=_FINDINGS),
    Field("agent", "the agent's name", "agent:bil*", "name"),
    Field("model", "the model that answered", "model:*haiku*", "name"),
    Field("provider", "the vendor", "provider:anthropic", "name"),
    Field("surface", "the SDK's method", "surface:*.stream", "name"),
    Field("site", "file:line:function of the call", "site:*agent.py:*", "name"),
    Field("session", "session id, or its beginning", "session:07a0b2ce", "id"),
    Field("event", "event id, or its beginning", "event:5187", "id"),
    Field("http", "HTTP status", "http:429,5xx", "number", "http"),
    Field("type", "the error's type", "type:*Timeout*", "name"),
    Field(
        "outcome",
        "how the call ended",
        "outcome:abandoned",
        "name",
        allowed=("complete", "abandoned", "cancelled", "exception", "killed"),
    ),
    Field("streamed", "whether the answer was streamed", "streamed:yes", "name", allowed=("yes", "no")),
    Field("dur", "duration", "dur>5s", "number", "duration"),
    Field("ttft", "time to first token", "ttft>800ms", "number", "duration"),
    Field("cost", "US dollars", "cost>0.10", "number", "money"),
    Field("tok", "tokens in and out", "tok>20k", "number", "count"),
    Field("in", "input tokens, cached included", "in>100k", "number", "count"),
    Field("out", "output tokens", "out<10", "number", "count"),
    Field("cached", "input tokens read from the cache", "cached=0", "number", "count"),
    Field("attempts", "HTTP requests made for the call", "attempts>1", "number", "count"),
    Field("size", "bytes of the line", "size>1MB", "number", "bytes"),
    Field("since", "not older than", "since:15m", "time"),
    Field("until", "not newer than", "until:2026-11-23T04:00", "time"),
)
"""Every field, in the order that help shows."""

FIELD_BY_NAME: dict[str, Field] = {field.name: field for field in FIELDS}


class ValueRefusedError(ValueError):
    """A value that a field cannot take; `str()` is the reason and `hint` an example of a good one."""

    def __init__(self, message: str, hint: str) -> None:
        super().__init__(message)
        self.hint = hint


Time = tuple[Literal["ago", "at"], float]
"""Seconds before now, or seconds since the epoch."""

Range = tuple[float, float]
"""The least and the greatest number that match, both included."""

_SCALE: dict[str, dict[str, float]] = {
    "duration": {"": 1, "ms": 1e-3, "s": 1, "m": 60, "h": 3600},
    "money": {"": 1, "$": 1},
    "count": {"": 1, "k": 1e3, "m": 1e6},
    "bytes": {"": 1, "b": 1, "k": 1e3, "kb": 1e3, "m": 1e6, "mb": 1e6, "g": 1e9, "gb": 1e9},
    "http": {"": 1},
}
_NUMBER = re.compile(r"(\$?)(\d{1,15}(?:\.\d{0,9})?|\.\d{1,9})([A-Za-z$]{0,3})", re.ASCII)
_AGO = re.compile(r"(\d{1,9}(?:\.\d{1,6})?)(s|m|h|d|w)", re.ASCII)
_AGO_SECONDS = {"s": 1, "m": 60, "h": 3600, "d": 86400, "w": 604800}
_HTTP_CLASS = re.compile(r"([1-5])(?:xx|XX|\*)")


def read_number(field: Field, text: str) -> Range:
    """Read a number with its unit, as a range: `5s`, `20k`, `$0.10`, and `4xx` for HTTP.

    Raises:
        ValueRefusedError: it is no number, or its unit is not one of this field's.
    """
    if field.units == "http" and (match := _HTTP_CLASS.fullmatch(text)):
        return float(match[1]) * 100, float(match[1]) * 100 + 99
    match = _NUMBER.fullmatch(text)
    scale = _SCALE[field.units]
    unit = (match[1] or match[3]).lower() if match else "?"
    if match is None or unit not in scale or (match[1] and match[3]):
        raise ValueRefusedError(
            f"'{field.name}' takes a number, not '{_short(text)}'", f"such as {field.example}"
        )
    value = float(match[2]) * scale[unit]
    return value, value


def read_time(field: Field, text: str) -> Time:
    """Read `15m`, `2h`, `7d` as a time ago, and ISO dates and times (UTC unless they say) as moments.

    Raises:
        ValueRefusedError: it is neither.
    """
    if match := _AGO.fullmatch(text):
        return "ago", float(match[1]) * _AGO_SECONDS[match[2]]
    try:
        moment = datetime.fromisoformat(text)
        seconds = moment.replace(tzinfo=moment.tzinfo or UTC).timestamp()
    except (ValueError, OverflowError):
        seconds = math.nan
    if not math.isfinite(seconds):
        reason = f"'{field.name}' takes a duration or a UTC time, not '{_short(text)}'"
        raise ValueRefusedError(reason, "such as 15m, 2h, 7d or 2026-11-23T04:00")
    return "at", seconds


def read_name(field: Field, text: str) -> str:
    """Read a name or a glob, in lower case.

    Raises:
        ValueRefusedError: the field has few names and this matches none of them.
    """
    name = _SYNONYMS.get((field.name, text.lower()), text.lower())
    if field.allowed and not any(glob(name)(each) for each in field.allowed):
        raise ValueRefusedError(
            f"'{field.name}' is never '{_short(text)}'", f"one of {', '.join(field.allowed)}"
        )
    return name


def read_id(field: Field, text: str) -> str:
    """Read an id or its beginning, in lower case."""
    if "*" in text.rstrip("*"):
        raise ValueRefusedError(f"'{field.name}' takes an id or its beginning", f"such as {field.example}")
    return text.rstrip("*").lower()


_SYNONYMS = {
    ("streamed", "true"): "yes",
    ("streamed", "1"): "yes",
    ("streamed", "false"): "no",
    ("streamed", "0"): "no",
    ("status", "failed"): "error",
    ("status", "err"): "error",
    ("finding", "loop"): "tool_loop",
}


def glob(pattern: str) -> Callable[[str], bool]:
    """Return the test whether a text is as the pattern (`*` any text, `?` any character) says."""
    if not set("*?") & set(pattern):
        wanted = pattern.lower()
        return lambda text: text.lower() == wanted
    parts = (".*" if c == "*" else "." if c == "?" else re.escape(c) for c in re.sub(r"\*+", "*", pattern))
    match = re.compile("".join(parts), re.IGNORECASE | re.DOTALL).fullmatch
    return lambda text: match(text) is not None


def _short(text: str) -> str:
    return text if len(text) <= 30 else text[:29] + "…"
