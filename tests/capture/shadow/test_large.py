"""Files too large to be recorded: patches name them, and copies have them as long as they are there."""

from __future__ import annotations

from pathlib import Path

import pytest

from capture.shadow import ShadowGit, ShadowGitError
from capture.shadow.large import LARGE
from tests.capture.shadow.folders import apply, state


def make_large(path: Path, end: bytes = b"end") -> None:
    """A file that takes no room, but for its last bytes."""
    with path.open("wb") as file:
        file.truncate(LARGE)
        file.seek(LARGE)
        file.write(end)


async def test_a_patch_names_changed_large_files_and_applies_without_them(
    shadow: ShadowGit, work: Path, tmp_path: Path
) -> None:
    make_large(work / "same")
    make_large(work / "changed\nand gone")
    await shadow.snapshot("_step_1_2")
    make_large(work / "changed\nand gone", b"other end")
    (work / "README.md").write_text("changed\n")
    await shadow.snapshot("_step_1_3")
    (work / "changed\nand gone").unlink()
    await shadow.snapshot("_step_1_4")

    said = '# large file, content not recorded and not in this patch: "changed\\nand gone"\n'
    patch = (await shadow.diff("_step_1_2", "_step_1_4")).decode()
    assert patch.startswith(f"{said}diff --git a/README.md b/README.md\n")
    assert patch.count("diff --git") == 1
    assert (await shadow.diff("_step_1_3", "_step_1_4")).decode() == said
    assert await shadow.write_diff("_step_1_2", "_step_1_4", tmp_path / "patch") == len(patch)
    assert (tmp_path / "patch").read_text() == patch
    (tmp_path / "copy").mkdir()
    (tmp_path / "copy" / "README.md").write_text("# Notes\n")
    apply(patch.encode(), tmp_path / "copy")
    assert (tmp_path / "copy" / "README.md").read_text() == "changed\n"


async def test_a_copy_has_the_large_files_that_are_still_there(
    shadow: ShadowGit, work: Path, tmp_path: Path
) -> None:
    make_large(work / "model.bin")
    (work / "model.bin").chmod(0o755)
    await shadow.snapshot("_step_1_2")
    await shadow.check_out("_step_1_2", tmp_path / "copy")
    assert state(tmp_path / "copy") == state(work)
    assert (tmp_path / "copy" / "model.bin").stat().st_blocks < 1000  # holes stay holes

    (work / "model.bin").replace(tmp_path / "model.bin")
    make_large(work / "model.bin", b"other end")
    with pytest.raises(ShadowGitError, match=r"'model\.bin' cannot be written: its content was not recorded"):
        await shadow.check_out("_step_1_2", tmp_path / "another")
    assert not (tmp_path / "another" / "model.bin").exists()
    await shadow.check_out("_step_1_2", tmp_path / "third", source=tmp_path)
    assert (tmp_path / "third" / "model.bin").stat().st_size == LARGE + 3
