"""`state_changelog.jsonl`: one row for each file that a step changed, appended as it happens.

What belongs here is a row's form on disk. Rows of other recorders, which have fewer fields, are read too.
"""

from __future__ import annotations

import base64
import os
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, get_args

import orjson

from capture.shadow.change import FileChange, Kind

_KINDS: tuple[Kind, ...] = get_args(Kind)


@dataclass(frozen=True, slots=True)
class ChangelogRow:
    """A file changed by a step."""

    timestamp: str
    """ISO 8601, UTC; empty when the row has none."""
    session_index: int
    replicate: int | None
    step_id: int
    change: FileChange


@dataclass(frozen=True, slots=True)
class ChangelogRead:
    """What a changelog holds."""

    rows: tuple[ChangelogRow, ...]
    unreadable: int
    """Lines that are no rows: torn ones, or foreign."""


class Changelog:
    """A changelog to append to; several may append to the same file.

    Args:
        path: The file; made, readable for its owner only, with the first row.
    """

    def __init__(self, path: Path) -> None:
        self.path = path

    def append(
        self,
        session_index: int,
        replicate: int | None,
        step_id: int,
        timestamp: datetime | str,
        changes: Iterable[FileChange],
    ) -> None:
        """Append a row for each change, all in one write.

        Args:
            session_index: Of the session, from 1.
            replicate: Of the session, from 1; None where it has none.
            step_id: The trajectory's step that made the changes.
            timestamp: When; with a time zone.
            changes: What a snapshot found.

        Raises:
            OSError: there is no room, or the file cannot be written.
        """
        when = timestamp if isinstance(timestamp, str) else timestamp.astimezone(UTC).isoformat()
        rows = [row_of(session_index, replicate, step_id, when, change) for change in changes]
        if not rows:
            return
        data = b"".join(orjson.dumps(row) + b"\n" for row in rows)
        fd = os.open(self.path, os.O_RDWR | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            size = os.fstat(fd).st_size
            if size and os.pread(fd, 1, size - 1) != b"\n":
                data = b"\n" + data  # the last writer was killed within a row
            while data:
                data = data[os.write(fd, data) :]
        finally:
            os.close(fd)


def row_of(
    session_index: int, replicate: int | None, step_id: int, timestamp: str, change: FileChange
) -> dict[str, Any]:
    """A row as it is written. Contents that are not kept are left out."""
    row: dict[str, Any] = {
        "timestamp": timestamp,
        "session_index": session_index,
        "replicate": replicate,
        "step_id": step_id,
        "file_path": change.path,
        "kind": change.kind,
        "diff": change.diff,
        "diff_stats": {"added": change.added, "removed": change.removed},
        "before_oid": change.before_oid,
        "after_oid": change.after_oid,
    }
    raw = os.fsencode(change.path)
    shown = raw.decode("utf-8", "replace")
    if shown != change.path:
        row |= {"file_path": shown, "file_path_base64": base64.b64encode(raw).decode()}
    contents = {"content_before": change.content_before, "content_after": change.content_after}
    return row | {name: content for name, content in contents.items() if content is not None}


def read_changelog(path: Path) -> ChangelogRead:
    """Read a changelog; there need not be one.

    Raises:
        OSError: it cannot be read.
    """
    rows, unreadable = [], 0
    try:
        with path.open("rb") as lines:
            for line in lines:
                if (row := _row(line)) is not None:
                    rows.append(row)
                elif line.strip():
                    unreadable += 1
    except FileNotFoundError:
        pass
    return ChangelogRead(tuple(rows), unreadable)


def _row(line: bytes) -> ChangelogRow | None:
    try:
        row = orjson.loads(line)
    except ValueError:
        return None
    if not isinstance(row, dict) or not isinstance(row.get("file_path"), str):
        return None
    return ChangelogRow(
        timestamp=_text(row, "timestamp") or "",
        session_index=_number(row, "session_index"),
        replicate=_number(row, "replicate") or None,
        step_id=_number(row, "step_id"),
        change=_change(row),
    )


def _change(row: Mapping[str, Any]) -> FileChange:
    stats = row.get("diff_stats")
    stats = stats if isinstance(stats, dict) else {}
    before, after = _text(row, "content_before"), _text(row, "content_after")
    return FileChange(
        path=_path(row),
        kind=_kind(row, before, after),
        before_oid=_text(row, "before_oid"),
        after_oid=_text(row, "after_oid"),
        diff=_text(row, "diff") or "",
        added=_number(stats, "added"),
        removed=_number(stats, "removed"),
        content_before=before,
        content_after=after,
    )


def _path(row: Mapping[str, Any]) -> str:
    try:
        return os.fsdecode(base64.b64decode(row["file_path_base64"], validate=True))
    except (KeyError, TypeError, ValueError):
        return str(row["file_path"])


def _kind(row: Mapping[str, Any], before: str | None, after: str | None) -> Kind:
    """What the row says; for one that says nothing, what its contents do."""
    said = row.get("kind")
    for kind in _KINDS:
        if said == kind:
            return kind
    if before is None and after is not None:
        return "add"
    return "delete" if after is None and before is not None else "modify"


def _text(row: Mapping[str, Any], name: str) -> str | None:
    value = row.get(name)
    return value if isinstance(value, str) else None


def _number(row: Mapping[str, Any], name: str) -> int:
    value = row.get(name)
    return value if isinstance(value, int) and not isinstance(value, bool) else 0
