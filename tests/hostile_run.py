"""A run folder in which everything a person could see tries to take over the terminal."""

from __future__ import annotations

import json
from pathlib import Path

EVIL = "\x1b]0;owned\x07\x1b[2J\x1b]52;c;aGk=\x07\u202e\x9b31m[b]x[/b]\x00\r\x1b\\"
SEQUENCES = (b"\x1b]0;owned", b"\x1b]52;", b"\x00", "\u202e".encode(), "\x9b".encode())
"""What must not be among the bytes that are written to a terminal, from wherever it came."""


def hostile_run(runs: Path) -> Path:
    """Write the run; returns its folder, whose name is harmless so that it can be typed."""
    session = runs / "hostile" / "session_01"
    session.mkdir(parents=True)
    call = {
        "tool_call_id": EVIL,
        "function_name": f"tool{EVIL}",
        "arguments": {f"k{EVIL}": f"v{EVIL}\n{EVIL}"},
    }
    result = {"source_call_id": EVIL, "content": f"out{EVIL}\n{EVIL}", "extra": {"is_error": True}}
    steps = [
        {"step_id": 1, "source": "user", "message": f"go{EVIL}"},
        {
            "step_id": 2,
            "source": "agent",
            "message": f"said{EVIL}\n{EVIL}",
            "reasoning_content": f"thought{EVIL}",
            "tool_calls": [call],
            "observation": {"results": [result]},
        },
    ]
    trajectory = {"schema_version": "ATIF-v1.7", "agent": {"name": "a", "version": "1"}, "steps": steps}
    (session / "trajectory.json").write_text(json.dumps(trajectory))
    (session / "judge.jsonl").write_text(
        json.dumps({"turn": 1, "flagged": True, "reason": f"why{EVIL}"}) + "\n"
    )
    diff = f"--- a/x.py\n+++ b/x.py\n@@ -1 +1 @@ def {EVIL}\n-old{EVIL}\n+new{EVIL}\n".replace("\r", "")
    row = {"session_index": 1, "step_id": 2, "file_path": f"x{EVIL}.py", "diff": diff, "kind": "modify"}
    (runs / "hostile" / "state_changelog.jsonl").write_text(json.dumps(row) + "\n")
    for path in (session / "session_diff.patch", runs / "hostile" / "full_diff.patch"):
        path.write_text(f"diff --git a/x b/x\n{diff}")
    (runs / "hostile" / "config.yaml").write_text(f"model: 'x{EVIL}'\nmemory_file: x\n")
    (runs / "hostile" / "analysis.md").write_text(
        f"# head{EVIL}\n\n- [l{EVIL}](http://x{EVIL})\n\n```\n{EVIL}\n```\n"
    )
    meta = {
        "run_name": f"hostile{EVIL}",
        "hypothesis": f"what if{EVIL}",
        "model": f"model{EVIL}",
        "engine": f"engine{EVIL}",
        "tags": [f"tag{EVIL}"],
        "errors": [EVIL],
        "sessions": [{"session_index": 1, "error": EVIL, "stop_reason": "error"}],
    }
    (runs / "hostile" / "run_meta.json").write_text(json.dumps(meta))
    return runs / "hostile"
