"""Where Codex is, and which version. The native program: its Node wrapper leaves it behind when killed."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from functools import cache
from pathlib import Path

from capture.engines.interface import EngineError

OLDEST = (0, 135)
HOW_TO_INSTALL = "get it with:  npm install -g @openai/codex"
BESIDE_PYTHON = "codex"
"""A folder in the Python environment that `npm install --prefix` may have filled."""


@cache
def program() -> Path:
    """Return the program: the one that CODEX_PROGRAM names, the environment's own, or the one on the path.

    Raises:
        EngineError: there is none.
    """
    named = os.environ.get("CODEX_PROGRAM")
    if named:
        if not os.access(named, os.X_OK):
            raise EngineError(f"CODEX_PROGRAM names {named}, which is no program")
        return Path(named)
    native = _native_in(Path(sys.prefix) / BESIDE_PYTHON / "node_modules")
    if native is not None:
        return native
    found = shutil.which("codex")
    if found is None:
        raise EngineError(f"Codex is not installed; {HOW_TO_INSTALL}")
    wrapper = Path(found).resolve()
    return next((each for folder in wrapper.parents if (each := _native_in(folder)) is not None), wrapper)


@cache
def program_version() -> str:
    """Return the program's version, such as `0.169.0`.

    Raises:
        EngineError: there is no program, or it is one whose ways are not known.
    """
    done = subprocess.run([program(), "--version"], capture_output=True, text=True, check=False, timeout=60)
    match = re.search(r"(\d+)\.(\d+)\.\d+\S*", done.stdout)
    if match is None or (int(match[1]), int(match[2])) < OLDEST:
        shown = " ".join(done.stdout.split())[:40] or "of an unknown version"
        raise EngineError(f"{program()} is {shown}, but 0.135 or newer is needed; {HOW_TO_INSTALL}")
    return match[0]


def _native_in(modules: Path) -> Path | None:
    """Return the native program below a folder of Node modules."""
    package = modules / "@openai"
    return next(
        (each for each in package.glob("**/vendor/*/bin/codex") if os.access(each, os.X_OK)), None
    ) or next((each for each in package.glob("**/vendor/*/codex/codex") if os.access(each, os.X_OK)), None)
