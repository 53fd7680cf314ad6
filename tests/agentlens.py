"""Run folders as AgentLens leaves them, made of our own: less is recorded, and some of it is wrong."""

from __future__ import annotations

import subprocess

import orjson

from capture.runs.files import read_lines
from capture.runs.folder import RunFolder, SessionFolder

OF_A_RUN = ("status", "engine", "judge_flagged_sessions", "judge_early_exits")
OF_A_SESSION = (
    *("file_writes", "stop_reason", "engine_state", "replicate"),
    *("replicate_count", "judge_flagged", "judge_early_exit", "judge_verdict_count"),
)


def as_agentlens_left_it(folder: RunFolder) -> None:
    """Take out of a run what AgentLens 0.1.1 does not record, but for tokens; put in a key of its own."""
    listed = _git(folder, "tag", "--list", "_start_*", "_end", "_copied_*").split()
    _git(folder, "tag", "-d", *listed)
    _announce_steps(folder)
    first = _git(folder, "commit-tree", "baseline^{tree}", "-m", "baseline").strip()
    _git(folder, "tag", "-f", "baseline", first)
    (folder.shadow / "info" / "attributes").unlink()
    folder.lock.unlink()
    for session in folder.sessions():
        _count_a_title(session)
    meta = orjson.loads(folder.meta.read_bytes())
    meta["sessions"] = [
        {name: value for name, value in row.items() if name not in OF_A_SESSION} for row in meta["sessions"]
    ]
    meta = {name: value for name, value in meta.items() if name not in OF_A_RUN}
    folder.meta.write_bytes(orjson.dumps(meta | {"kept": "by others"}))


def _announce_steps(folder: RunFolder) -> None:
    """Let what a step left be noted when the next one is announced."""
    tags = _git(
        folder, "for-each-ref", "--sort=version:refname", "refs/tags/_step_*", "--format=%(refname:short)"
    )
    commits = {tag: _git(folder, "rev-parse", tag).strip() for tag in tags.split()}
    for tag in commits:
        _git(folder, "tag", "-d", tag)
    for tag, commit in commits.items():
        session, _, step = tag.partition(".")[0].rpartition("_")
        _git(folder, "tag", "-f", f"{session}_{int(step) + 1}", commit)


def _count_a_title(session: SessionFolder) -> None:
    """Let the record of the requests be AgentLens's, and the map one off, as after a request for a title."""
    rows = [{k: v for k, v in row.items() if k != "status"} for row in read_lines(session.captures)[0]]
    session.captures.write_bytes(b"".join(orjson.dumps(row) + b"\n" for row in rows))
    turns = orjson.loads(session.uuid_map.read_bytes())["turns"]
    for turn in turns:
        turn["request_file"] = f"request_{turn['turn_index'] - 1:03d}.json"
    session.uuid_map.write_bytes(orjson.dumps({"turns": turns}))


def _git(folder: RunFolder, *arguments: str) -> str:
    who = ("-c", "user.name=agentlens", "-c", "user.email=agentlens@localhost")
    command = ["git", f"--git-dir={folder.shadow}", *who, *arguments]
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout
