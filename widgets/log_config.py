"""The config pane of a log's session: what its calls were asked with, and where that changed.

What belongs here is told from the requests alone: a log has no file of settings, and names no SDK version.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial

from capture.runs.log_calls import LogCall
from tessen.exchange import Exchange
from tessen.format import plural
from widgets.event_talk import BODY, section, system_fold, tools_fold
from widgets.json_lines import inline_json, json_items, pretty
from widgets.lines import Fold, Item, Line, Span, line
from widgets.log_look import LogLook
from widgets.text_lines import first_words

NAMED_FIRST = ("model", "provider", "surface", "address", "called from", "streamed")
SHOWN_VALUES = 12
"""Values of a setting that are listed; the rest is counted."""
_LABEL = 13
_LONG = 60


def config_items(look: LogLook) -> list[Item]:
    """All settings, each with the calls that had it; reads the log for prompts and tools, in a thread."""
    calls = look.log.calls
    names = list(dict.fromkeys(name for call in calls for name in call.settings))
    settings = {name: _values(calls, name) for name in names}
    same: list[Item] = []
    changing: list[Item] = []
    for name in sorted(names, key=lambda name: name not in NAMED_FIRST):
        values = settings[name]
        if len(values) == 1:
            same.append(_same(name, *values[0], len(calls)))
        else:
            changing += _changing(name, values)
    items: list[Item] = [section("The same in every call", same, plural(len(calls), "call"))] if same else []
    if changing:
        items.append(section("Not the same in every call", changing))
    items += _texts(calls, "System prompts", lambda call: call.system, system_fold)
    items += _texts(
        calls,
        "Tools",
        lambda call: call.tools,
        lambda exchange, note: tools_fold(exchange.request.tools, note),
    )
    return items or [line(("no call says what it was asked with", "dim"))]


def _values(calls: Sequence[LogCall], name: str) -> list[tuple[object, list[int]]]:
    """The values of a setting, each with the numbers of the calls that had it."""
    found: dict[str, tuple[object, list[int]]] = {}
    for call in calls:
        if name in call.settings:
            value = call.settings[name]
            found.setdefault(pretty(value), (value, []))[1].append(call.number)
    return list(found.values())


def _same(name: str, value: object, numbers: Sequence[int], of: int) -> Item:
    """A setting that never changed; one that not every call had says which did."""
    where = "" if len(numbers) == of else f"  in {_calls(numbers)}"
    return _value(f"{name:<{_LABEL - 1}} ", value, where)


def _changing(name: str, values: Sequence[tuple[object, Sequence[int]]]) -> list[Item]:
    """A setting with several values, a line a value."""
    head = line((name, "strong"), (f"  {plural(len(values), 'value')}", "dim"), indent=BODY)
    rows: list[Item] = [
        _value("  ", value, f"  in {_calls(numbers)}") for value, numbers in values[:SHOWN_VALUES]
    ]
    if len(values) > SHOWN_VALUES:
        rows.append(line((f"… {len(values) - SHOWN_VALUES} more", "dim"), indent=BODY + 2))
    return [head, *rows]


def _value(label: str, value: object, where: str) -> Item:
    text = value if isinstance(value, str) else inline_json(value, _LONG + 1)
    spans = (Span(label, "dim"), Span(first_words(text, 300)), Span(where, "accent"))
    if not isinstance(value, dict | list) or len(text) <= _LONG:
        return Line(spans, BODY, hang=len(label))
    return Fold(
        Line(spans, BODY, clipped=True),
        partial(json_items, value, indent=BODY + 2, opened=1),
        copy=pretty(value),
        noun=label.strip(),
    )


def _calls(numbers: Sequence[int]) -> str:
    """Numbers of calls in words, with runs of them as ranges."""
    ranges: list[list[int]] = []
    for number in numbers:
        if ranges and ranges[-1][1] == number - 1:
            ranges[-1][1] = number
        else:
            ranges.append([number, number])
    words = ", ".join(f"{first}" if first == last else f"{first}–{last}" for first, last in ranges[:6])
    return f"call{'' if len(numbers) == 1 else 's'} {words}{', …' if len(ranges) > 6 else ''}"


def _texts(
    calls: Sequence[LogCall],
    title: str,
    key: Callable[[LogCall], str],
    fold: Callable[[Exchange, str], Fold],
) -> list[Item]:
    """System prompts, or tools: each once, with the calls that had it."""
    found: dict[str, list[LogCall]] = {}
    for call in calls:
        if key(call):
            found.setdefault(key(call), []).append(call)
    body: list[Item] = []
    for own in found.values():
        try:
            body.append(fold(own[0].exchange(), f"in {_calls([call.number for call in own])}"))
        except OSError as error:
            body.append(line((f"{own[0].line.path.name} cannot be read: {error.strerror}", "warn")))
    return [section(title, body, f"{len(found)} of them" if len(found) > 1 else "")] if body else []
