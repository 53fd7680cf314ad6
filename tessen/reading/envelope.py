"""What every `--json` ends in, so that scripts can tell what they read, and when it was made.

What belongs here is the three last keys and the way JSON is written out.
"""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

from tessen import __version__

SCHEMA_VERSION = 1


def envelope(payload: dict[str, Any]) -> dict[str, Any]:
    """Return the payload with `schema_version`, `tessen_version` and `generated_at` as its last keys.

    Nothing that a log says can stand in for them.
    """
    head = {"schema_version": SCHEMA_VERSION, "tessen_version": __version__}
    last = {**head, "generated_at": datetime.now(UTC).isoformat()}
    return {**{key: value for key, value in payload.items() if key not in last}, **last}


def dumps(value: Any, *, indent: int | None = 2) -> str:
    """Return JSON in ASCII: what a log holds is escaped, so that no terminal acts on it."""
    return json.dumps(value, indent=indent, ensure_ascii=True, default=str)
