"""Text in columns takes the cells that a terminal gives it."""

from __future__ import annotations

import pytest
from rich.cells import cell_len

from tessen.columns import cells, cut, fit
from tessen.sanitise import one_line
from tests.logs import HOSTILE

TEXTS = ["", "agent", "a" * 30, "日本語の名前", "e\u0301" * 20, "x日" * 9, *map(one_line, HOSTILE)]


@pytest.mark.parametrize("text", TEXTS, ids=range(len(TEXTS)))
@pytest.mark.parametrize("room", [2, 9, 10, 60])
def test_text_takes_exactly_its_room(text: str, room: int) -> None:
    assert cells(text) == cell_len(text)
    assert cell_len(fit(text, room)) == room
    short = cut(text, room)
    assert short == text if cell_len(text) <= room else short.endswith("…")
    assert text.startswith(short.removesuffix("…"))
