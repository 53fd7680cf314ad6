"""The settings file: what may stand in `config.toml`, its defaults, and errors a person can act on."""

from __future__ import annotations

import tomllib
from collections.abc import Callable, Iterable, Mapping
from difflib import get_close_matches
from pathlib import Path
from typing import Any, Literal

from platformdirs import user_config_dir
from pydantic import BaseModel, ConfigDict, Field, ValidationError
from pydantic_core import ErrorDetails

Severity = Literal["off", "error", "warning", "info"]
Column = Literal["agent", "what", "model", "status", "duration", "tokens", "cost", "preview"]


class SettingsError(ValueError):
    """The settings file cannot be used; the text is one line that names file, field and fix."""


class Section(BaseModel):
    """A table of the file: unknown keys are errors, values do not change after loading."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class Alerts(Section):
    """What makes a noise, and when not to."""

    severity: Severity = "error"
    """The least severity of a new event's signals that raises an alert; "off" for none."""
    bell: bool = False
    """Ring the terminal's bell, which also sets tmux's window flag."""
    desktop: bool = False
    """Raise a desktop notification, by OSC 9 and OSC 777."""
    title: bool = True
    """Say in the terminal's title how many agents are failing."""
    every_seconds: float = Field(60.0, ge=0)
    """At most one bell and notification an agent in this many seconds."""
    quiet: str = Field("", pattern=r"^$|^\d{1,2}:\d{2}-\d{1,2}:\d{2}$")
    """Local times between which nothing rings, such as "23:00-07:00"."""
    cost_per_hour: float = Field(5.0, gt=0)
    """US dollars an hour above which an agent is pointed out."""


class Live(Section):
    """How Live starts."""

    filter: str = ""
    """The filter that Live starts with."""
    folding: bool = True
    """Whether identical consecutive failures start folded."""
    hide: tuple[Column, ...] = ()
    """Columns never shown, however wide the terminal is."""


class Settings(Section):
    """Everything in the file."""

    theme: str = ""
    """A theme's name; empty picks one that suits the terminal."""
    ascii: bool = False
    """Draw with ASCII symbols only."""
    start: Literal["agents", "live", "runs"] = "agents"
    """The place the app starts in."""
    mouse: bool = True
    """Whether the app takes the mouse; without it the terminal's own selection works undisturbed."""
    keys: dict[str, str] = Field(default_factory=dict)
    """Action id → keys, separated by commas, such as `"live.pause" = "space,p"`."""
    alerts: Alerts = Field(default_factory=lambda: Alerts.model_validate({}))
    live: Live = Field(default_factory=lambda: Live.model_validate({}))


def settings_path() -> Path:
    """Where the settings file is looked for."""
    return Path(user_config_dir("tessen-tui")) / "config.toml"


def load_settings(path: Path, action_ids: Callable[[], Iterable[str]]) -> Settings:
    """Read the settings file; defaults where there is none.

    Args:
        path: the TOML file.
        action_ids: gives the ids that `[keys]` may name; asked only if there are any.

    Raises:
        SettingsError: the file cannot be read, is not TOML, or holds something unknown or out of range.
    """
    try:
        table = tomllib.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return Settings()
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise SettingsError(f"{path}: {_reason(error)}") from error
    try:
        settings = Settings.model_validate(table)
    except ValidationError as error:
        raise SettingsError(f"{path}: {_explain(error.errors()[0], table)}") from error
    if settings.keys:
        _check_keys(path, settings.keys, frozenset(action_ids()))
    return settings


def _reason(error: Exception) -> str:
    if isinstance(error, OSError):
        return error.strerror or str(error)
    return f"not valid TOML: {error}" if isinstance(error, tomllib.TOMLDecodeError) else "not UTF-8 text"


def _check_keys(path: Path, keys: Mapping[str, str], known: frozenset[str]) -> None:
    for name, value in keys.items():
        if name not in known:
            raise SettingsError(f"{path}: keys: unknown action {name!r}{_did_you_mean(name, known)}")
        if not value.strip(" ,"):
            raise SettingsError(
                f'{path}: keys.{name!r} is empty; give a key such as "ctrl+e", or remove the line'
            )


def _explain(error: ErrorDetails, table: Mapping[str, Any]) -> str:
    """One clause for the first thing wrong."""
    where = ".".join(str(part) for part in error["loc"])
    if error["type"] == "extra_forbidden":
        *parents, name = (str(part) for part in error["loc"])
        return f"unknown setting {where!r}{_did_you_mean(name, _known_names(parents))}"
    wanted = error["msg"].removeprefix("Input should be ").replace("a valid ", "a ")
    if error["type"] == "string_pattern_mismatch":
        wanted = 'two times such as "23:00-07:00"'
    return f"{where} is {error['input']!r}, but should be {wanted}"


def _known_names(parents: list[str]) -> Iterable[str]:
    model: type[BaseModel] = Settings
    for parent in parents:
        annotation = model.model_fields[parent].annotation
        if not (isinstance(annotation, type) and issubclass(annotation, BaseModel)):
            return ()
        model = annotation
    return model.model_fields


def _did_you_mean(name: str, known: Iterable[str]) -> str:
    near = get_close_matches(name, list(known), n=1, cutoff=0.5)
    return f"; did you mean {near[0]!r}?" if near else ""
