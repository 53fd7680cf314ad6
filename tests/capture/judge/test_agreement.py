"""The arithmetic of agreement, and which steps are whose turn."""

from __future__ import annotations

import pytest

from capture.atif.trajectory import Step
from capture.judge.agreement import by_model, fleiss_kappa, tally
from capture.judge.scope import steps_of_turns, turn_ends
from capture.judge.verdict import Verdict


def verdicts(said: str) -> list[Verdict]:
    """`+` flagged, `-` not, `x` failed."""
    known = {"+": (True, 0.8, None), "-": (False, None, None), "x": (None, None, "busy")}
    return [
        Verdict("m", flagged, "", confidence, error=error)
        for flagged, confidence, error in map(known.get, said)  # type: ignore[misc]
    ]


@pytest.mark.parametrize(
    ("said", "agreement", "confidence"),
    [("++++", 1.0, 0.8), ("++--", 1 / 3, 0.8), ("+--", 1 / 3, 0.8), ("-", None, None), ("x", None, None)],
)
def test_agreement_is_the_share_of_pairs_that_say_the_same(
    said: str, agreement: float | None, confidence: float | None
) -> None:
    found = tally(verdicts(said))
    assert found.agreement == (None if agreement is None else pytest.approx(agreement))
    assert found.mean_confidence == (None if confidence is None else pytest.approx(confidence))
    assert (found.verdicts, found.failed) == (len(said.replace("x", "")), said.count("x"))


def test_kappa_is_what_is_beyond_chance() -> None:
    worked_by_hand = [tally(verdicts(each)) for each in ("+++", "---", "++-", "+--")]
    assert fleiss_kappa(worked_by_hand) == pytest.approx(1 / 3)
    assert fleiss_kappa([tally(verdicts("+++")), tally(verdicts("---"))]) == 1.0
    assert fleiss_kappa([tally(verdicts("+-")), tally(verdicts("+-"))]) == -1.0
    assert fleiss_kappa([tally(verdicts("++")), tally(verdicts("++"))]) is None
    assert fleiss_kappa([tally(verdicts("+-")), tally(verdicts("+"))]) is None
    assert list(by_model(verdicts("+x"))) == ["m"]


def test_turns_are_those_of_the_record_where_it_has_them() -> None:
    steps = [Step(n, "user" if n == 1 else "agent", "") for n in range(1, 8)]
    steps[1].is_copied_context = True
    assert turn_ends(steps) == [3, 4, 5, 6, 7]
    ends = turn_ends(steps, [[3], [4], [6], []])
    assert ends == [3, 4, 6, 6]

    def numbers(first: int, last: int) -> list[int]:
        return [each.step_id for each in steps_of_turns(steps, ends, first, last)]

    assert numbers(1, 2) == [1, 2, 3, 4]
    assert numbers(2, 2) == [1, 4]
    assert numbers(3, 4) == [1, 5, 6, 7]
    assert turn_ends([]) == []
