"""One event in full, as lines for people.

What belongs here is the order in which a person wants to know things, and the words; what an event says is
`tessen.exchange`. Every line is safe for a terminal.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from tessen.blocks import Block, Media, Refusal, Text, Thinking, Tool, ToolCall, ToolResult
from tessen.exchange import Exchange
from tessen.format import count, duration, moment, money, size
from tessen.reading.envelope import dumps
from tessen.reading.facts import price_of
from tessen.reading.found import Found
from tessen.reading.mend import COMPUTED
from tessen.sanitise import many_lines, one_line
from tessen.signals import SIGNAL_BY_NAME

Painter = Callable[[str, str], str]
"""(text, style) → text."""

_INDENT = "  "


def page(found: Found, paint: Painter) -> Iterator[str]:
    """The lines of one event.

    Args:
        found: The event.
        paint: Colours a text, or leaves it as it is.
    """
    event = found.event
    exchange = Exchange.from_event(event)
    yield from _head(found, exchange, paint)
    yield from _why(exchange, event.get(COMPUTED) or [], paint)
    yield from _failure(exchange, paint)
    yield from _usage(found, exchange, paint)
    yield from _attempts(exchange, paint)
    yield from _request(exchange, paint)
    yield from _answers(exchange, paint)
    yield from _rest(exchange, paint)


def _head(found: Found, exchange: Exchange, paint: Painter) -> Iterator[str]:
    mark, style = ("✖ failed", "bad") if exchange.error else ("▲ flagged", "warn")
    mark, style = (mark, style) if exchange.error or exchange.signals else ("· ok", "good")
    yield f"{paint(mark, style)}  {paint(one_line(exchange.event_id, 64), 'strong')}"
    took = duration(exchange.duration_ms)
    first = f", first token after {duration(exchange.ttft_ms)}" if exchange.ttft_ms is not None else ""
    streamed = ", streamed" if exchange.streamed else ""
    ended = "" if exchange.outcome == "complete" else f", {one_line(exchange.outcome, 20)}"
    yield f"{_INDENT}{moment(exchange.ts)}  {took}{first}{streamed}{ended}"
    yield f"{_INDENT}agent {one_line(exchange.agent, 80)}  session {one_line(exchange.session_id, 64)}"
    asked = ""
    if exchange.asked_model and exchange.asked_model != exchange.model:
        asked = f" (asked for {one_line(exchange.asked_model, 80)})"
    what = f"{one_line(exchange.provider or '–', 40)} {one_line(exchange.surface or '–', 60)}"
    yield f"{_INDENT}{what}  {one_line(exchange.model or '–', 80)}{asked}"
    if exchange.url:
        yield f"{_INDENT}{one_line(exchange.method or '', 10)} {one_line(exchange.url, 400)}".rstrip()
    if exchange.call_site is not None:
        site = exchange.call_site
        yield f"{_INDENT}called from {one_line(site.file, 300)}:{site.line} in {one_line(site.func, 100)}"
    yield f"{_INDENT}{one_line(str(found.path), 300)}  {size(found.facts.size)}"
    if found.cut:
        said = "too long to be shown whole: … says how much is left out, --json gives all of it"
        yield f"{_INDENT}{paint(said, 'warn')}"


def _title(name: str, paint: Painter) -> Iterator[str]:
    yield ""
    yield paint(name, "strong")


def _why(exchange: Exchange, computed: list[Any], paint: Painter) -> Iterator[str]:
    if not exchange.signals:
        return
    yield from _title("Why", paint)
    for name in exchange.signals:
        known = SIGNAL_BY_NAME.get(name)
        by = "  (computed on reading: the recorder missed it)" if name in computed else ""
        yield f"{_INDENT}{paint('▲ ' + one_line(name, 80), 'warn')}{paint(by, 'faint')}"
        if known is not None:
            yield f"{_INDENT * 2}{known.meaning}"
            yield f"{_INDENT * 2}{known.advice}"


def _failure(exchange: Exchange, paint: Painter) -> Iterator[str]:
    failure = exchange.failure
    if failure is None:
        return
    yield from _title("Error", paint)
    status = f" (HTTP {failure.status})" if failure.status else ""
    yield f"{_INDENT}{paint(one_line(failure.type, 120) + status, 'bad')}"
    yield from _text(failure.message, 2)
    if failure.body not in (None, "", {}):
        yield from _json(failure.body, 2)
    yield from _text(failure.traceback, 2)


def _usage(found: Found, exchange: Exchange, paint: Painter) -> Iterator[str]:
    usage = exchange.usage
    if usage is None:
        return
    yield from _title("Usage", paint)
    yield (
        f"{_INDENT}{usage.input_tokens:,} tokens in ({count(usage.cache_read_tokens)} read from the cache, "
        f"{count(usage.cache_write_tokens)} written to it), {usage.output_tokens:,} out "
        f"({count(usage.reasoning_tokens)} reasoning)"
    )
    unpriced = price_of(exchange.model, exchange.provider) is None
    batch = ", as part of a batch" if found.facts.batch else ""
    yield f"{_INDENT}{'unpriced: no known price' if unpriced else money(found.facts.cost_usd) + batch}"


def _attempts(exchange: Exchange, paint: Painter) -> Iterator[str]:
    if not exchange.attempts:
        return
    yield from _title(f"Attempts ({len(exchange.attempts)})", paint)
    for number, each in enumerate(exchange.attempts, 1):
        status = each.status or one_line(each.error or "no answer", 80)
        wait = f", asked to wait {each.retry_after_s:g} s" if each.retry_after_s is not None else ""
        yield f"{_INDENT}{number}. {status} after {duration(each.duration_ms)}{wait}"


def _request(exchange: Exchange, paint: Painter) -> Iterator[str]:
    request = exchange.request
    yield from _title("Request", paint)
    for name, value in request.params.items():
        yield f"{_INDENT}{one_line(str(name), 80)}: {one_line(_inline(value), 2_000)}"
    if request.system:
        yield f"{_INDENT}{paint('system', 'accent')}"
        yield from _blocks(request.system, paint)
    for tool in request.tools:
        yield from _tool(tool, paint)
    for message in request.messages:
        yield f"{_INDENT}{paint(one_line(message.role, 40), 'accent')}"
        yield from _blocks(message.blocks, paint)


def _tool(tool: Tool, paint: Painter) -> Iterator[str]:
    name = paint(f"tool {one_line(tool.name, 120)}", "accent")
    yield f"{_INDENT}{name}: {one_line(tool.description, 2_000)}"
    yield f"{_INDENT * 2}{one_line(_inline(tool.schema), 4_000)}"


def _answers(exchange: Exchange, paint: Painter) -> Iterator[str]:
    for number, answer in enumerate(exchange.answers, 1):
        which = f"Answer {number}" if len(exchange.answers) > 1 else "Answer"
        stopped = f"  stopped: {one_line(answer.stop_reason, 80)}" if answer.stop_reason else ""
        yield from _title(which + stopped, paint)
        yield from _blocks(answer.blocks, paint)
    for name, value in exchange.answer_facts.items():
        yield f"{_INDENT}{one_line(str(name), 80)}: {one_line(_inline(value), 2_000)}"


def _rest(exchange: Exchange, paint: Painter) -> Iterator[str]:
    if exchange.headers:
        yield from _title("Headers", paint)
        for name, value in exchange.headers.items():
            yield f"{_INDENT}{one_line(name, 120)}: {one_line(value, 2_000)}"
    if exchange.extra:
        yield from _title("Other fields", paint)
        for name, value in exchange.extra.items():
            yield f"{_INDENT}{one_line(str(name), 120)}: {one_line(_inline(value), 2_000)}"


def _blocks(blocks: tuple[Block, ...], paint: Painter) -> Iterator[str]:
    for block in blocks:
        yield from _block(block, paint)


def _block(block: Block, paint: Painter) -> Iterator[str]:
    match block:
        case Text(words):
            yield from _text(words, 2)
        case Thinking(words, redacted):
            yield f"{_INDENT * 2}{paint('thinking' + (', kept by the vendor' if redacted else ''), 'faint')}"
            yield from _text(words, 3)
        case Refusal(words):
            yield f"{_INDENT * 2}{paint('refusal', 'warn')}"
            yield from _text(words, 3)
        case ToolCall(id, name, arguments, valid):
            broken = "" if valid else paint("  arguments are not JSON", "warn")
            called = paint(one_line(name, 120), "strong")
            yield f"{_INDENT * 2}→ {called} {paint(one_line(id, 80), 'faint')}{broken}"
            yield from _json(arguments, 3) if valid else _text(str(arguments), 3)
        case ToolResult(call_id, inner, is_error):
            failed = paint("  failed", "bad") if is_error else ""
            yield f"{_INDENT * 2}← {paint(one_line(call_id, 80), 'faint')}{failed}"
            for line in _blocks(inner, paint):
                yield _INDENT + line
        case Media(kind, media_type, bytes_, source):
            told = [media_type, size(bytes_) if bytes_ is not None else None, source]
            yield f"{_INDENT * 2}[{one_line(' '.join([kind, *(t for t in told if t)]), 400)}]"
        case _:
            yield f"{_INDENT * 2}{paint(one_line(block.type, 80), 'faint')}"
            yield from _json(block.value, 3)


def _text(words: str, indent: int) -> Iterator[str]:
    if words:
        for line in many_lines(words):
            yield f"{_INDENT * indent}{line}".rstrip()


def _json(value: Any, indent: int) -> Iterator[str]:
    yield from _text(dumps(value, ascii=False), indent)


def _inline(value: Any) -> str:
    return value if isinstance(value, str) else dumps(value, indent=None, ascii=False)
