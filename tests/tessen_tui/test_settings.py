"""The settings file: defaults, and errors that say what to do."""

from __future__ import annotations

from pathlib import Path

import pytest

from tessen_tui.settings import Settings, SettingsError, load_settings, settings_path

IDS = {"live.pause": "Pause", "list.down": "Down"}


def load(folder: Path, text: str) -> Settings:
    path = folder / "config.toml"
    path.write_text(text)
    return load_settings(path, lambda: IDS)


def test_no_file_means_defaults(tmp_path: Path) -> None:
    assert load_settings(tmp_path / "config.toml", lambda: IDS) == Settings()


def test_the_path_follows_the_platform(home: Path) -> None:
    assert settings_path() == home / "config" / "tessen-tui" / "config.toml"


def test_everything_at_once(tmp_path: Path) -> None:
    settings = load(
        tmp_path,
        """
        theme = "tessen-light"
        ascii = true
        [keys]
        "live.pause" = "p,space"
        [alerts]
        severity = "warning"
        bell = true
        quiet = "23:00-07:00"
        [live]
        filter = "status:error"
        hide = ["cost"]
        """,
    )
    assert settings.theme == "tessen-light"
    assert settings.keys == {"live.pause": "p,space"}
    assert settings.alerts.bell
    assert settings.live.hide == ("cost",)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("theem = 'x'", "unknown setting 'theem'; did you mean 'theme'?"),
        ("[alerts]\nbel = true", "unknown setting 'alerts.bel'; did you mean 'bell'?"),
        (
            "[alerts]\nseverity = 'loud'",
            "alerts.severity is 'loud', but should be 'off', 'error', 'warning' or 'info'",
        ),
        (
            "[alerts]\nquiet = 'night'",
            "alerts.quiet is 'night', but should be two times such as \"23:00-07:00\"",
        ),
        ("[alerts]\ncost_per_hour = -1", "alerts.cost_per_hour is -1, but should be greater than 0"),
        ("ascii = 'sure'", "ascii is 'sure', but should be a boolean"),
        ("[keys]\n'live.puase' = 'p'", "unknown action 'live.puase'; did you mean 'live.pause'?"),
        ("[keys]\n'live.pause' = ' '", "is empty; give a key"),
        ("theme = ", "not valid TOML"),
    ],
)
def test_errors_name_file_field_and_fix(tmp_path: Path, text: str, said: str) -> None:
    with pytest.raises(SettingsError) as caught:
        load(tmp_path, text)
    message = str(caught.value)
    assert message.startswith(str(tmp_path / "config.toml"))
    assert said in message
    assert "\n" not in message


def test_a_file_that_is_no_text(tmp_path: Path) -> None:
    path = tmp_path / "config.toml"
    path.write_bytes(b"\xff\xfe\x00")
    with pytest.raises(SettingsError, match="not UTF-8"):
        load_settings(path, lambda: IDS)
