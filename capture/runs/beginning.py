"""What is known of a run before it begins: its name, its meta, and which versions are at work."""

from __future__ import annotations

import contextlib
import os
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

import tessen
from capture.atif.build import now
from capture.config import Config
from capture.runs.meta import RunMeta


def new_meta(config: Config) -> RunMeta:
    """Return a run's meta before its first session."""
    return RunMeta(
        run_name=config.run_name or "",
        hypothesis=config.hypothesis,
        engine=config.engine,
        model=config.model,
        provider=config.provider,
        harness_version=tessen.__version__,
        session_mode=config.session_mode,
        work_dir=config.work_dir,
        repo_name=config.repo_name,
        tags=list(config.tags),
        started_at=now().isoformat(),
    )


def name_of(config: Config) -> str:
    """Return a name for a run that has none: what, by what, and when."""
    what = (config.repo_name or Path(config.work_dir).name or "run").replace("/", "-")
    return f"{what}-{config.engine}-{datetime.now(UTC):%Y%m%d-%H%M%S}-{os.getpid()}"


def sdk_version(config: Config, engine_version: str) -> str:
    """Return the version of the agent program, or of the SDK that brings it."""
    if config.engine == "claude_code":
        with contextlib.suppress(PackageNotFoundError):
            return version("claude-agent-sdk")
    return engine_version
