"""Opening a file at a line in the person's own editor, with the app out of the way meanwhile.

What belongs here is finding and starting the editor. A path from a log is only ever opened if it is absolute
and a file of this machine, so that it cannot be taken for an option.
"""

from __future__ import annotations

import os
import shlex
import shutil
import subprocess
import tempfile
from collections.abc import Mapping
from pathlib import Path

from textual.app import App, SuspendNotSupported

_USUAL = ("nano", "vim", "vi")


def editor_command(environ: Mapping[str, str]) -> list[str] | None:
    """The editor by `$VISUAL`, `$EDITOR`, else a usual one that is installed; None if there is none."""
    for name in ("VISUAL", "EDITOR"):
        try:
            words = shlex.split(environ.get(name, ""))
        except ValueError:
            continue
        if words:
            return words
    found = next((shutil.which(name) for name in _USUAL if shutil.which(name)), None)
    return [found] if found else None


def why_not(file: str) -> str | None:
    """Why a call site's file cannot be opened here; None when it can."""
    path = Path(file)
    try:
        if not path.is_absolute():
            return f"{file} is not a full path"
        return None if path.is_file() else f"{file} is not on this machine"
    except (OSError, ValueError) as problem:
        return f"{file!r} cannot be opened: {problem}"


def open_in_editor(app: App[object], file: str, line: int | None, command: list[str]) -> str | None:
    """Suspend the app, run the editor, and come back.

    Args:
        app: the app to suspend.
        file: an absolute path.
        line: where to put the cursor, from 1.
        command: the editor and its options.

    Returns:
        What went wrong, in one line; None when the editor ran.
    """
    arguments = [*command, *([f"+{line}"] if line else []), file]
    try:
        with app.suspend():
            subprocess.run(arguments, check=False, env=os.environ)
    except SuspendNotSupported:
        return "this terminal cannot be lent to an editor"
    except OSError as problem:
        return f"{command[0]}: {problem.strerror or problem}"
    app.refresh(layout=True)
    return None


def edit_text(app: App[object], text: str) -> tuple[str, str | None]:
    """Let a person edit a text in their editor, in a file that only they can read and that then goes.

    Returns:
        The text as they left it, and what went wrong, in one line; None when the editor ran.
    """
    command = editor_command(os.environ)
    if command is None:
        return text, "no editor found: set EDITOR"
    try:
        with tempfile.TemporaryDirectory(prefix="tessen-") as folder:
            path = Path(folder) / "request.json"
            path.write_text(text, "utf-8", "surrogatepass")
            problem = open_in_editor(app, str(path), None, command)
            return (text, problem) if problem else (path.read_text("utf-8", "replace"), None)
    except OSError as error:
        return text, f"the text cannot be lent to an editor: {error.strerror or error}"
