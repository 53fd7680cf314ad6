"""The files right before a turn: which recorded state that is, and whether a copy is equal to it."""

from __future__ import annotations

import asyncio
import re
import subprocess
from collections.abc import Sequence
from pathlib import Path

from capture.replay.source import ReplayError, Source
from capture.replay.turns import Turn
from capture.shadow.notes import Notes

_STEP = re.compile(r"_step_(\d+)_(\d+)")


def tags_of(git_dir: Path) -> set[str]:
    """Return the tags of a repository.

    Raises:
        ReplayError: it is none.
    """
    return set(_git(git_dir, "tag", "--list").split())


def saw_announcements(source: Source, tags: set[str]) -> bool:
    """Whether the states are AgentLens's, taken when a tool was announced and not when it had ended."""
    return f"_start_{source.session.label}" not in tags and kept_by_agentlens(source.run.shadow)


def kept_by_agentlens(shadow: Path) -> bool:
    """Whether a run's first state is AgentLens's; sessions of ours may have joined it."""
    return not _notes(shadow, "baseline").present


def tag_before(source: Source, tags: set[str], turns: Sequence[Turn], turn: Turn) -> str:
    """Return the tag of the files right before a turn.

    A state is taken when the tools of a step have come to their end, so the newest one of the turns before is
    it. AgentLens takes one when a tool is announced: the one of the turn itself is what was there before.

    Raises:
        ReplayError: the state of the session's files was not recorded.
    """
    if saw_announcements(source, tags):
        if source.session.replicate is not None:
            raise ReplayError(
                f"{source.session.path}: AgentLens does not say which of the file states are a replicate's; "
                "`harness resample-session` makes new ones"
            )
        found = _of_agentlens(source, tags, turns, turn)
    else:
        noted = [each.tag for each in turns[: turn.number - 1] if each.tag]
        found = noted[-1] if noted else f"_start_{source.session.label}"
    if found not in tags:
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


def check_whole(shadow: Path, tag: str) -> None:
    """Make sure that the content of every file at a tag is on record.

    Raises:
        ReplayError: that of a large file is not.
    """
    large = _notes(shadow, tag).large_files
    if large:
        more = f" and {len(large) - 1} more" if len(large) > 1 else ""
        raise ReplayError(
            f"the files at {tag} cannot be brought back as they were: of {large[0]!r}{more}, which is large, "
            "only size and hash are on record"
        )


async def check_same(shadow: Path, tag: str, copy: Path, there: str) -> str:
    """Return the hash of a copy's tree, which is that of the tag it was made of.

    Args:
        shadow: The repository of the run that the files are from.
        tag: The files in it.
        copy: The repository over the copy.
        there: The tag of the copy's files in it.

    Raises:
        ReplayError: the copy is not the same.
    """
    wanted = await asyncio.to_thread(_tree, shadow, tag)
    found = await asyncio.to_thread(_tree, copy, there)
    if wanted != found:
        raise ReplayError(
            f"the files at {tag} cannot be brought back as they were: tree {found[:12]}, not {wanted[:12]}"
        )
    return found


def _notes(git_dir: Path, tag: str) -> Notes:
    return Notes.read(_git(git_dir, "cat-file", "commit", f"refs/tags/{tag}").partition("\n\n")[2])


def _tree(git_dir: Path, tag: str) -> str:
    return _git(git_dir, "rev-parse", f"refs/tags/{tag}^{{tree}}").strip()


def _git(git_dir: Path, *arguments: str) -> str:
    command = ["git", f"--git-dir={git_dir}", *arguments]
    done = subprocess.run(command, capture_output=True, text=True, errors="replace", check=False)
    if done.returncode:
        raise ReplayError(f"{git_dir}: git {arguments[0]}: {' '.join(done.stderr.split()) or 'failed'}")
    return done.stdout
