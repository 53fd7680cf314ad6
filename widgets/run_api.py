"""The API pane of a run: the request that the turn was, with its failed attempts, and all of the session's.

What belongs here is which calls are shown and what is said of each in a line; what was asked and answered is
`widgets.event_talk`, and reading it `capture.runs.calls`.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

from capture.runs.bodies import Bodies, read_answer, read_bodies, sent_before
from capture.runs.calls import Call, call_of_turn, calls_of, failed_before, parsed
from tessen.exchange import Exchange
from tessen.format import count, duration, moment, money, plural, size
from widgets.event_facts import fact, headers_fold, usage_section
from widgets.event_talk import BODY, Before, answer_section, request_section, section
from widgets.event_trouble import error_section
from widgets.exchange_text import answer_lines, request_lines
from widgets.json_lines import inline_json, json_items
from widgets.lines import Fold, Item, Line, Span, line
from widgets.run_look import Look
from widgets.text_lines import text_items

SHORT_ID = 8
"""Characters of a subagent's id in a line of a list."""

_CONTEXTS = {"main": "", "subagent": "subagent", "sdk_internal": "the engine's own"}
_PARTS = frozenset({"hunk"})


def api_items(look: Look) -> list[Item]:
    """The turn's request, then all of the session; reads files, so it is called in a thread."""
    calls, problems = calls_of(look.session.folder, look.meta.provider)
    said: list[Item] = [line((problem, "warn")) for problem in problems]
    if not calls:
        return [*said, line(("no request is on record in this session", "dim"))]
    turns = {number: turn for turn, number in look.session.requests.items()}
    return [*said, *_of_turn(look, calls), _all(calls, turns)]


def _of_turn(look: Look, calls: Sequence[Call]) -> list[Item]:
    """The request of the turn under the cursor, in full."""
    if look.turn is None:
        words = f"step {look.step} is no model call of this session" if look.step else "no step is selected"
        return [line((words, "dim")), Line(())]
    call = call_of_turn(calls, look.turn, look.request)
    if call is None:
        return [line((f"the request of turn {look.turn} is not on record", "warn")), Line(())]
    shown = _call_fold(call, opened=True)
    shown.body = call_items(call)  # made here, in the thread
    return [*(_call_fold(each) for each in failed_before(calls, call)), shown, Line(())]


def _all(calls: Sequence[Call], turns: dict[int, int]) -> Fold:
    """Every call of the session behind one line each."""
    failed = sum(bool(call.problem) for call in calls)
    costs = [call.cost_usd for call in calls if call.cost_usd is not None]
    words = [
        plural(len(calls), "request"),
        f"{failed} failed" if failed else "",
        f"{money(sum(costs))}" if costs else "",
    ]
    fold = section(
        "Session",
        [_call_fold(call, turn=turns.get(call.number)) for call in calls],
        ", ".join(filter(None, words)),
        copy="",
    )
    fold.copy = None
    fold.holds = frozenset({"file"}) | _PARTS
    return fold


def _call_fold(call: Call, *, turn: int | None = None, opened: bool = False) -> Fold:
    """A call behind its line."""
    return Fold(
        Line(tuple(_head(call, turn)), clipped=True),
        partial(call_items, call),
        open=opened,
        haystack=partial(_haystack, call),
        of=call,
        marks=frozenset({"file"}),
        holds=_PARTS,
        laborious=True,
    )


def _head(call: Call, turn: int | None) -> list[Span]:
    """Who asked, what came of it, and what it took."""
    spans = [Span(f"request {call.number}", "strong")]
    who = _CONTEXTS.get(call.context, call.context)
    agent = str(call.row.get("agent_id") or "")
    agent = agent if len(agent) <= SHORT_ID else f"…{agent[-SHORT_ID:]}"
    spans += [Span(f"  {who} {agent}".rstrip(), "accent")] if who else []
    spans += [Span(f"  turn {turn}", "accent")] if turn is not None else []
    spans += [Span(f"  attempt {call.attempt}", "warn")] if call.attempt > 1 else []
    if call.problem:
        spans.append(Span(f"  ✖ {call.problem}", "bad"))
    elif not call.row:
        spans.append(Span("  no row: under way, or cut off", "warn"))
    else:
        spans.append(Span(f"  {call.stop_reason or call.status or 'answered'}", "good"))
    spans += [Span("  compaction", "warn")] if call.row.get("is_compaction") is True else []
    took = filter(
        None, (_tokens(call), money(call.cost_usd) if call.cost_usd is not None else "", _time(call))
    )
    return [*spans, Span(f"  {' · '.join(took)}", "dim")]


