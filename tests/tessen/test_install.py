"""What a stranger gets: from an empty virtual environment to commands that answer."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import venv
from pathlib import Path

ROOT = Path(__file__).parents[2]
OPTIONS = ("--quiet", "--disable-pip-version-check", "--no-compile", "-c", ROOT / "constraints.txt")
LEFT_OUT = shutil.ignore_patterns(".*", "__pycache__", "snapshots", "tests", "docs", "build", "dist")


def environment_at(folder: Path) -> Path:
    """Make an empty virtual environment, with the installer of this one; return its folder of commands."""
    venv.create(folder, with_pip=False, symlinks=True)
    return folder / "bin"


def install(source: Path, commands: Path) -> None:
    subprocess.run(
        [sys.executable, "-m", "pip", "--python", commands / "python", "install", source, *OPTIONS],
        check=True,
        timeout=500,
        env={**os.environ, "PIP_NO_INPUT": "1"},
    )


def run(*command: str | Path, cwd: Path) -> str:
    done = subprocess.run(command, capture_output=True, text=True, cwd=cwd, timeout=120, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_everything_installs_and_each_command_answers(tmp_path: Path) -> None:
    source = tmp_path / "source"
    shutil.copytree(ROOT, source, ignore=LEFT_OUT)
    commands = environment_at(tmp_path / "venv")
    install(source, commands)
    for name in ("tessen", "harness", "tessen-tui"):
        assert name in run(commands / name, "--help", cwd=tmp_path)


def test_the_recorder_installs_alone_and_brings_nothing(tmp_path: Path) -> None:
    source = tmp_path / "tessen"
    shutil.copytree(ROOT / "tessen", source, ignore=LEFT_OUT)
    commands = environment_at(tmp_path / "venv")
    install(source, commands)
    (packages,) = (tmp_path / "venv").glob("lib/python*/site-packages")
    (metadata,) = packages.glob("tessen-*.dist-info/METADATA")
    assert "Requires-Dist" not in metadata.read_text()
    assert {path.name.partition("-")[0] for path in packages.iterdir()} == {"tessen"}
    assert run(commands / "tessen", "version", cwd=tmp_path).startswith("tessen ")
    code = "import tessen, sys; tessen.init(); print(tessen.__file__, *sys.modules)"
    file, *modules = run(commands / "python", "-I", "-c", code, cwd=tmp_path).split()
    assert file.startswith(str(packages))
    known = (*sys.stdlib_module_names, "tessen", "__main__", "_sysconfigdata")
    assert [name for name in modules if not name.startswith(known)] == []
