"""What every `--json` ends in, so that scripts can tell what they read, and when it was made.

What belongs here is the three last keys and the way JSON is written out.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from typing import Any

from tessen import __version__, _json

SCHEMA_VERSION = 1


def envelope(payload: dict[str, Any]) -> dict[str, Any]:
    """Return the payload with `schema_version`, `tessen_version` and `generated_at` as its last keys.

    Nothing that a log says can stand in for them.
    """
    head = {"schema_version": SCHEMA_VERSION, "tessen_version": __version__}
    last = {**head, "generated_at": datetime.now(UTC).isoformat()}
    return {**{key: value for key, value in payload.items() if key not in last}, **last}


def listed(
    before: dict[str, Any], name: str, values: Iterable[Iterable[str]], after: dict[str, Any]
) -> Iterator[str]:
    """Yield the pieces of an envelope with a list in it: together they may be larger than memory.

    Args:
        before: What comes before the list.
        name: The list's.
        values: The pieces of the JSON of each of its values.
        after: What comes behind it, before the last keys.
    """
    yield dumps({**before, name: []})[: -len("]\n}")]
    between = ""
    for value in values:
        yield f"{between}\n    "
        for piece in value:
            yield piece.replace("\n", "\n    ")
        between = ","
    end = "\n  ]" if between else "]"
    yield f"{end},{dumps(envelope(after))[1:]}\n"


def dumps(value: Any, *, indent: int | None = 2, ascii: bool = True) -> str:
    """Return JSON as the standard has it, whatever a log holds.

    What it cannot hold is said in a string, as the recorder does: a number that is not finite by its name,
    and, where something is nested too deeply to be written, `<too deep>`.

    Args:
        value: Of JSON's types.
        indent: Spaces a level; None for one line.
        ascii: Whether all else is escaped, so that no terminal acts on it.
    """
    try:
        return json.dumps(value, indent=indent, ensure_ascii=ascii, allow_nan=False, default=str)
    except (ValueError, RecursionError):
        return json.dumps(_json.represent(value), indent=indent, ensure_ascii=ascii)
