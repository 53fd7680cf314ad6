"""The map of the program that records: made by another process, so that the program never waits.

What belongs here is which folder is mapped, and the child that does it. Parsing would hold the interpreter's
lock for as long as a file takes, so it is done in a process of its own, at the lowest priority, which ends
when the program does. When it is done, and what becomes of it, is for `tessen._about_code`.
"""

from __future__ import annotations

import os
import subprocess
import sys
import threading
from pathlib import Path
from typing import Any

from tessen import _json

_AT_MOST_S = 600
_MARKS = (".git", "pyproject.toml", "setup.py", "setup.cfg")
_INSTALLED = frozenset({"site-packages", "dist-packages"})
_CHILD = "import sys; sys.path.append(sys.argv[1]); from tessen.crawl import _child; _child.main(sys.argv[2])"


def can_be_mapped() -> bool:
    """Return whether there is a Python to do it."""
    return bool(sys.executable) and not getattr(sys, "frozen", False)


def root_of(program: Path | None) -> Path | None:
    """Return the folder of the repository that a program is part of; None where it is part of none.

    Args:
        program: Its file. For one that is installed, and for none, the current folder counts.
    """
    start = Path.cwd() / "x" if program is None or _INSTALLED & set(program.parts) else program.resolve()
    home = Path.home()
    for mark in (_MARKS[:1], _MARKS[1:]):
        for folder in start.parents:
            if folder == home or folder in home.parents:
                break  # a home folder under version control is not a program's repository
            if any((folder / name).exists() for name in mark):
                return folder
    return None


def shippable_map(root: Path) -> dict[str, Any]:
    """Return the map of a repository as it may be shipped.

    Raises:
        OSError, ValueError: No child could be started, or it did not come to an end.
    """
    package = str(Path(__file__).parents[2])
    with subprocess.Popen(
        [sys.executable, "-I", "-S", "-c", _CHILD, package, os.fspath(root)],
        stdin=subprocess.PIPE,  # held open as long as this process is there
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    ) as child:
        killer = threading.Timer(_AT_MOST_S, child.kill)
        killer.daemon = True
        killer.start()
        try:
            assert child.stdout is not None
            made: dict[str, Any] = _json.parse(child.stdout.read().decode("ascii"))
            return made
        finally:
            killer.cancel()
            child.kill()
