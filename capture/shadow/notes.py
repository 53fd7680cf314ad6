"""What a commit says besides its tree, because git has no place for it there.

What belongs here is the form of it in a commit's message: a line, an empty one, and JSON.
"""

from __future__ import annotations

import json
from dataclasses import dataclass


@dataclass(slots=True)
class Notes:
    """What cannot be told from a commit's tree."""

    empty_folders: tuple[str, ...] = ()
    large_files: tuple[str, ...] = ()
    """Whose objects are only notes of size and hash."""
    present: bool = True
    """Whether the commit says any of this at all; others' commits do not."""

    def message(self, title: str) -> str:
        """The commit's message."""
        notes = {"empty_folders": self.empty_folders, "large_files": self.large_files}
        return f"{title}\n\n{json.dumps(notes)}\n"

    @classmethod
    def read(cls, message: str) -> Notes:
        """The notes in a commit's message."""
        try:
            found = json.loads(message.partition("\n\n")[2])
            return cls(tuple(map(str, found["empty_folders"])), tuple(map(str, found["large_files"])))
        except (ValueError, KeyError, TypeError):
            return cls(present=False)
