"""A work directory with a bit of everything, its shadow repository, and the real git to check against."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from capture.shadow import ShadowGit
from tests.capture.shadow.folders import fill


@pytest.fixture
def work(tmp_path: Path) -> Path:
    """A small work directory."""
    folder = tmp_path / "work"
    folder.mkdir()
    fill(folder)
    return folder


@pytest.fixture
def git_dir(tmp_path: Path) -> Path:
    """Where the repository will be."""
    return tmp_path / "run" / ".shadow_git"


@pytest.fixture
async def shadow(work: Path, git_dir: Path) -> AsyncIterator[ShadowGit]:
    """The work directory, tracked."""
    shadow = await ShadowGit.create(git_dir, work)
    yield shadow
    await shadow.close()
