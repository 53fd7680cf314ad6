"""Reading values out of JSON that may hold anything: each function takes any value and never raises.

What belongs here turns "what came" into "what was meant", or into nothing when it was something else.
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from typing import Any, TypeGuard


def is_object(value: object) -> TypeGuard[Mapping[str, Any]]:
    """Whether the value is an object; dictionaries are told quickly, and so is what is nothing."""
    return type(value) is dict or (value is not None and isinstance(value, Mapping))


def mapping(value: object) -> dict[str, Any]:
    """The value if it is an object, else an empty one."""
    return value if isinstance(value, dict) else {}


def items(value: object) -> list[Any]:
    """The value if it is an array, else an empty one."""
    return value if isinstance(value, list) else []


def text(value: object) -> str | None:
    """The value if it is a string with something in it, else None."""
    return value if isinstance(value, str) and value else None


def number(value: object) -> float | None:
    """The value as a finite float if it is a number (true and false are not), else None."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    try:
        result = float(value)
    except OverflowError:
        return None
    return result if math.isfinite(result) else None


def whole(value: object) -> int | None:
    """The value as an int if it is a whole number that fits 64 bits, else None."""
    result = number(value)
    fits = result is not None and result.is_integer() and abs(result) < 2**63
    return int(result) if result is not None and fits else None


def first(source: dict[str, Any], *keys: str) -> Any:
    """The first of these keys that is there with a value: one thing is spelled in several ways."""
    for key in keys:
        if source.get(key) is not None:
            return source[key]
    return None


def parsed(source: str) -> Any:
    """The JSON value this text holds, or None where it holds none."""
    try:
        return json.loads(source)
    except (ValueError, RecursionError):
        return None
