"""The columns of the list of call sites: what is given room first, and that a line fits its width."""

from __future__ import annotations

import pytest

from tessen.sites.mapped import Mapped
from tessen.sites.match import Found
from widgets.cursor_list import GAP, GUTTER
from widgets.site_columns import site_columns_for, where_text

SITE = Mapped("/repo", "a.ipynb", 7, "run", "", None, "client.create", "openai", "single_shot", cell=3)


@pytest.mark.parametrize(
    ("width", "names"),
    [
        (20, ["state"]),
        (50, ["state", "events", "last", "where"]),
        (60, ["state", "events", "last", "where"]),
        (80, ["state", "events", "last", "function", "where", "rule"]),
        (120, ["state", "events", "last", "function", "where", "rule"]),
        (170, ["state", "events", "last", "function", "where", "rule", "vendor", "note"]),
    ],
)
def test_what_is_shown(width: int, names: list[str]) -> None:
    columns = site_columns_for(width)
    assert [column.name for column, _ in columns] == names
    assert GUTTER + sum(cells + GAP for _, cells in columns) <= width


def test_where_it_is() -> None:
    assert where_text(Found("silent", SITE, 0, 0.0)) == "a.ipynb:cell 3:7"
    assert where_text(Found("unmapped", None, 1, 1.0, ("/a\x1b.py:None:run",))) == "/a␛.py:?"
