"""Where in a YAML file a field stands, so that an error can name its line."""

from __future__ import annotations

import difflib
from collections.abc import Sequence

import yaml

Location = Sequence[int | str]
"""The way to a field from the top of the file: keys of mappings and places in lists."""


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