def _tokens(call: Call) -> str:
    usage = call.usage
    if usage is None:
        return ""
    cached = f" ({count(usage.cache_read_tokens)} cached)" if usage.cache_read_tokens else ""
    return f"{count(usage.input_tokens)}{cached}→{count(usage.output_tokens)} tok"


def _time(call: Call) -> str:
    took = call.milliseconds("duration_ms")
    return duration(took) if took is not None else ""


def _haystack(call: Call) -> str:
    """What a call says that no later one repeats, for searching."""
    if call.newest:
        exchange = read_bodies(call).exchange
        return "\n".join((*request_lines(exchange), *answer_lines(exchange)))
    return "\n".join(answer_lines(read_answer(call)))


def call_items(call: Call) -> list[Item]:
    """A call in full; reads its bodies."""
    bodies = read_bodies(call)
    exchange = bodies.exchange
    parts = [
        error_section(exchange),
        answer_section(exchange),
        request_section(exchange, _before(call, exchange)),
        usage_section(exchange, call.cost_usd),
        _facts(call, bodies),
        _raw("Request as sent", bodies.request),
        _raw("Response as it came", bodies.response),
    ]
    problems: list[Item] = [line((problem, "warn")) for problem in bodies.problems]
    shown = [part for part in parts if part is not None]
    for part in shown:
        part.marks = part.marks | _PARTS
    return [*problems, *_compaction(call), *shown]


def _before(call: Call, exchange: Exchange) -> Before:
    """What of a request the one before it had said."""
    known = sent_before(exchange, read_bodies(_at(call, call.before)).exchange) if call.before else 0
    return Before(known, _since(call, call.system_since), _since(call, call.tools_since))


def _at(call: Call, number: int) -> Call:
    """Another call of the session, as far as reading its body takes."""
    return Call(call.session, number, call.path, {}, None, None, None, None)


def _since(call: Call, first: int | None) -> str:
    return f"unchanged since request {first}" if first is not None and first != call.number else ""


def _compaction(call: Call) -> list[Item]:
    if call.row.get("is_compaction") is not True:
        return []
    after = call.row.get("message_count")
    words = f"the conversation was compacted: it has {after} messages now, fewer than in the request before"
    return [line((words, "warn"))]


def _facts(call: Call, bodies: Bodies) -> Fold:
    """Where it went, how long it took, and what else the row says."""
    first = call.milliseconds("ttfb_ms")
    row, exchange = call.row, bodies.exchange
    known = (
        ("when", moment(exchange.ts) if exchange.ts else ""),
        ("took", _time(call)),
        ("first byte", duration(first) if first is not None else ""),
        ("status", str(call.status or "")),
        ("attempt", str(call.attempt) if call.attempt > 1 else ""),
        ("asked by", " ".join(filter(None, (call.context, str(row.get("agent_id") or ""))))),
        ("model", call.model or ""),
        ("sampling", inline_json(row["sampling_params"]) if row.get("sampling_params") else ""),
        ("address", exchange.url or call.path),
        ("request id", str(row.get("request_id") or "")),
        ("answered by", str(row.get("answered_by") or "")),
        ("context", inline_json(row["context_management"]) if row.get("context_management") else ""),
        ("rewritten", "what went to the API is not what the engine sent" if row.get("rewritten") else ""),
        ("not kept", str(row.get("record_error") or "")),
    )
    body: list[Item] = [fact(label, value) for label, value in known if value]
    body += [headers_fold("Request headers", bodies.request_headers)] if bodies.request_headers else []
    body += [headers_fold("Response headers", bodies.response_headers)] if bodies.response_headers else []
    return section("Call", body)


def _raw(title: str, data: bytes) -> Fold | None:
    """The bytes: as JSON where they are JSON, and as they are."""
    if not data:
        return None
    text = data.decode("utf-8", "backslashreplace")
    return Fold(
        line((title, "heading"), (f"  {size(len(data))}", "dim")),
        partial(_raw_items, data, text),
        section=title,
        copy=text,
        noun=title.lower(),
        haystack=text,
        laborious=True,
    )


def _raw_items(data: bytes, text: str) -> list[Item]:
    value = parsed(data)
    return text_items(text, indent=BODY) if value is None else json_items(value, indent=BODY, opened=1)
