"""The rubric file: plain text, or YAML with the fields of a judge."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import yaml
from pydantic import ValidationError

from capture.config import JudgeConfig
from capture.yaml_lines import line_of, parse, path_of, read_text, unknown_field

PROVIDERS = ("anthropic", "openai", "openrouter")


class RubricError(ValueError):
    """A rubric that cannot be used. The message is one line: file, line, field, and what to do."""


def read_judges(path: Path, models: Sequence[str], given: dict[str, Any]) -> list[JudgeConfig]:
    """Return the judges of a rubric.

    Args:
        path: A file of text, which is the rubric, or a YAML mapping with the fields of `judge` in a
            configuration.
        models: Who judges, each as `model` or `provider:model`; none for the file's model.
        given: Fields in place of the file's.

    Raises:
        RubricError: the file cannot be used, or names no model and none is given.
    """
    root, fields = _fields(path)
    fields |= given
    if not models and "model" not in fields:
        raise RubricError(f"{path}: says no model; say which with --model")
    return [_judge(path, root, fields | each) for each in map(_named, models)] or [_judge(path, root, fields)]


def rubric_sha256(rubric: str) -> str:
    """Return what tells a rubric from others."""
    return hashlib.sha256(rubric.encode("utf-8", "surrogatepass")).hexdigest()


def _fields(path: Path) -> tuple[yaml.Node | None, dict[str, Any]]:
    """Return the fields of a file; of one that is no YAML mapping with a rubric, the text as the rubric."""
    text = read_text(path, RubricError)
    if path.suffix in (".yaml", ".yml"):
        root, data = parse(text, str(path), RubricError)
        if not isinstance(data, dict):
            raise RubricError(f"{path}:1: should be a mapping of fields: rubric, model, …")
        return root, data
    if not text.strip():
        raise RubricError(f"{path}: is empty")
    return None, {"rubric": text.strip()}


def _named(name: str) -> dict[str, str]:
    provider, colon, model = name.partition(":")
    if colon and provider in PROVIDERS:
        return {"provider": provider, "model": model}
    return {"model": name}


def _judge(path: Path, root: yaml.Node | None, fields: dict[str, Any]) -> JudgeConfig:
    try:
        return JudgeConfig.model_validate(fields)
    except ValidationError as error:
        problems = error.errors(include_url=False)
    first = next((each for each in problems if each["type"] == "extra_forbidden"), problems[0])
    where = path_of(first["loc"])
    what = first["msg"][:1].lower() + first["msg"][1:]
    if first["type"] == "extra_forbidden":
        what = unknown_field(str(first["loc"][-1]), list(JudgeConfig.model_fields))
    raise RubricError(f"{path}:{line_of(root, first['loc'])}: {where}: {what}")
