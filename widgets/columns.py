"""The columns of the live list: which fit a width, and how wide each is.

Columns drop in order of importance. What never drops: the time, the status, and some of the preview.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from functools import lru_cache

GUTTER = 4
"""Cells before the first column: cursor, mark, glyph, space."""

MIN_PREVIEW = 14
GAP = 1


@dataclass(frozen=True, slots=True)
class Column:
    """One column as drawn."""

    name: str
    """time, agent, what, model, status, duration, tokens, cost or preview."""
    width: int
    """Cells."""
    right: bool = False
    """Whether it is aligned right."""

    @property
    def title(self) -> str:
        """The word above it."""
        return _TITLES.get(self.name, self.name)


DRAWN = ("time", "agent", "what", "model", "status", "duration", "tokens", "cost", "preview")
"""Left to right."""

IMPORTANCE = ("time", "status", "preview", "agent", "duration", "cost", "model", "tokens", "what")
"""What is given room first."""

_WIDTHS = {"time": 8, "what": 11, "duration": 6, "tokens": 9, "cost": 8}
_RIGHT = frozenset({"duration", "tokens", "cost"})
_TITLES = {"duration": "took", "tokens": " in→out", "preview": "what happened", "what": "call"}


@lru_cache(64)
def columns_for(width: int, agent_width: int, hidden: Collection[str] = frozenset()) -> tuple[Column, ...]:
    """The columns for a list so many cells wide.

    Args:
        width: cells of the whole line, gutter included.
        agent_width: cells of the longest agent name; it gets less where room is short.
        hidden: names never shown; time, status and preview always are, if there is any room.

    Returns:
        Left to right; the last one, the preview, takes what is left.
    """
    widths = {**_WIDTHS, **_roomy(width), "agent": max(5, min(agent_width, _agent_cap(width)))}
    chosen: dict[str, int] = {}
    room = width - GUTTER
    for name in IMPORTANCE:
        wanted = widths[name] + GAP
        if name in hidden and name not in IMPORTANCE[:3]:
            continue
        if wanted <= room:
            chosen[name] = widths[name]
            room -= wanted
    if "preview" in chosen:
        chosen["preview"] += room + GAP
    return tuple(Column(name, chosen[name], name in _RIGHT) for name in DRAWN if name in chosen)


def _agent_cap(width: int) -> int:
    return 12 if width < 70 else 16 if width < 110 else 24


def _roomy(width: int) -> dict[str, int]:
    """The widths that grow with the terminal."""
    if width < 110:
        return {"status": 15 if width < 70 else 16, "model": 12, "preview": MIN_PREVIEW}
    return {"status": 22, "model": 14, "preview": 22}
