"""Where in the user's own code a call was made.

What belongs here is telling the user's code from everything else on the stack: the recorder, the standard
library, and installed packages. A program that is itself installed as a package has no frame outside them;
for it the nearest frame counts that belongs neither to a vendor's SDK nor to what that stands on.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path
from types import FrameType
from typing import NamedTuple

_OWN = str(Path(__file__).parent) + "/"
_STDLIB = str(Path(os.__file__).parent) + "/"  # as sysconfig has it, which is slow to import
_INSTALLED = ("/site-packages/", "/dist-packages/")
_PLUMBING = frozenset(
    {"anthropic", "openai", "httpx2", "httpx", "httpcore2", "httpcore", "anyio", "trio", "uvloop"}
)

_USER, _PACKAGE, _SKIP = range(3)
_kinds: dict[str, int] = {}


class CallSite(NamedTuple):
    """One place in the program's code, as written under an event's `call_site`."""

    file: str
    line: int
    func: str


def call_site() -> CallSite | None:
    """Return the innermost frame of the user's own code above the caller; None if there is none at all."""
    frame: FrameType | None = sys._getframe(1)
    nearest: FrameType | None = None
    while frame is not None:
        filename = frame.f_code.co_filename
        kind = _kinds.get(filename)
        if kind is None:
            kind = _kinds[filename] = _classify(filename, frame.f_globals.get("__name__", ""))
        if kind == _USER:
            return _site(frame)
        if kind == _PACKAGE and nearest is None:
            nearest = frame
        frame = frame.f_back
    return _site(nearest) if nearest is not None else None


def _site(frame: FrameType) -> CallSite:
    return CallSite(frame.f_code.co_filename, frame.f_lineno, frame.f_code.co_name)


def _classify(filename: str, module: str) -> int:
    # By the module's name first: bundles and layers keep packages in folders of any name.
    if module.partition(".")[0] in _PLUMBING or filename.startswith((_OWN, "<frozen ")):
        return _SKIP
    if any(marker in filename for marker in _INSTALLED):
        return _PACKAGE
    return _SKIP if filename.startswith(_STDLIB) else _USER
