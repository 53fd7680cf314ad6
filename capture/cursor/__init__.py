"""A record as a list of exchanges, and a place in it: what lies before is on record, what follows is live.

What belongs here is where exchanges come from, and nothing of what is done with them.
"""

from __future__ import annotations

from capture.cursor.cursor import Cursor, CursorError, Recorded

__all__ = ["Cursor", "CursorError", "Recorded"]
