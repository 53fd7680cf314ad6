"""What a call used and where it came from, as sections of a document: usage, the call, the raw line."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from tessen.exchange import Exchange
from tessen.format import duration, moment, money, plural, size
from tessen.sanitise import one_line
from widgets.event_talk import BODY, section
from widgets.json_lines import compact, inline_json, json_items, pretty
from widgets.lines import Fold, Item, Line, Span, line
from widgets.text_lines import text_items

_LABEL = 13
_SLOW_READ = 50.0
"""Milliseconds of answering below which a speed in tokens a second would be noise."""


def usage_section(exchange: Exchange, cost_usd: float | None) -> Fold:
    """Tokens in and out, what they cost, and how fast they came."""
    usage = exchange.usage
    body: list[Item] = []
    if usage is None:
        body.append(line(("the answer reports no usage", "dim"), indent=BODY))
    else:
        fresh = usage.input_tokens - usage.cache_read_tokens - usage.cache_write_tokens
        body.append(_number("input", usage.input_tokens, "tokens"))
        if usage.cache_read_tokens or usage.cache_write_tokens:
            body.append(_number("  cached", usage.cache_read_tokens, "read from the prompt cache"))
            body.append(_number("  written", usage.cache_write_tokens, "written to the prompt cache"))
            body.append(_number("  fresh", max(0, fresh), "at the full price"))
        body.append(_number("output", usage.output_tokens, "tokens"))
        if usage.reasoning_tokens:
            body.append(_number("  reasoning", usage.reasoning_tokens, "thought, not shown"))
        body.append(
            fact("cost", money(cost_usd) if cost_usd is not None else "unpriced: no list knows this model")
        )
    speed = _speed(exchange)
    body += [fact("speed", speed)] if speed else []
    if exchange.raw_usage:
        body.append(_fold("As the vendor counts", exchange.raw_usage))
    return section("Usage", body)


def call_section(exchange: Exchange, place: str) -> Fold:
    """Where the call came from and went to: ids, call site, address, timing, headers.

    Args:
        exchange: the event.
        place: the line's place on disk, in words.
    """
    site = exchange.call_site
    where = f"{site.file}:{site.line or '?'}" + (f" in {site.func}" if site.func else "") if site else None
    body: list[Item] = [
        fact(label, value)
        for label, value in (
            ("called from", where),
            ("agent", exchange.agent),
            ("when", moment(exchange.ts)),
            ("took", duration(exchange.duration_ms)),
            ("first token", duration(exchange.ttft_ms) if exchange.ttft_ms is not None else None),
            ("stream", _stream_words(exchange)),
            ("outcome", exchange.outcome if exchange.outcome != "complete" else None),
            ("provider", exchange.provider),
            ("surface", exchange.surface),
            ("address", " ".join(w for w in ((exchange.method or "").upper(), exchange.url) if w)),
            ("asked model", exchange.asked_model if exchange.asked_model != exchange.model else None),
            ("session", exchange.session_id),
            ("event", exchange.event_id),
            ("on disk", place),
        )
        if value
    ]
    body += [fact(name, inline_json(value)) for name, value in exchange.extra.items()]
    if exchange.answer_facts:
        body.append(_fold("Of the answer", exchange.answer_facts))
    if exchange.headers:
        body.append(headers_fold("Headers", exchange.headers))
    return section("Call", body)


def raw_section(event: dict[str, Any], raw: bytes) -> Fold:
    """The event as JSON, and the line exactly as it stands on disk; closed until asked for."""
    body = raw_items(event, raw, BODY, opened=1)
    return Fold(
        line(("Raw", "heading"), (f"  {size(len(raw))}", "dim")),
        body,
        section="Raw",
        haystack=lambda: f"{compact(event)}\n{_text_of(raw)()}",
        copy=_text_of(raw),
        noun="the event",
        laborious=True,
    )


def raw_items(event: dict[str, Any], raw: bytes, indent: int = 0, opened: int = 3) -> list[Item]:
    """The event as a tree of JSON, then the bytes of its line."""
    text = _text_of(raw)
    exact = Fold(
        line(("The line as it stands on disk", "strong"), (f"  {size(len(raw))}", "dim"), indent=indent),
        lambda: text_items(text(), indent=indent + 2),
        copy=text,
        noun="line",
        haystack=text,
        laborious=True,
    )
    return [*json_items(event, indent=indent, opened=opened), exact]


def _text_of(raw: bytes) -> Callable[[], str]:
    """The line's text, made when wanted; bytes that are not UTF-8 are shown as hexadecimal escapes."""
    return lambda: raw.decode("utf-8", "backslashreplace")


def fact(label: str, value: str) -> Line:
    """A label and what it says."""
    label = f"{one_line(label):<{_LABEL}}"
    return Line((Span(label, "dim"), Span(value)), BODY, hang=len(label))


def _number(label: str, value: int, unit: str) -> Line:
    """A label, a number aligned right, and its unit."""
    return line((f"{label:<{_LABEL}}", "dim"), (f"{value:>11,}", ""), (f" {unit}", "dim"), indent=BODY)


def _speed(exchange: Exchange) -> str:
    """Output tokens a second from the first token to the end; nothing where it cannot be known."""
    if exchange.usage is None or exchange.ttft_ms is None or exchange.duration_ms is None:
        return ""
    answering = exchange.duration_ms - exchange.ttft_ms
    if answering < _SLOW_READ or not exchange.usage.output_tokens:
        return ""
    return (
        f"{exchange.usage.output_tokens / answering * 1_000:,.0f} tokens/s after {duration(exchange.ttft_ms)}"
    )


def _stream_words(exchange: Exchange) -> str | None:
    """How it was streamed; None where it was not."""
    if not exchange.streamed:
        return None
    return plural(exchange.chunks, "chunk") if exchange.chunks is not None else "yes"


def _fold(title: str, value: dict[str, Any]) -> Fold:
    """A closed fold over an object."""
    return Fold(
        line((title, "strong"), indent=BODY),
        lambda: json_items(value, indent=BODY + 2),
        closed_header=line(
            (title, "strong"), (f"  {inline_json(value, 100)}", "dim"), indent=BODY, clipped=True
        ),
        copy=lambda: pretty(value),
        noun=title.lower(),
        haystack=lambda: compact(value),
    )


def headers_fold(title: str, headers: dict[str, str]) -> Fold:
    """Headers behind their number."""
    text = "\n".join(f"{k}: {v}" for k, v in headers.items())
    return Fold(
        line((title, "strong"), (f"  {len(headers)}", "dim"), indent=BODY),
        lambda: [line((f"{k}: ", "dim"), v, indent=BODY + 2) for k, v in headers.items()],
        copy=text,
        noun=title.lower(),
        haystack=text,
    )
