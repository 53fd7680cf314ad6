"""Lines into columns, the fast way: only what becomes a column is decoded, the rest is skipped.

What belongs here is the line as recorders write it. What is not so raises, and is left to `patience.py`.
Source of the field names: the documented event of the tessen log format, and the vendors' answers in it.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from operator import attrgetter
from typing import Final

import msgspec

from capture.log.columns import ASKED_TOOL, BATCH, ERROR, NO_COUNT, OUTCOMES, STREAMED
from tessen._shapes import items, mapping, text, whole
from tessen.reading.call_place import place_text
from tessen.reading.mend import mended, model_of, response_body
from tessen.reading.parse import parse_any
from tessen.usage import Usage, normalise

NAN: Final = math.nan
COMPLETE: Final = OUTCOMES[0]
OUTCOME_NUMBER: Final = {name: number for number, name in enumerate(OUTCOMES)}


class Error(msgspec.Struct, gc=False):
    """Of an error, what kind it is."""

    type: str = ""
    status_code: int | None = None


class Counts(msgspec.Struct, gc=False):
    """Tokens, under the names of the recorder's own usage; `NO_COUNT` for what is not reported."""

    input_tokens: int = NO_COUNT
    output_tokens: int = NO_COUNT
    cache_read_tokens: int = NO_COUNT
    cache_write_tokens: int = NO_COUNT


class _Choice(msgspec.Struct, gc=False):
    finish_reason: str | None = None


class _Item(msgspec.Struct, gc=False):
    type: str = ""


class _Written(msgspec.Struct, gc=False):
    ephemeral_1h_input_tokens: int | None = None


class Charged(msgspec.Struct, gc=False):
    """Of the vendor's own counts, what makes a call cheaper or dearer."""

    service_tier: str | None = None
    cache_creation: _Written | None = None


class Answer(msgspec.Struct, gc=False):
    """Of an answer's body, why it stopped, and how it is charged."""

    stop_reason: str | None = None
    finish_reason: str | None = None
    choices: tuple[_Choice, ...] = ()
    output: tuple[_Item, ...] = ()
    service_tier: str | None = None
    usage: Charged | None = None


NO_SITE: Final = msgspec.Raw(b"null")


class Fields(msgspec.Struct, gc=False):
    """What of an event becomes a column."""

    event_id: str
    ts: float
    status: str
    agent_name: str = ""
    session_id: str = ""
    provider: str | None = None
    surface: str | None = None
    duration_ms: float = NAN
    ttft_ms: float = NAN
    streamed: bool = False
    error: Error | None = None
    quality_signals: tuple[str, ...] = ()
    attempts: tuple[msgspec.Raw, ...] = ()
    outcome: str = COMPLETE
    usage: Counts | None = None
    model: str | None = None
    v: int | None = None
    casted_response: Answer | None = None
    response_body: Answer | None = None
    call_site: msgspec.Raw = NO_SITE


_fields = msgspec.json.Decoder(Fields)

decode: Final = _fields.decode
"""Decode one line; raises ValueError (not as expected) or RecursionError."""

decode_lines: Final = _fields.decode_lines
"""Decode many at once, which is faster than one by one; raises the same."""

_everything: Final = msgspec.json.Decoder().decode

_TOOL_REASONS = frozenset({"tool_use", "tool_calls", "function_call", "TOOL_CALL"})
_TOOL_ITEMS = frozenset({"function_call", "custom_tool_call", "computer_call", "local_shell_call"})


def complete(event: Fields, line: bytes) -> None:
    """Fill in what a line does not say in so many words: an old recorder's, or that of a call unanswered."""
    said = mended(_everything(line))
    error = mapping(said.get("error"))
    event.status = "error" if error else event.status
    event.error = Error(text(error.get("type")) or "", whole(error.get("status_code"))) if error else None
    event.quality_signals = tuple(items(said.get("quality_signals")))
    event.usage = counts_of(normalise(said.get("usage")))
    event.model = model_of(said, response_body(said))


def counts_of(usage: Usage | None) -> Counts:
    """A normalised usage as columns."""
    if usage is None:
        return Counts()
    return Counts(usage.input_tokens, usage.output_tokens, usage.cache_read_tokens, usage.cache_write_tokens)


def flags(events: Sequence[Fields]) -> list[int]:
    """The column of that name."""
    return [
        (event.error is not None or event.status == "error") * ERROR
        | event.streamed * STREAMED
        | (0 if (answer := event.casted_response or event.response_body) is None else _flags_of(answer))
        for event in events
    ]


def hour_writes(events: Sequence[Fields]) -> list[int]:
    """The column of that name."""
    return [
        0
        if (answer := event.casted_response or event.response_body) is None
        or answer.usage is None
        or answer.usage.cache_creation is None
        else max(0, answer.usage.cache_creation.ephemeral_1h_input_tokens or 0)
        for event in events
    ]


def sites(events: Iterable[Fields]) -> Iterable[str]:
    """The column of that name."""
    return map(_sites.__getitem__, map(bytes, map(_call_site, events)))


_call_site = attrgetter("call_site")


class _Sites(dict[bytes, str]):
    """Call sites as one string, by what stands in the line: few lines say it differently."""

    def __missing__(self, written: bytes) -> str:
        if len(self) >= _MOST_SITES:
            self.clear()
        try:
            said = place_text(mapping(parse_any(written))) or ""
        except (ValueError, RecursionError):  # nested to break a parser
            said = ""
        self[written] = said
        return said


_sites = _Sites()
_MOST_SITES = 4_096


def charged(batch: bool, hours: int) -> Charged:
    """What makes a call cheaper or dearer, as an answer says it."""
    return Charged("batch" if batch else None, _Written(hours))


def _flags_of(answer: Answer) -> int:
    tier = answer.service_tier if answer.usage is None else answer.usage.service_tier or answer.service_tier
    return _asked_tool(answer) * ASKED_TOOL | (tier == "batch") * BATCH


def _asked_tool(answer: Answer) -> bool:
    """Whether the answer leaves the program to run a tool."""
    if answer.stop_reason is not None:
        return answer.stop_reason in _TOOL_REASONS
    if answer.choices:
        return answer.choices[0].finish_reason in _TOOL_REASONS
    if answer.output:
        return answer.output[-1].type in _TOOL_ITEMS
    return answer.finish_reason in _TOOL_REASONS
