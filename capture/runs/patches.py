"""The patches of a run, as files that `git apply` takes."""

from __future__ import annotations

from pathlib import Path

from capture.runs.files import write_file
from capture.shadow import ShadowGit

NO_CHANGES = b"# No changes\n"
"""What stands in a patch that changes nothing."""


async def write_patch(shadow: ShadowGit, before: str, after: str, path: Path) -> None:
    """Write what changed from one tag to another.

    Raises:
        ShadowGitError: there is no such tag, or no room.
        OSError: there is no room.
    """
    if await shadow.write_diff(before, after, path) == 0:
        write_file(path, NO_CHANGES)
