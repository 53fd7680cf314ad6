"""What is asked in place of what was recorded: another model, another temperature, all else to the byte."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Any

import orjson

from capture.cursor import Cursor, CursorError
from capture.resample.splice import spliced

_MODEL_IN_PATH = re.compile(r"(?<=/models/)[^/:?]+(?=:)")


@dataclass(frozen=True, slots=True)
class Request:
    """A request as it is to be sent."""

    body: bytes
    parsed: dict[str, Any]
    path: str
    model: str | None
    overrides: dict[str, Any] = field(default_factory=dict)
    """What was set in place of the recorded."""


def request_at(cursor: Cursor, *, model: str | None = None, temperature: float | None = None) -> Request:
    """Return the request at a cursor, with another model or temperature where one is given.

    Raises:
        CursorError: its body is not a JSON object, or it asks no model.
    """
    gemini = cursor.protocol[0].provider == "google_gemini"
    changes: dict[str, Any] = {}
    if temperature is not None:
        changes["generationConfig.temperature" if gemini else "temperature"] = temperature
    if model is not None and not gemini:
        changes["model"] = model
    path = cursor.at.path
    if model is not None and gemini:
        path = _MODEL_IN_PATH.sub(lambda _: model, path, count=1)
    try:
        body = spliced(cursor.body, changes) if changes else cursor.body
        parsed = orjson.loads(body)
    except ValueError as error:
        raise CursorError(f"{cursor.title}: its body cannot be read ({error})") from None
    if not isinstance(parsed, dict):
        raise CursorError(f"{cursor.title}: its body is not a JSON object")
    in_path = _MODEL_IN_PATH.search(path)
    asked = parsed.get("model") or (in_path[0] if in_path else None) or cursor.at.model
    given = {"model": model, "temperature": temperature}
    overrides = {name: value for name, value in given.items() if value is not None}
    return Request(body, parsed, path, str(asked) if asked else None, overrides)
