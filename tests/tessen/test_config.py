import inspect
from pathlib import Path
from typing import Any

import pytest

import tessen
from tessen import _config, _recorder, _variables


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


@pytest.mark.parametrize("source", ["a{99999999999999999999}", "(" * 2000 + ")" * 2000, b"bytes", [b"bytes"]])
def test_what_no_event_can_be_searched_for_is_said_and_left_out(
    source: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    assert _config.load(redact=source).redact == ()
    assert capsys.readouterr().err.count("is not a regular expression and is ignored") == 1


def test_a_switch_may_be_given_as_its_variable_is(tmp_path: Path) -> None:
    given: dict[str, Any] = {"disable_fsync": "no", "disable_crawl": " On "}
    settings = _config.load(log_dir=tmp_path, **given)
    assert (settings.disable_fsync, settings.disable_crawl) == (False, True)


def test_an_empty_folder_is_none_at_all(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("TESSEN_LOG_DIR", str(tmp_path))
    assert _config.load(log_dir="").log_dir == tmp_path


def test_every_variable_is_a_keyword_of_init_and_a_setting() -> None:
    keywords = {variable.keyword for variable in _variables.VARIABLES} - {"debug"}
    assert set(inspect.signature(tessen.init).parameters) == keywords
    assert {name for name in (*vars(_config.load()), "log_dir") if name[0] != "_"} == keywords


GIVEN = {
    "agent_name": "given",
    "disable_fsync": True,
    "leaf_fallback": True,
    "disable_crawl": True,
    "disable_git_learn": True,
    "api_key": "given",
    "ingest_url": "http://given/",
    "flush_interval_sec": 1.5,
    "batch_max_events": 7,
    "queue_max": 8,
    "retry_max": 0,
    "http_timeout_sec": 2.5,
}


@pytest.mark.parametrize("keyword", GIVEN)
def test_every_keyword_of_init_reaches_the_recorder(keyword: str, tmp_path: Path) -> None:
    tessen.init(log_dir=tmp_path, **{keyword: GIVEN[keyword]})
    assert _recorder.active is not None
    assert getattr(_recorder.active.settings, keyword) == GIVEN[keyword]
    assert _recorder.active.settings.log_dir == tmp_path
    tessen.shutdown()


def test_an_empty_key_turns_shipping_off(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TESSEN_API_KEY", "k")
    assert _config.load().api_key == "k"
    assert _config.load(api_key="").api_key is None


@pytest.mark.parametrize(
    ("name", "text", "default"),
    [
        ("batch_max_events", "0", 64),
        ("queue_max", "0", 1024),
        ("http_timeout_sec", "0", 10.0),
        ("retry_max", "none", 3),
    ],
)
def test_a_number_too_small_to_make_sense_is_its_default(
    monkeypatch: pytest.MonkeyPatch, name: str, text: str, default: float
) -> None:
    monkeypatch.setenv(f"TESSEN_{name.upper()}", text)
    assert getattr(_config.load(), name) == default
    assert getattr(_config.load(**{name: object()}), name) == default


def test_the_document_lists_every_variable_with_its_default() -> None:
    document = (Path(__file__).parents[2] / "docs" / "environment.md").read_text()
    rows = {
        cells[1].strip("` "): cells[2] for line in document.splitlines() if (cells := line.split("|"))[2:]
    }
    for variable in _variables.VARIABLES:
        shown = rows.pop(variable.name)
        assert variable.default is None or str(variable.default) in shown, variable
    assert [name for name in rows if name.startswith("TESSEN_")] == []


def test_an_absolute_folder_needs_no_present_one(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    gone = tmp_path / "gone"
    gone.mkdir()
    monkeypatch.chdir(gone)
    gone.rmdir()
    assert _config.load(log_dir=tmp_path / "logs").log_dir == tmp_path / "logs"


def test_what_is_no_path_and_no_pattern_is_said_and_recording_goes_on(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("TESSEN_LOG_DIR", str(tmp_path))
    given: dict[str, object] = {"log_dir": 5, "redact": 7}
    settings = _config.load(**given)  # type: ignore[arg-type]
    assert (settings.log_dir, settings.redact) == (tmp_path, ())
    said = capsys.readouterr().err
    assert f"init(log_dir=…) takes a path, not int: lines go to {tmp_path}" in said
    assert "a redaction pattern is not a regular expression and is ignored" in said
    assert _config.load(log_dir=bytes(tmp_path)).log_dir == tmp_path  # type: ignore[arg-type]
