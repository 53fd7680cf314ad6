"""Reading a configuration from YAML. What is wrong is said with file, line, field, and how to mend it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, get_args

import yaml
from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from capture.config.models import Config
from capture.config.rules import problems
from capture.yaml_lines import Location, line_of, parse, path_of, read_text, unknown_field


class ConfigError(ValueError):
    """A configuration that cannot be used. The message is one line: file, line, field, and what to do."""


def load_config(path: str | Path, overrides: Mapping[str, Any] | None = None) -> Config:
    """Read a configuration.

    Args:
        path: A YAML file, as `docs/runs.md` describes it.
        overrides: Fields given on the command line, in place of the file's.

    Returns:
        The configuration, checked, defaults filled in. Relative paths (`work_dir`, `script`) are looked for
        from the current folder first, then from the file's own, and come out absolute.

    Raises:
        ConfigError: the file cannot be read, is not YAML, or is not a configuration.
    """
    path = Path(path)
    text = read_text(path, ConfigError)
    config = parse_config(text, str(path), overrides)
    found = {name: _find(getattr(config, name), path.parent) for name in ("work_dir", "script")}
    if found["work_dir"] is None or not Path(found["work_dir"]).is_dir():
        line = line_of(yaml.compose(text, Loader=yaml.SafeLoader), ("work_dir",))
        raise ConfigError(f"{path}:{line}: work_dir: there is no folder {config.work_dir!r}; make it first")
    return config.model_copy(update=found)


def parse_config(text: str, name: str = "config", overrides: Mapping[str, Any] | None = None) -> Config:
    """Read a configuration from YAML text; `name` is what errors call it.

    Raises:
        ConfigError: the text is not YAML, or is not a configuration.
    """
    root, fields = _parse(text, name)
    fields |= overrides or {}
    if fields.get("engine") == "codex":
        fields.setdefault("provider", "openai")

    def wrong(location: Location, what: str) -> ConfigError:
        path = path_of(location)
        return ConfigError(f"{name}:{line_of(root, location)}: {path + ': ' if path else ''}{what}")

    try:
        config = Config.model_validate(fields)
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        raise wrong(first["loc"], _what(first)) from None
    for location, what in problems(config):
        raise wrong(location, what)
    return config


def _find(name: str | None, beside: Path) -> str | None:
    """Return the absolute path of something named relative to the current folder or to another."""
    if name is None:
        return None
    given = Path(name).expanduser()
    return str((given if given.exists() else beside / given).resolve())


def _parse(text: str, name: str) -> tuple[yaml.Node | None, dict[str, Any]]:
    root, data = parse(text, name, ConfigError)
    if not isinstance(data, dict):
        raise ConfigError(f"{name}:1: should be a mapping of fields: model, work_dir, sessions, …")
    return root, data


def _what(problem: ErrorDetails) -> str:
    """Say what is wrong with a field and how to mend it."""
    location = problem["loc"]
    if problem["type"] == "extra_forbidden":
        return unknown_field(str(location[-1]), list(_model_at(location[:-1]).model_fields))
    if problem["type"] == "missing":
        return "is missing, and a run needs it" if len(location) == 1 else "is missing"
    if problem["type"] == "model_type":
        return "should be a mapping of fields"
    message = problem["msg"].removeprefix("Value error, ")
    return message[:1].lower() + message[1:]


def _model_at(location: Sequence[int | str]) -> type[BaseModel]:
    """Return the model whose fields may stand at a place in the file."""
    kind: type[BaseModel] = Config
    for step in location:
        if isinstance(step, str):
            kind = _model_in(kind.model_fields[step].annotation) or kind
    return kind


def _model_in(hint: Any) -> type[BaseModel] | None:
    """Return the model in an annotation such as `list[SessionConfig]` or `JudgeConfig | None`."""
    if isinstance(hint, type) and not get_args(hint):
        return hint if issubclass(hint, BaseModel) else None
    return next(filter(None, map(_model_in, get_args(hint))), None)
