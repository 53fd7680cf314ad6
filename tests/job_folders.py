"""Jobs on disk, as processes left them or as one is at work, for the app's tests."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from capture.jobs import jobs_dir
from tests.logs import NOW


def job_folder(identity: str, age_s: float, output: str = "", **fields: Any) -> Path:
    """A job's folder as some process once left it.

    Args:
        identity: its id.
        age_s: how long ago it started.
        output: what it printed.
        fields: of `job.json`; `progress` is the newest row of its progress.
    """
    folder = jobs_dir() / identity
    folder.mkdir(parents=True)
    at = datetime.fromtimestamp(NOW - age_s, UTC).isoformat()
    row = {"id": identity, "kind": "resample", "state": "finished", "created_at": at, "detached": True}
    progress = fields.pop("progress", None)
    (folder / "job.json").write_text(json.dumps(row | fields))
    if progress:
        whole = {"ts": NOW, "done": 0, "total": None, "cost_usd": None, "failed": 0, "message": ""}
        (folder / "progress.jsonl").write_text(json.dumps(whole | progress) + "\n")
    if output:
        (folder / "output.log").write_text(output)
    return folder
