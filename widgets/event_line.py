"""One event as one line of the live list: what stands in each column, and in which style.

Never by colour alone: an error has its own glyph and its word, an anomaly another.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Literal

from rich.segment import Segment
from rich.style import Style
from textual.strip import Strip

from capture.log.source import PlacedFinding, Row
from tessen import format as show
from tessen.sanitise import one_line
from tessen.signals import SIGNAL_BY_NAME
from widgets import glyphs
from widgets.cells import clip, fit, fit_right
from widgets.columns import GAP, Column

Level = Literal["error", "anomaly", "info", "ok"]
PREVIEW_CHARACTERS = 400

_DATE = re.compile(r"[-@](20\d{6}|20\d\d-\d\d-\d\d)$")
_SURFACES = {"chat.completions": "chat", "models.generate_content": "generate"}


@dataclass(frozen=True, slots=True)
class LineStyles:
    """The styles a line is drawn in, without the background, which the list adds."""

    plain: Style
    muted: Style
    error: Style
    anomaly: Style
    info: Style
    agent: Style
    mark: Style
    match: Style
    finding: Style

    def of(self, level: Level) -> Style:
        """The style that a level's glyph and word are drawn in."""
        return {"error": self.error, "anomaly": self.anomaly, "info": self.info, "ok": self.muted}[level]


@dataclass(frozen=True, slots=True)
class LineState:
    """What a line's look depends on beside its event."""

    count: int = 1
    """How many events it stands for."""
    marked: bool = False
    search: str = ""
    """Text to light up in the preview."""
    finding: str = ""
    """The pattern that the event is evidence of, in a word."""


def level_of(row: Row) -> Level:
    """How much attention an event asks for."""
    if row.error:
        return "error"
    known = [SIGNAL_BY_NAME[name].severity for name in row.signals if name in SIGNAL_BY_NAME]
    if len(known) < len(row.signals) or "warning" in known or "error" in known or row.outcome != "complete":
        return "anomaly"
    return "info" if known else "ok"


def status_word(row: Row) -> str:
    """The event's status in a word or two: its first signal, else its error, else how it ended."""
    if row.signals:
        more = f" +{len(row.signals) - 1}" if len(row.signals) > 1 else ""
        return one_line(row.signals[0], 80) + more
    if row.error:
        return f"error {row.http_status}" if row.http_status else one_line(row.error_type or "error", 80)
    return "ok" if row.outcome == "complete" else one_line(row.outcome, 80)


@lru_cache(512)
def short_model(model: str) -> str:
    """A model's name without vendor prefix and date: "claude-sonnet-4-5-20250929" is "sonnet-4-5"."""
    name = one_line(model, 120).rsplit("/", 1)[-1]
    return _DATE.sub("", name).removeprefix("claude-") or name


@lru_cache(512)
def short_surface(surface: str) -> str:
    """A surface without its verb: "chat.completions.create" is "chat"."""
    name = one_line(surface, 80).removesuffix(".create").removesuffix(".stream")
    return _SURFACES.get(name, name)


def draw_line(
    row: Row, preview: str, columns: tuple[Column, ...], state: LineState, styles: LineStyles
) -> Strip:
    """An event's line, without the cursor.

    Args:
        row: the event's columns, raw.
        preview: what happened, raw.
        columns: as `columns_for` gives them.
        state: fold, mark and search.
        styles: the list's styles.
    """
    level = level_of(row)
    segments = [
        Segment(" ", styles.plain),
        Segment(_margin_glyph(state), styles.finding if _shows_finding(state) else styles.mark),
        Segment(_LEVEL_GLYPHS[level] + " ", styles.of(level)),
    ]
    for column in columns:
        if column.name == "preview":
            segments += _preview_segments(
                one_line(preview, PREVIEW_CHARACTERS), column.width, level, state, styles
            )
        else:
            segments.append(_cell(row, column, level, state, styles))
    return Strip(segments).simplify()


_LEVEL_GLYPHS: dict[Level, str] = {
    "error": glyphs.ERROR,
    "anomaly": glyphs.ANOMALY,
    "info": glyphs.ANOMALY,
    "ok": glyphs.OK,
}


def finding_word(findings: Sequence[PlacedFinding]) -> str:
    """The patterns that an event is evidence of, in a word: the first one, and how many more there are."""
    kinds = list(dict.fromkeys(each.kind for each in findings))
    more = f" +{len(kinds) - 1}" if len(kinds) > 1 else ""
    return f"{kinds[0]}{more}" if kinds else ""


def _shows_finding(state: LineState) -> bool:
    return bool(state.finding) and not state.marked


def _margin_glyph(state: LineState) -> str:
    if state.marked:
        return glyphs.MARK
    if state.finding:
        return glyphs.FINDING
    return glyphs.FOLDED if state.count > 1 else " "


def _cell(row: Row, column: Column, level: Level, state: LineState, styles: LineStyles) -> Segment:
    """One column's text in its width and style, with the gap after it: fewer segments are fewer bytes."""
    if column.name == "status":
        return Segment(_status(row, column.width, state.count) + " " * GAP, styles.of(level))
    text, style = _text_of(row, column.name, styles)
    return Segment((fit_right if column.right else fit)(text, column.width) + " " * GAP, style)


def _status(row: Row, width: int, count: int) -> str:
    """The status word; a fold's count is never what is cut."""
    times = f" {glyphs.TIMES}{show.count(count)}" if count > 1 else ""
    return fit(clip(status_word(row), width - len(times)) + times, width)


def _text_of(row: Row, name: str, styles: LineStyles) -> tuple[str, Style]:
    """The text of a column that needs no more than the row, and its style."""
    style = styles.muted if name in _QUIET else styles.agent if name == "agent" else styles.plain
    return _TEXTS[name](row), style


def _call(row: Row) -> str:
    surface = short_surface(row.surface or row.provider or show.UNKNOWN)
    return f"{surface}{glyphs.STREAM}" if row.streamed else surface


def _tokens(row: Row) -> str:
    if row.input_tokens is None and row.output_tokens is None:
        return show.UNKNOWN + " " * 4
    return f"{show.count(row.input_tokens)}{glyphs.ARROW}{show.count(row.output_tokens):<4}"


_QUIET = frozenset({"time", "what", "model", "tokens"})
_TEXTS: dict[str, Callable[[Row], str]] = {
    "time": lambda row: show.clock(row.ts),
    "agent": lambda row: one_line(row.agent, 200),
    "what": _call,
    "model": lambda row: short_model(row.model or show.UNKNOWN),
    "duration": lambda row: show.duration(row.duration_ms),
    "tokens": _tokens,
    "cost": lambda row: "unpriced" if row.unpriced else show.money(row.cost_usd),
}


def _preview_segments(
    text: str, width: int, level: Level, state: LineState, styles: LineStyles
) -> list[Segment]:
    """The preview behind the word for a pattern, with what was searched for lit up."""
    style = styles.plain if level != "ok" else styles.muted
    if state.finding:
        word = clip(state.finding + " ", width)
        rest = replace(state, finding="")
        return [
            Segment(word, styles.finding),
            *_preview_segments(text, width - len(word), level, rest, styles),
        ]
    shown = fit(text, width)
    wanted = state.search.casefold()
    at = shown.casefold().find(wanted) if wanted else -1
    if at < 0 or len(shown.casefold()) != len(shown):
        return [Segment(shown, style)]
    end = at + len(wanted)
    parts = ((shown[:at], style), (shown[at:end], styles.match), (shown[end:], style))
    return [Segment(part, part_style) for part, part_style in parts if part]
