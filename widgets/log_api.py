"""The API pane of a log's session: the call that one is at, and behind it all of the session's.

What belongs here is which calls are shown and what is said of each in a line; what was asked and answered is
drawn as in the inspector, but of the request only what is new is unfolded.
"""

from __future__ import annotations

from functools import partial

from capture.runs.bodies import sent_before
from capture.runs.log_calls import LogCall
from tessen.exchange import Exchange
from tessen.format import clock, count, duration, money, plural
from widgets.event_facts import call_section, raw_section, usage_section
from widgets.event_talk import Before, answer_section, request_section, section
from widgets.event_trouble import attempts_section, error_section, why_section
from widgets.exchange_text import answer_lines
from widgets.lines import Fold, Item, Line, Span, line
from widgets.log_look import LogLook

_PARTS = frozenset({"hunk"})


def api_items(look: LogLook) -> list[Item]:
    """The call that one is at, then all of the session; reads the log, so it is called in a thread."""
    calls = look.log.calls
    call = look.call
    items: list[Item] = []
    if call is None:
        items.append(line((f"no call was made at or after step {look.step}", "dim")))
    else:
        shown = _call(look, call, opened=True)
        shown.body = call_items(look, call)  # made here, in the thread
        items.append(shown)
    failed = sum(bool(each.problem) for each in calls)
    costs = [each.cost_usd for each in calls if each.cost_usd is not None]
    words = [
        plural(len(calls), "call"),
        f"{failed} failed" if failed else "",
        money(sum(costs)) if costs else "",
    ]
    everything = section(
        "Session", [_call(look, each) for each in calls], ", ".join(filter(None, words)), copy=""
    )
    everything.copy = None
    everything.holds = frozenset({"file"}) | _PARTS
    return [*items, Line(()), everything]


def _call(look: LogLook, call: LogCall, *, opened: bool = False) -> Fold:
    """A call behind its line."""
    return Fold(
        Line(tuple(_head(look, call)), clipped=True),
        partial(call_items, look, call),
        open=opened,
        haystack=lambda: "\n".join(answer_lines(call.exchange())),
        of=call,
        marks=frozenset({"file"}),
        holds=_PARTS,
        laborious=True,
    )


def _head(look: LogLook, call: LogCall) -> list[Span]:
    """Which call it is, what came of it, and what it took."""
    spans = [Span(f"call {call.number}", "strong"), Span(f"  {clock(call.ts)}", "dim")]
    spans += [Span(f"  turn {call.turn}", "accent")] if call.turn is not None else []
    spans += [Span(f"  conversation {call.conversation}", "accent")] if call.conversation > 1 else []
    spans += [Span(f"  {call.attempts} attempts", "warn")] if call.attempts > 1 else []
    if call.problem:
        spans.append(Span(f"  ✖ {call.problem}", "bad"))
    else:
        spans.append(Span(f"  {call.stop_reason or 'answered'}", "good"))
    spans += [Span(f"  {signal}", "warn") for signal in call.signals if not call.problem]
    spans += [Span("  compaction", "warn")] if _dropped(look, call) else []
    usage = call.usage
    cached = f" ({count(usage.cache_read_tokens)} cached)" if usage and usage.cache_read_tokens else ""
    took = (
        f"{count(usage.input_tokens)}{cached}→{count(usage.output_tokens)} tok" if usage else "",
        money(call.cost_usd) if call.cost_usd is not None else "",
        duration(call.duration_ms) if call.duration_ms is not None else "",
    )
    return [*spans, Span(f"  {' · '.join(filter(None, took))}", "dim")]


def call_items(look: LogLook, call: LogCall) -> list[Item]:
    """A call in full; reads its line, and that of the call before it."""
    try:
        raw = call.line.read()
        exchange = call.exchange()
        before = _before(look, call, exchange)
    except OSError as error:
        return [line((f"{call.line.path.name} cannot be read: {error.strerror}", "warn"))]
    event = call.line.event()
    place = f"{call.line.path}, byte {call.line.start:,}"
    parts = [
        why_section(exchange, event),
        error_section(exchange),
        attempts_section(exchange),
        answer_section(exchange),
        request_section(exchange, before),
        usage_section(exchange, call.cost_usd),
        call_section(exchange, place),
        raw_section(event, raw),
    ]
    shown = [part for part in parts if part is not None]
    for part in shown:
        part.marks = part.marks | _PARTS
    dropped = _dropped(look, call)
    words = f"the conversation was made shorter by {plural(dropped, 'message')} since call {call.before}"
    return [*([line((words, "warn"))] if dropped else []), *shown]


def _before(look: LogLook, call: LogCall, exchange: Exchange) -> Before:
    """What of a request the call before it had said."""
    known = sent_before(exchange, look.log.calls[call.before - 1].exchange()) if call.before else 0
    return Before(known, _since(call, call.system_since), _since(call, call.tools_since))


def _since(call: LogCall, first: int | None) -> str:
    return f"unchanged since call {first}" if first is not None and first != call.number else ""


def _dropped(look: LogLook, call: LogCall) -> int:
    """How many messages fewer its request has than the one before it in its conversation; 0 for no fewer."""
    return max(0, look.log.calls[call.before - 1].messages - call.messages) if call.before else 0
