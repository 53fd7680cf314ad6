"""The files right before a turn: which recorded state that is, and whether a copy is equal to it."""

from __future__ import annotations

import asyncio
import re
import subprocess
from collections.abc import Sequence
from pathlib import Path

from capture.replay.source import ReplayError, Source
from capture.replay.turns import Turn

_STEP = re.compile(r"_step_(\d+)_(\d+)")


def tags_of(git_dir: Path) -> set[str]:
    """Return the tags of a repository.

    Raises:
        ReplayError: it is none.
    """
    return set(_git(git_dir, "tag", "--list").split())


def saw_announcements(source: Source, tags: set[str]) -> bool:
    """Whether the states are AgentLens's, taken when a tool was announced and not when it had ended."""
    return f"_start_{source.session.label}" not in tags


def tag_before(source: Source, tags: set[str], turns: Sequence[Turn], turn: Turn) -> str:
    """Return the tag of the files right before a turn.

    A state is taken when the tools of a step have come to their end, so the newest one of the turns before is
    it. AgentLens takes one when a tool is announced: the one of the turn itself is what was there before.

    Raises:
        ReplayError: no state of the session's files was recorded.
    """
    if not saw_announcements(source, tags):
        before = [each.tag for each in turns[: turn.number - 1] if each.tag in tags and each.tag]
        return before[-1] if before else f"_start_{source.session.label}"
    found = _of_agentlens(source, tags, turns, turn)
    if found is None:
        raise ReplayError(f"{source.run.shadow}: has no state of the files before turn {turn.number}")
    return found


def _of_agentlens(source: Source, tags: set[str], turns: Sequence[Turn], turn: Turn) -> str | None:
    after = (each.first_step for each in turns[turn.number :] if each.first_step is not None)
    limit = turn.last_step if turn.last_step is not None else next(after, 1 << 62) - 1
    steps = [
        (int(match[2]), tag)
        for tag in tags
        if (match := _STEP.fullmatch(tag)) and int(match[1]) == source.session.index
    ]
    own = max((each for each in steps if each[0] <= limit), default=None)
    if own is not None:
        return own[1]
    return next(
        (each for each in (f"session_{source.session.index - 1:02d}", "baseline") if each in tags), None
    )


async def check_same(source: Source, tag: str, git_dir: Path) -> str:
    """Return the hash of the tree that a replay starts from, which is that of the source's tag.

    Raises:
        ReplayError: the copy is not the same, such as where large files were recorded without their content.
    """
    wanted = await asyncio.to_thread(_tree, source.run.shadow, tag)
    there = await asyncio.to_thread(_tree, git_dir, "baseline")
    if wanted != there:
        raise ReplayError(
            f"the files at {tag} cannot be brought back as they were: tree {there[:12]}, not {wanted[:12]}"
        )
    return there


def _tree(git_dir: Path, tag: str) -> str:
    return _git(git_dir, "rev-parse", f"refs/tags/{tag}^{{tree}}").strip()


def _git(git_dir: Path, *arguments: str) -> str:
    command = ["git", f"--git-dir={git_dir}", *arguments]
    done = subprocess.run(command, capture_output=True, text=True, errors="replace", check=False)
    if done.returncode:
        raise ReplayError(f"{git_dir}: git {arguments[0]}: {' '.join(done.stderr.split()) or 'failed'}")
    return done.stdout
