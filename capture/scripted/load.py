"""Reading a script from YAML. What is wrong with it is said with file, line and field, and how to mend it."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from pathlib import Path
from typing import Any, get_args, get_type_hints

from pydantic import TypeAdapter, ValidationError

from capture.scripted.script import Script
from capture.yaml_lines import Location, line_of, parse, path_of, read_text, unknown_field


class ScriptError(ValueError):
    """A script that cannot be used. The message is one line: file, line, field, and what to do."""


def load_script(path: str | Path) -> Script:
    """Read a script.

    Args:
        path: A YAML file, as `docs/scripted-model.md` describes it.

    Returns:
        The script, checked.

    Raises:
        ScriptError: the file cannot be read, is not YAML, or is not a script.
    """
    path = Path(path)
    return parse_script(read_text(path, ScriptError), str(path))


def parse_script(text: str, name: str = "script") -> Script:
    """Read a script from YAML text; `name` is what errors call it.

    Raises:
        ScriptError: the text is not YAML, or is not a script.
    """
    root, data = parse(text, name, ScriptError)
    try:
        return TypeAdapter(Script).validate_python({} if data is None else data)
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        line = line_of(root, first["loc"])
        raise ScriptError(f"{name}:{line}: {_where(first['loc'])}{_what(first)}") from None


def _where(location: Location) -> str:
    """Return a location as a path a person would write: `rules[0].answer.text: `."""
    path = path_of(location)
    return f"{path}: " if path else ""


def _what(problem: Any) -> str:
    """Say what is wrong with a field and how to mend it."""
    if problem["type"] in ("unexpected_keyword_argument", "extra_forbidden"):
        return _unknown_field(problem["loc"])
    message = str(problem["msg"]).removeprefix("Value error, ")
    if problem["type"] in ("dataclass_type", "dataclass_exact_type"):
        message = "should be a mapping of fields"
    return message[:1].lower() + message[1:]


def _unknown_field(location: Location) -> str:
    return unknown_field(str(location[-1]), _fields_at(location[:-1]))


def _fields_at(location: Sequence[int | str]) -> list[str]:
    """Return the names of the fields that may stand at a place in a script."""
    kind: Any = Script
    for step in location:
        if isinstance(step, str):
            kind = _dataclass_in(get_type_hints(kind)[step])
    return [field.name for field in dataclasses.fields(kind)]


def _dataclass_in(hint: Any) -> Any:
    """Return the dataclass in an annotation such as `Sequence[Rule]` or `Answer | None`."""
    if dataclasses.is_dataclass(hint):
        return hint
    return next(filter(None, map(_dataclass_in, get_args(hint))), None)
