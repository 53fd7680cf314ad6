"""Reading a YAML file so that what is wrong with it can be said with its line."""

from __future__ import annotations

import difflib
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import yaml

Location = Sequence[int | str]
"""The way to a field from the top of the file: keys of mappings and places in lists."""


def read_text(path: Path, error_type: type[ValueError]) -> str:
    """Return a file's text.

    Raises:
        ValueError: of the type given: the file cannot be read, or is no text.
    """
    try:
        return path.read_text(encoding="utf-8")
    except OSError as error:
        raise error_type(f"{path}: {error.strerror or error}") from None
    except UnicodeDecodeError as error:
        raise error_type(f"{path}: not UTF-8 text ({error.reason} at byte {error.start})") from None


def parse(text: str, name: str, error_type: type[ValueError]) -> tuple[yaml.Node | None, Any]:
    """Return the composed top of a YAML text, for `line_of`, and what it says.

    Raises:
        ValueError: of the type given: it is not YAML. `name` is what the message calls it.
    """
    try:
        return yaml.compose(text, Loader=yaml.SafeLoader), yaml.safe_load(text)
    except yaml.MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else 1
        raise error_type(f"{name}:{line}: not valid YAML: {error.problem}") from None
    except (yaml.YAMLError, ValueError) as error:
        raise error_type(f"{name}: not valid YAML: {str(error).splitlines()[0]}") from None


def line_of(node: yaml.Node | None, location: Location) -> int:
    """Return the line, from 1, of the field at a location, or of the nearest thing around it.

    Args:
        node: The composed top of the file (`yaml.compose`).
        location: Where the field is, or would be.
    """
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


def path_of(location: Location) -> str:
    """Return a location as a person would write it: `rules[0].answer.text`."""
    return "".join(f"[{step}]" if isinstance(step, int) else f".{step}" for step in location).lstrip(".")


def unknown_field(name: str, known: Sequence[str]) -> str:
    """Say that a field is unknown, and which is nearest, or which there are."""
    near = difflib.get_close_matches(name, known, n=1)
    hint = f"did you mean {near[0]!r}?" if near else f"there are {', '.join(known)}"
    return f"unknown field; {hint}"
