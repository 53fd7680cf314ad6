"""An event source that holds its events in memory, and an app that is nothing but a screen over it."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import numpy as np
import numpy.typing as npt
from textual.app import App
from textual.screen import Screen

from capture.log.source import LoadedEvent, PlacedFinding, Row, RowId
from tessen.exchange import Exchange
from tessen_tui.themes import DARK, with_own_variables

NOW = 1_795_436_800.0
"""The stopped clock of these tests: 2026-11-23 12:26:40 UTC."""


class MemoryLog:
    """The part of an event source that the inspector and the comparison ask for."""

    name = "memory"

    def __init__(self, *events: dict[str, Any], costs: dict[int, float] | None = None) -> None:
        self.events = list(events)
        self.costs = costs or {}
        self.lost: set[int] = set()
        self.findings: list[PlacedFinding] = []

    async def load(self, row: RowId) -> LoadedEvent:
        if row in self.lost:
            raise LookupError("the file was truncated since")
        event = self.events[row]
        raw = json.dumps(event, ensure_ascii=True).encode()
        return LoadedEvent(row, event, raw, "/logs/agent/2026-11-23.jsonl", 4096 * row)

    def session_rows(self, row: RowId) -> npt.NDArray[np.int32]:
        session = self.events[row].get("session_id")
        rows = [i for i, e in enumerate(self.events) if session and e.get("session_id") == session]
        return np.array(rows or [row], dtype=np.int32)

    def findings_of(self, row: RowId) -> tuple[PlacedFinding, ...]:
        return tuple(each for each in self.findings if row in each.rows)

    def row(self, row: RowId) -> Row:
        exchange = Exchange.from_event(self.events[row])
        usage = exchange.usage
        return Row(
            id=row,
            ts=exchange.ts,
            agent=exchange.agent,
            provider=exchange.provider,
            surface=exchange.surface,
            model=exchange.model,
            session=0,
            error=exchange.error,
            http_status=exchange.failure.status if exchange.failure else None,
            error_type=exchange.failure.type if exchange.failure else None,
            outcome=exchange.outcome,
            signals=exchange.signals,
            duration_ms=exchange.duration_ms,
            ttft_ms=exchange.ttft_ms,
            input_tokens=usage.input_tokens if usage else None,
            output_tokens=usage.output_tokens if usage else None,
            cache_read_tokens=usage.cache_read_tokens if usage else None,
            cache_write_tokens=usage.cache_write_tokens if usage else None,
            cost_usd=self.costs.get(row),
            attempts=max(1, len(exchange.attempts)),
            streamed=exchange.streamed,
            size=0,
        )


class MemoryView:
    """All events of a `MemoryLog` in order, as a list shows them."""

    def __init__(self, source: MemoryLog) -> None:
        self.source = source
        self.rows = np.arange(len(source.events), dtype=np.int32)

    def position(self, row: RowId) -> int | None:
        return row

    def find(self, position: int, what: str, step: int) -> int | None:
        wanted = range(position + step, len(self.rows) if step > 0 else -1, step)
        exchanges = ((i, Exchange.from_event(self.source.events[i])) for i in wanted)
        return next((i for i, e in exchanges if (e.error if what == "error" else e.signals)), None)


class ScreenApp(App[None]):
    """One screen, with what the screens ask of their host."""

    def __init__(self, source: MemoryLog, make: Callable[[MemoryLog], Screen[None]]) -> None:
        super().__init__()
        self.source = source
        self.clock = lambda: NOW
        self.marked: RowId | None = None
        self.copied: list[str] = []
        self._make = make
        self.register_theme(DARK)
        self.theme = DARK.name

    def get_css_variables(self) -> dict[str, str]:
        return with_own_variables(super().get_css_variables(), ansi=False)

    def on_mount(self) -> None:
        self.push_screen(self._make(self.source))

    def copy_to_clipboard(self, text: str) -> None:
        self.copied.append(text)
        super().copy_to_clipboard(text)
