"""How a difference is shown: short, around what is different, and quick for what is very long."""

from __future__ import annotations

from capture.replay.likeness import ABSENT, Difference
from capture.replay.value_diff import LINES_AT_MOST, diff


def lines(recorded: object, now: object) -> list[str]:
    return list(diff(Difference("messages[0].content", recorded, now)))


def test_of_many_lines_those_around_the_change() -> None:
    before = [f"line {n}" for n in range(1, 100_001)]
    after = [*before[:49_999], "changed", *before[50_000:]]
    shown = lines("\n".join(before), "\n".join(after))
    assert shown[:3] == ["@@ line 49998 @@", " line 49998", " line 49999"]
    assert shown[3:5] == ["-line 50000", "+changed"]
    assert len(shown) == 7


def test_of_a_long_line_what_is_around_the_change() -> None:
    same = "x" * 10_000
    shown = lines(f"{same}old{same}", f"{same}new{same}")
    assert [each[:65] for each in shown] == [f"-…{'x' * 60}old", f"+…{'x' * 60}new"]
    assert all(len(each) < 210 for each in shown)


def test_what_is_no_text_or_not_there() -> None:
    assert lines(False, True) == ["-false", "+true"]
    assert lines(ABSENT, {"type": "text"}) == ["@@ line 0 @@", "+{", '+  "type": "text"', "+}"]
    shown = lines("a\n" * 500, "b\n" * 500)
    assert [each[:1] for each in shown].count("-") == [each[:1] for each in shown].count("+") == LINES_AT_MOST
    assert shown[-1] == "… 960 more lines"
