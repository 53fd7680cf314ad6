"""What an engine is told when a session begins."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import orjson

import tessen
from capture.atif.trajectory import Trajectory
from capture.config import SessionConfig
from capture.engines.interface import Conversation, Launch
from capture.engines.routes import everyday
from capture.runs.files import write_file
from capture.runs.folder import SessionFolder
from capture.runs.scene import Scene, Setting


def launch_of(
    setting: Setting, scene: Scene, spec: SessionConfig, folder: SessionFolder, base_url: str | None
) -> Launch:
    """Return the launch of a session.

    Args:
        setting: The run.
        scene: Where the session takes place.
        spec: What is asked of the agent.
        folder: Where it is recorded.
        base_url: Where requests go; None for the provider's own address.

    Raises:
        OSError: the conversation to go on from cannot be read.
    """
    config, home = setting.config, home_of(setting, folder)
    return Launch(
        config=config,
        prompt=spec.prompt,
        system_prompt=_system_prompt(setting, scene, spec),
        max_turns=spec.max_turns or config.max_turns,
        cwd=scene.cwd,
        home=home,
        base_url=base_url,
        env=everyday(setting.environment) | setting.route.env,
        key=setting.route.key,
        resume=_conversation(scene, home),
        fork=scene.past is not None and scene.past.fork,
        midway=scene.past is not None and scene.past.midway,
        wrap=scene.wrap,
        stderr=folder.stderr,
    )


def home_of(setting: Setting, folder: SessionFolder) -> Path:
    """Return the folder for the engine's own state in a session."""
    return setting.homes / folder.path.name


def empty_trajectory(setting: Setting, spec: SessionConfig, folder: SessionFolder) -> Trajectory:
    """Return a session's trajectory before anything has happened."""
    config = setting.config
    return Trajectory(
        agent_name=config.engine,
        agent_version=setting.engine.version(),
        model_name=config.model,
        trajectory_id=f"{config.run_name}/{folder.path.name}",
        agent_extra={"harness": f"tessen-tui {tessen.__version__}"},
        extra={"engine": config.engine, "session_index": spec.session_index},
    )


def _conversation(scene: Scene, home: Path) -> Conversation | None:
    """Return the conversation to go on from. Paths in it lead to where the files are now."""
    past, moved_from = scene.past, scene.moved_from
    if past is None or moved_from is None:
        return None if past is None else past.conversation
    moved = home / "moved.jsonl"
    before, after = (orjson.dumps(str(path))[1:-1] for path in (moved_from, scene.cwd))
    write_file(moved, past.conversation.transcript.read_bytes().replace(before, after))
    return replace(past.conversation, transcript=moved, project=None)


def _system_prompt(setting: Setting, scene: Scene, spec: SessionConfig) -> str:
    """Return the system prompt, which ends with where the agent is and where its notes are."""
    config, cwd = setting.config, scene.cwd
    given = spec.system_prompt if spec.system_prompt is not None else config.system_prompt
    place = f"Your working directory is {cwd}.\nYour notes are in {cwd / config.memory_file}."
    return f"{given.rstrip()}\n\n{place}" if given else place
