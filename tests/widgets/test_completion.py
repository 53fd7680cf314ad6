"""What the filter offers while it is typed."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from widgets.completion import LIMIT, completions

VALUES = {"agent": ["billing", "bill pay", "support"], "status": ["error", "ok"]}


def offered(text: str) -> list[str]:
    return completions(text, lambda field: VALUES.get(field, []))


def test_fields() -> None:
    assert offered("ag") == ["agent:"]
    assert offered("status:error du") == ["status:error dur>"]
    assert offered("-ou") == ["-outcome:", "-out>"]


def test_values() -> None:
    assert offered("agent:") == ["agent:billing", 'agent:"bill pay"', "agent:support"]
    assert offered("agent:bi") == ["agent:billing"]
    assert offered("agent:support,bi") == ["agent:support,billing"]
    assert offered("status:ER") == ["status:ERror"]
    assert offered("status:error") == []


def test_nothing_is_offered_where_nothing_fits() -> None:
    assert offered("") == offered("status:ok ") == offered('"free te') == offered("nosuchfield:") == []


@given(st.text(max_size=30))
def test_what_is_typed_stays(text: str) -> None:
    found = offered(text)
    assert len(found) <= LIMIT
    assert all(each.startswith(text) and len(each) > len(text) for each in found)
