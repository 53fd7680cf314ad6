"""What Codex tells its model of its own accord, and never twice the same: ids, and how long it took."""

from __future__ import annotations

import re

VARIES = (
    re.compile(r"\A[a-z]+_[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[0-9a-f]{4}-[0-9a-f]{12}\Z"),
    re.compile(r"^Chunk ID: [0-9a-f]+$", re.MULTILINE),
    re.compile(r"^Wall time: [\d.]+ seconds?$", re.MULTILINE),
)
