"""What is said of an exception, where much of it is left out."""

import pytest

from tessen import _problems

KEY = "key+of/the=user-" + "x1Y2" * 10


@pytest.mark.parametrize("before", range(240, 301, 4))
def test_no_half_of_a_key_is_left_where_a_message_is_cut(before: int) -> None:
    told = _problems.short(ValueError("a " * (before // 2) + KEY + " refused"))
    assert len(told) <= 300
    assert KEY in told or KEY[:4] not in told


@pytest.mark.parametrize("shift", range(0, 48, 8))
def test_no_half_of_a_key_is_left_where_a_traceback_is_cut(shift: int) -> None:
    text = " " * shift + f"{KEY} " * 2_000
    told = _problems.trace(ValueError(text))
    assert "characters left out" in told
    assert len(told) < 33_000
    assert "x1Y2" not in told.replace(KEY, "")
