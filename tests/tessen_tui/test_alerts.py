"""Alerts: loud enough, and not too often."""

from __future__ import annotations

from datetime import datetime

import pytest

from capture.log.source import Row
from tessen_tui.alerts import Alarm, is_quiet, severity_of
from tessen_tui.settings import Alerts


def make_row(agent: str = "billing", signals: tuple[str, ...] = (), error: bool = False) -> Row:
    return Row(
        *(1, 0.0, agent, "anthropic", "messages.create", "claude-haiku-4-5", 1, error, 429 if error else 200),
        *(
            "RateLimitError" if error else None,
            "complete",
            signals,
            10.0,
            None,
            1,
            1,
            0,
            0,
            0.1,
            1,
            False,
            100,
        ),
    )


def settings(**changes: object) -> Alerts:
    return Alerts.model_validate(changes)


def test_severity_is_the_worst_of_what_is_known() -> None:
    assert severity_of(make_row()) == 0
    assert severity_of(make_row(signals=("silent_retry",))) == 1
    assert severity_of(make_row(signals=("silent_retry", "refusal"))) == 2
    assert severity_of(make_row(signals=("made_up",))) == 0
    assert severity_of(make_row(error=True)) == 3


def test_only_what_is_severe_enough_alerts() -> None:
    rows = [make_row(signals=("refusal",))]
    assert Alarm(settings(severity="error")).consider(rows, 1.0) == []
    assert [alert.text for alert in Alarm(settings(severity="warning")).consider(rows, 1.0)] == ["refusal"]
    assert Alarm(settings(severity="off")).consider([make_row(error=True)], 1.0) == []


def test_one_alert_an_agent_in_a_while() -> None:
    alarm = Alarm(settings(every_seconds=60))
    storm = [make_row(error=True)] * 40 + [make_row("support", error=True)]
    assert [alert.agent for alert in alarm.consider(storm, 100.0)] == ["billing", "support"]
    assert alarm.consider(storm, 159.0) == []
    assert len(alarm.consider(storm, 160.0)) == 2


def test_what_is_said_is_safe() -> None:
    (alert,) = Alarm(settings()).consider([make_row("\x1b]0;x\x07", ("rate\x1blimited",), True)], 1.0)
    assert alert.agent == "␛]0;x␇"
    assert alert.text == "rate␛limited"


@pytest.mark.parametrize(
    ("period", "time", "quiet"),
    [
        ("", "03:00", False),
        ("23:00-07:00", "03:00", True),
        ("23:00-07:00", "23:00", True),
        ("23:00-07:00", "07:00", False),
        ("09:00-17:00", "12:00", True),
        ("09:00-17:00", "18:00", False),
    ],
)
def test_quiet_times(period: str, time: str, quiet: bool) -> None:
    hour, minute = map(int, time.split(":"))
    assert is_quiet(period, datetime(2026, 11, 23, hour, minute).timestamp()) == quiet
