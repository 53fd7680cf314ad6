from pathlib import Path

import pytest

from tessen import _config


def test_defaults(home: Path) -> None:
    settings = _config.load()
    assert settings.log_dir == home / ".tessen" / "logs"
    assert settings.agent_name is None
    assert settings.api_key is None
    assert not settings.disable_fsync
    numbers = (settings.flush_interval_sec, settings.batch_max_events, settings.queue_max)
    assert numbers == (5.0, 64, 1024)
    assert (settings.retry_max, settings.http_timeout_sec) == (3, 10.0)


def test_keywords_win_over_variables(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("TESSEN_AGENT_NAME", " from-env ")
    monkeypatch.setenv("TESSEN_LOG_DIR", "/from/env")
    monkeypatch.setenv("TESSEN_DISABLE_FSYNC", "1")
    settings = _config.load()
    assert (settings.agent_name, settings.log_dir, settings.disable_fsync) == (
        "from-env",
        Path("/from/env"),
        True,
    )
    settings = _config.load(agent_name="mine", log_dir=tmp_path, disable_fsync=False)
    assert (settings.agent_name, settings.log_dir, settings.disable_fsync) == ("mine", tmp_path, False)


@pytest.mark.parametrize(
    ("text", "on"),
    [
        ("1", True),
        (" TRUE\n", True),
        ("Yes", True),
        ("on", True),
        ("0", False),
        ("off", False),
        ("", False),
        ("2", False),
    ],
)
def test_switches(monkeypatch: pytest.MonkeyPatch, text: str, on: bool) -> None:
    monkeypatch.setenv("TESSEN_DISABLE_CRAWL", text)
    assert _config.load().disable_crawl is on


@pytest.mark.parametrize("text", ["", "five", "nan", "inf", "-1", "$UNSET", "1e99"])
def test_a_number_that_is_none_is_its_default(monkeypatch: pytest.MonkeyPatch, text: str) -> None:
    for name in ("TESSEN_FLUSH_INTERVAL_SEC", "TESSEN_BATCH_MAX_EVENTS", "TESSEN_QUEUE_MAX"):
        monkeypatch.setenv(name, text)
    settings = _config.load()
    numbers = (settings.flush_interval_sec, settings.batch_max_events, settings.queue_max)
    assert numbers == (5.0, 64, 1024)


def test_a_number_in_white_space(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TESSEN_BATCH_MAX_EVENTS", " 12 ")
    assert _config.load().batch_max_events == 12


def test_patterns_one_a_line_and_bad_ones_are_said(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("TESSEN_REDACT", "secret-\\d+\n\n  (broken\n")
    assert [pattern.pattern for pattern in _config.load().redact] == ["secret-\\d+"]
    assert "not a regular expression" in capsys.readouterr().err
