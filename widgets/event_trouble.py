"""What went wrong with a call, as sections of a document: why it was flagged, the error, the attempts.

What belongs here is what a person reads first at three in the morning.
"""

from __future__ import annotations

import re
from typing import Any

from tessen.exchange import Attempt, Exchange, Failure
from tessen.format import duration, plural
from tessen.signals import SIGNAL_BY_NAME
from widgets.event_talk import BODY, section
from widgets.glyphs import ANOMALY, ARROW, ERROR
from widgets.json_lines import json_items, pretty
from widgets.lines import Fold, Item, Line, Span, line
from widgets.signal_facts import signal_facts
from widgets.text_lines import text_items

SEVERITY_STYLES = {"error": "bad", "warning": "warn", "info": "accent"}

_BAR_WIDTH = 16
_FRAME = re.compile(r'\s*File "(?P<file>[^"]*)", line \d+')
_NOT_THE_USERS = ("site-packages", "dist-packages", "/lib/python3", "<frozen")
_MAX_FRAMES_TEXT = 200_000

_OUTCOMES = {
    "abandoned": "The program stopped reading before the answer was complete.",
    "cancelled": "The task or process was cancelled while the answer was coming.",
    "exception": "The program's own code raised while it was reading the answer.",
    "killed": "The process ended before the call did.",
}


def why_section(exchange: Exchange, event: dict[str, Any]) -> Fold | None:
    """Each signal with its meaning, this event's facts, and what to do; None where nothing was flagged."""
    body: list[Item] = [item for name in exchange.signals for item in _signal(name, exchange, event)]
    if exchange.outcome in _OUTCOMES and "stream_abandoned" not in exchange.signals:
        body += [
            _flag(exchange.outcome, ANOMALY, "warn"),
            line(_OUTCOMES[exchange.outcome], indent=BODY),
        ]
    return section("Why", body, "what was flagged, and what to do") if body else None


def error_section(exchange: Exchange) -> Fold | None:
    """The error's type, message, body and traceback; None where there is none."""
    failure = exchange.failure
    if failure is None:
        return None
    body: list[Item] = [_failure_line(failure), *_message(failure)]
    if failure.body is not None and failure.body != "":
        inside = json_items(failure.body, indent=BODY + 2, opened=3, prose=True)
        body.append(
            Fold(
                line(("Body", "strong"), indent=BODY),
                inside,
                open=True,
                copy=pretty(failure.body),
                noun="body",
            )
        )
    if failure.traceback:
        body.append(_traceback(failure.traceback))
    return section("Error", body, copy=f"{failure.type}: {failure.message}")


def attempts_section(exchange: Exchange) -> Fold | None:
    """A line an attempt, with bars on one scale; None where one attempt was all there was to say."""
    attempts = exchange.attempts
    if not attempts:
        return None
    longest = max((a.duration_ms or 0.0 for a in attempts), default=0.0)
    body: list[Item] = [
        line(
            (f"{'':>3} {'status':<7} {'took':>7}  {'':<{_BAR_WIDTH}} {'wait':>6}  request id", "faint"),
            indent=BODY,
        )
    ]
    body += [_attempt(number, attempt, longest) for number, attempt in enumerate(attempts, 1)]
    idle = (exchange.duration_ms or 0.0) - sum(a.duration_ms or 0.0 for a in attempts)
    words = f"{len(attempts)}" + (
        f" · {duration(idle)} between them" if len(attempts) > 1 and idle >= 1 else ""
    )
    return section("Attempts", body, words)


def is_users_frame(file: str) -> bool:
    """Whether a traceback's file is the user's own code, by its path."""
    return not any(part in file for part in _NOT_THE_USERS)


def _signal(name: str, exchange: Exchange, event: dict[str, Any]) -> list[Item]:
    """One signal: its name, this event's facts, what it means in general, and what to do."""
    signal = SIGNAL_BY_NAME.get(name)
    facts: list[Item] = [line(fact, indent=BODY) for fact in signal_facts(name, exchange, event)]
    if signal is None:
        unknown = line("This version does not know this signal.", indent=BODY)
        return [_flag(name, ANOMALY, "warn"), *facts, unknown]
    glyph = ERROR if signal.severity == "error" else ANOMALY
    return [
        _flag(name, glyph, SEVERITY_STYLES[signal.severity]),
        *facts,
        line((signal.meaning, "dim"), indent=BODY),
        Line((Span(signal.advice, "strong"),), BODY, lead=Span(f"{ARROW} ", "good")),
    ]


