"""The process that tracks: everything slow about a shadow repository happens here, one request at a time.

Run as `python -m capture.shadow.worker`. Ends when its input does, which is when whoever started it is gone;
a snapshot under way is finished first. What goes through the pipes is pickled by this package on both ends.
"""

from __future__ import annotations

import gc
import os
import pickle
import signal
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any, BinaryIO

from capture.shadow.errors import ShadowGitError
from capture.shadow.repository import Repository
from capture.shadow.tracked import Tracked

LENGTH = 8
"""Bytes before each message that say how long it is."""


def _create(git_dir: Path, work_dir: Path, exclude: tuple[Path, ...], umask: int) -> Tracked:
    if not work_dir.is_dir():
        raise ShadowGitError(f"{work_dir}: no such folder")
    tracked = Tracked(Repository.create(git_dir), work_dir, exclude, umask)
    tracked.begin()
    return tracked


def _open(git_dir: Path, work_dir: Path, exclude: tuple[Path, ...], umask: int) -> Tracked:
    return Tracked(Repository(git_dir), work_dir, exclude, umask)


def _receive(pipe: BinaryIO) -> tuple[str, tuple[Any, ...]]:
    length = int.from_bytes(pipe.read(LENGTH), "little")
    data = pipe.read(length)
    if not length or len(data) < length:
        raise EOFError
    name, arguments = pickle.loads(data)
    return name, arguments


def _attempt(act: Callable[[], Any]) -> tuple[bool, Any]:
    """Whether it worked, and what came of it; else one line that says why not."""
    try:
        return True, act()
    except ShadowGitError as error:
        return False, str(error)
    except OSError as error:
        return False, f"{error.filename or 'shadow git'}: {error.strerror or error}"
    except Exception as error:
        return False, f"shadow git: {type(error).__name__}: {error}"


def main() -> None:
    """Serve requests until the input ends."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # ctrl+c is for the program that started this one
    umask = os.umask(0o077)
    gc.disable()  # nothing here makes cycles but folders, which are few
    pipe, out = sys.stdin.buffer, sys.stdout.buffer
    tracked: Tracked | None = None
    while True:
        try:
            name, arguments = _receive(pipe)
        except EOFError:
            break
        if tracked is None:
            start = _create if name == "create" else _open
            worked, result = _attempt(lambda start=start, given=arguments: start(*given, umask))  # type: ignore[misc]
            if worked:
                tracked, result = result, None
        else:
            act = getattr(tracked, name)
            worked, result = _attempt(lambda act=act, given=arguments: act(*given))  # type: ignore[misc]
        answer = pickle.dumps((worked, result), protocol=pickle.HIGHEST_PROTOCOL)
        try:
            out.write(len(answer).to_bytes(LENGTH, "little") + answer)
            out.flush()
        except BrokenPipeError:
            break
    if tracked is not None:
        tracked.close()


if __name__ == "__main__":
    main()
