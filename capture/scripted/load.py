"""Reading a script from YAML. What is wrong with it is said with file, line and field, and how to mend it."""

from __future__ import annotations

import dataclasses
import difflib
from collections.abc import Sequence
from pathlib import Path
from typing import Any, get_args, get_type_hints

import yaml
from pydantic import TypeAdapter, ValidationError

from capture.scripted.script import Script

Location = tuple[int | str, ...]


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
    try:
        text = path.read_text(encoding="utf-8")
    except OSError as error:
        raise ScriptError(f"{path}: {error.strerror or error}") from None
    except UnicodeDecodeError as error:
        raise ScriptError(f"{path}: not UTF-8 text ({error.reason} at byte {error.start})") from None
    return parse_script(text, str(path))


def parse_script(text: str, name: str = "script") -> Script:
    """Read a script from YAML text; `name` is what errors call it.

    Raises:
        ScriptError: the text is not YAML, or is not a script.
    """
    try:
        root = yaml.compose(text, Loader=yaml.SafeLoader)
        data = yaml.safe_load(text)
    except yaml.MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else 1
        raise ScriptError(f"{name}:{line}: not valid YAML: {error.problem}") from None
    except (yaml.YAMLError, ValueError) as error:
        raise ScriptError(f"{name}: not valid YAML: {_first_line(error)}") from None
    try:
        return TypeAdapter(Script).validate_python({} if data is None else data)
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        line = _line(root, first["loc"])
        raise ScriptError(f"{name}:{line}: {_where(first['loc'])}{_what(first)}") from None


def _line(node: yaml.Node | None, location: Location) -> int:
    """Return the line, from 1, of the field at a location, or of the nearest thing around it."""
    line = node.start_mark.line + 1 if node else 1
    for step in location:
        if isinstance(node, yaml.MappingNode):
            pair = next(((k, v) for k, v in node.value if k.value == step), None)
            if pair is None:
                return line
            line, node = pair[0].start_mark.line + 1, pair[1]
        elif isinstance(node, yaml.SequenceNode) and isinstance(step, int) and step < len(node.value):
            node = node.value[step]
            line = node.start_mark.line + 1
        else:
            return line
    return line


def _where(location: Location) -> str:
    """Return a location as a path a person would write: `rules[0].answer.text: `."""
    path = "".join(f"[{step}]" if isinstance(step, int) else f".{step}" for step in location)
    return f"{path.lstrip('.')}: " if path else ""


def _what(problem: Any) -> str:
    """Say what is wrong with a field and how to mend it."""
    if problem["type"] in ("unexpected_keyword_argument", "extra_forbidden"):
        return _unknown_field(problem["loc"])
    message = str(problem["msg"]).removeprefix("Value error, ")
    if problem["type"] in ("dataclass_type", "dataclass_exact_type"):
        message = "should be a mapping of fields"
    return message[:1].lower() + message[1:]


def _unknown_field(location: Location) -> str:
    known = _fields_at(location[:-1])
    near = difflib.get_close_matches(str(location[-1]), known, n=1)
    hint = f"did you mean {near[0]!r}?" if near else f"there are {', '.join(known)}"
    return f"unknown field; {hint}"


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


def _first_line(error: Exception) -> str:
    return str(error).splitlines()[0]
