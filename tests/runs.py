"""Real runs for tests: a configuration and a script in, a run folder out, whose every promise is checked."""

from __future__ import annotations

import asyncio
import os
import subprocess
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import orjson
import yaml
from harbor.models.trajectories import Trajectory as ReferenceTrajectory

from capture.atif import flaws
from capture.config import Config, parse_config
from capture.runs.experiment import run_experiment
from capture.runs.files import read_lines
from capture.runs.folder import RunFolder, SessionFolder
from capture.runs.meta import RunMeta, SessionMeta, read_meta
from capture.runs.progress import Progress

Json = dict[str, Any]
MODEL = "claude-sonnet-4-20250514"
GPT = "gpt-5.4"
DEADLINE_S = 60.0


@dataclass
class Ran:
    """A run that has come to its end."""

    folder: RunFolder
    meta: RunMeta
    work_dir: Path
    progress: list[Progress] = field(default_factory=list)

    def session(self, index: int = 1, replicate: int | None = None) -> SessionFolder:
        return self.folder.session(index, replicate)

    def session_meta(self, index: int = 1, replicate: int | None = None) -> SessionMeta:
        return next(m for m in self.meta.sessions if (m.session_index, m.replicate) == (index, replicate))

    def trajectory(self, index: int = 1, replicate: int | None = None) -> Json:
        return load(self.session(index, replicate).trajectory)

    def steps(self, index: int = 1, replicate: int | None = None) -> list[Json]:
        steps: list[Json] = self.trajectory(index, replicate)["steps"]
        return steps

    def captures(self, index: int = 1, replicate: int | None = None) -> list[Json]:
        return read_lines(self.session(index, replicate).captures)[0]

    def changes(self) -> list[tuple[int, int, str]]:
        rows, _ = read_lines(self.folder.changelog)
        return [(row["session_index"], row["step_id"], row["file_path"]) for row in rows]


async def run(base: Path, script: str, sessions: list[Json], **fields: Any) -> Ran:
    """Run sessions with a script, and check what is left.

    Args:
        base: The test's folder. The working directory is `work` in it, unless `work_dir` says otherwise.
        script: The scripted model, in YAML.
        sessions: As in a configuration.
        fields: More of the configuration.
    """
    config = _configured(base, script, sessions, fields)
    progress: list[Progress] = []
    finished = await run_experiment(config, base / "runs", progress.append)
    ran = Ran(finished.folder, read_meta(finished.folder), Path(config.work_dir), progress)
    checked(ran.folder)
    return ran


def _configured(base: Path, script: str, sessions: list[Json], fields: Json) -> Config:
    script_path = base / "script.yaml"
    script_path.write_text(script)
    work_dir = Path(fields.pop("work_dir", base / "work"))
    work_dir.mkdir(exist_ok=True)
    given: Json = {"engine": "builtin", "model": MODEL, "run_name": "run", "script": str(script_path)}
    given |= {"work_dir": str(work_dir.resolve()), "sessions": sessions} | fields
    return parse_config(yaml.safe_dump(given))


def sessions(*prompts: str) -> list[Json]:
    """Sessions that differ in their prompts only."""
    return [{"session_index": number, "prompt": prompt} for number, prompt in enumerate(prompts, 1)]


def checked(folder: RunFolder) -> None:
    """Hold a run folder to what every run folder promises."""
    meta = read_meta(folder)
    for session in folder.sessions():
        own = next(
            m for m in meta.sessions if (m.session_index, m.replicate) == (session.index, session.replicate)
        )
        documents = documents_of(session)
        for path in documents:
            trajectory = load(path)
            ReferenceTrajectory.model_validate(trajectory)
            assert list(flaws(trajectory, session.path)) == [], path
        _adds_up(session, own, [load(path) for path in documents])
        assert not any((session.path / name).exists() for name in (".claude.json", "auth.json"))
    for path in folder.path.rglob("*"):
        within = path.relative_to(folder.path).parts  # git's and the engines' own files are their own affair
        if not (len(within) > 1 and within[0] in (".shadow_git", ".engine")) and not path.is_symlink():
            assert path.stat().st_mode & 0o077 == 0, f"{path} can be read by others"


def documents_of(session: SessionFolder) -> list[Path]:
    """The trajectories of a session."""
    return [session.trajectory, *sorted(session.path.glob("subagent_*.json"))]


def _adds_up(session: SessionFolder, meta: SessionMeta, trajectories: list[Json]) -> None:
    """Tokens and costs are the sums over the requests, in the meta and over the steps."""
    rows, bad = read_lines(session.captures)
    assert bad == 0
    assert len({row["request_index"] for row in rows}) == len(rows)
    used = [row["usage"] for row in rows if row.get("usage")]
    parts = ("input_tokens", "cache_creation_input_tokens", "cache_read_input_tokens")
    prompt = sum(usage.get(part) or 0 for usage in used for part in parts)
    output = sum(usage.get("output_tokens") or 0 for usage in used)
    in_the_middle = meta.stop_reason in ("interrupted", "diverged")
    if rows and not in_the_middle:
        assert (meta.prompt_tokens, meta.completion_tokens) == (prompt, output)
    measured = [step["metrics"] for each in trajectories for step in each["steps"] if "metrics" in step]
    own = [row for row in rows if row.get("usage") and row["agent_context"] != "sdk_internal"]
    every_agent = len(documents_of(session)) == 1 + meta.subagent_count
    if rows and every_agent and not in_the_middle:
        assert len(measured) == len(own)
        costs = sum(each.get("cost_usd") or 0 for each in measured)
        internal = len(own) != len(used)
        assert internal or abs(costs - (meta.total_cost_usd or 0)) < 1e-9


def load(path: Path) -> Json:
    data: Json = orjson.loads(path.read_bytes())
    return data


async def until(holds: Callable[[], bool]) -> None:
    """Wait until something on disk, or of the system, holds.

    Raises:
        TimeoutError: it never did.
    """
    async with asyncio.timeout(DEADLINE_S):
        while not holds():  # noqa: ASYNC110 - there is no event for what another process does
            await asyncio.sleep(0.02)


def files_in(folder: Path) -> dict[str, str]:
    """Path → content, or where a link leads."""
    return {str(path.relative_to(folder)): _content(path) for path in sorted(_all(folder))}


def apply_patch(patch: Path, folder: Path) -> None:
    """Apply a patch with git, as a stranger would."""
    if patch.read_bytes() == b"# No changes\n":
        return
    env = {"PATH": os.environ["PATH"], "HOME": "/nonexistent", "GIT_CEILING_DIRECTORIES": str(folder.parent)}
    subprocess.run(["git", "apply", "--binary", str(patch)], cwd=folder, env=env, check=True)


def _all(folder: Path) -> Iterator[Path]:
    return (path for path in folder.rglob("*") if path.is_symlink() or path.is_file())


def _content(path: Path) -> str:
    return f"-> {path.readlink()}" if path.is_symlink() else path.read_bytes().decode(errors="replace")