def _flag(name: str, glyph: str, style: str) -> Line:
    """A signal's name behind its glyph."""
    return Line((Span(name, style),), BODY, lead=Span(f"{glyph} ", style))


def _failure_line(failure: Failure) -> Line:
    """Type and status."""
    status = f"  HTTP {failure.status}" if failure.status else ""
    return line((failure.type, "bad"), (status, "dim"), indent=BODY)


def _message(failure: Failure) -> list[Item]:
    """What the error says: the vendor's own words where the SDK only wraps them, the SDK's behind a fold."""
    words = _vendors_words(failure.body)
    if not words or words == failure.message:
        return text_items(failure.message, indent=BODY)
    wrapped = text_items(failure.message, indent=BODY + 2)
    fold = Fold(
        line(("As the SDK says it", "dim"), indent=BODY),
        wrapped,
        copy=failure.message,
        noun="the SDK's message",
        haystack=failure.message,
    )
    return [*text_items(words, indent=BODY), fold]


def _vendors_words(body: Any) -> str:
    """The message in a vendor's error body: `error.message`, `message`, or `error` itself."""
    inner = body.get("error", body) if isinstance(body, dict) else None
    words = inner.get("message") if isinstance(inner, dict) else inner
    return words if isinstance(words, str) else ""


def _traceback(text: str) -> Fold:
    """A traceback in which the user's own frames stand out, and rows of library frames are folded."""
    lines = text[:_MAX_FRAMES_TEXT].rstrip("\n").split("\n")
    body: list[Item] = []
    library: list[Line] = []
    inside = False
    for raw in lines:
        frame = _FRAME.match(raw)
        inside = not is_users_frame(frame["file"]) if frame else inside and raw.startswith(" ")
        if inside:
            library.append(Line((Span(raw.expandtabs(4), "faint"),), BODY + 2))
        else:
            body += [*_library_frames(library), Line((Span(raw.expandtabs(4), _frame_style(raw)),), BODY + 2)]
            library = []
    body += _library_frames(library)
    body += (
        text_items(text[_MAX_FRAMES_TEXT:], indent=BODY + 2, style="faint") if text[_MAX_FRAMES_TEXT:] else []
    )
    frames = sum(1 for raw in lines if _FRAME.match(raw))
    head = line(
        ("Traceback", "strong"), (f"  {plural(frames, 'frame')}" if frames else "", "dim"), indent=BODY
    )
    return Fold(head, body, open=True, copy=text, noun="traceback")


def _library_frames(lines: list[Line]) -> list[Item]:
    """Library frames in a row: one stands as it is, more are folded."""
    frames = sum(1 for each in lines if _FRAME.match(each.text))
    if frames < 2:
        return list(lines)
    return [Fold(line((f"⋯ {frames} frames of libraries", "faint"), indent=BODY + 2), lines)]


def _frame_style(raw: str) -> str:
    """How a line outside of library frames looks: the exception itself in red, joining words faint."""
    if raw.startswith(" "):
        return ""
    return "bad" if ":" in raw and not raw.startswith(("Traceback", "The above", "During")) else "faint"


def _attempt(number: int, attempt: Attempt, longest: float) -> Line:
    """One attempt as a row of the table."""
    good = attempt.status is not None and attempt.status < 400 and not attempt.error
    share = (attempt.duration_ms or 0.0) / longest if longest > 0 else 0.0
    bar = "━" * max(1, round(share * _BAR_WIDTH))
    wait = f"{attempt.retry_after_s:g}s" if attempt.retry_after_s is not None else ""
    error = f"  {attempt.error}" if attempt.error else ""
    return line(
        (f"{number:>2}  ", "dim"),
        (f"{attempt.status or '–'!s:<7}", "good" if good else "bad"),
        f" {duration(attempt.duration_ms):>7}  ",
        (f"{bar:<{_BAR_WIDTH}}", "good" if good else "bad"),
        f" {wait:>6}  ",
        (attempt.request_id or "", "dim"),
        (error, "bad"),
        indent=BODY,
    )
