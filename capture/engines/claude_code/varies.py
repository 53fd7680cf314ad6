"""What Claude Code tells its model of its own accord, and never twice the same: times, and tokens left."""

from __future__ import annotations

import re

VARIES = (
    re.compile(r"(?<=duration_ms: )\d+"),
    re.compile(r"(?<=<total_tokens>)\d+(?= tokens left)"),  # of the whole conversation, in this process
)
