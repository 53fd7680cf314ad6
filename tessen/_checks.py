"""What can be wrong with the recorder's surroundings: variables, the log folder, the way to the server.

What belongs here is looking, and saying in plain words what is wrong and how to mend it. Nothing is mended
here.
"""

from __future__ import annotations

import difflib
import os
import shlex
import shutil
import tempfile
from collections.abc import Iterator
from ipaddress import ip_address
from pathlib import Path
from typing import NamedTuple
from urllib.parse import urlsplit

from tessen import _config
from tessen._config import Settings
from tessen._variables import BY_NAME, LARGEST, OFF, ON, PREFIX, VARIABLES, Variable, parsed

LITTLE_SPACE = 1_000_000_000
NO_SPACE = 10_000_000
"""Free bytes below which there is a warning, and below which recording is as good as over."""

_INTERNAL = frozenset({"TESSEN_EXEC_AGENT", "TESSEN_DEMO_START"})
_SIMILAR = 0.85
_SECRETS = frozenset({"TESSEN_API_KEY"})


class Finding(NamedTuple):
    """One thing that is wrong."""

    fatal: bool
    """Whether recording does not work because of it."""
    what: str
    fix: str


class Folder(NamedTuple):
    """The log folder as it is now."""

    path: str
    exists: bool
    writable: bool
    problem: str | None
    """Why not, if it is not writable."""
    free_bytes: int | None


def shown(variable: Variable) -> str | None:
    """Return a variable's value as it may be shown; None if it is not set."""
    value = os.environ.get(variable.name)
    if value is None or variable.name not in _SECRETS:
        return value
    return "(set)" if value.strip() else ""


def of_variables() -> Iterator[Finding]:
    """Find variables that are misread, and those that are none."""
    for variable in VARIABLES:
        value = os.environ.get(variable.name)
        if value is not None:
            yield from _of_value(variable, value.strip())
    for name in sorted(os.environ):
        if name in BY_NAME or name in _INTERNAL:
            continue
        meant = _meant(name.upper())
        if meant or name.upper().startswith(PREFIX):
            fix = f"did you mean {meant}?" if meant else "unset it; docs/environment.md lists all variables"
            yield Finding(False, f"{name!a} is not a variable of tessen's and has no effect", fix)


def _meant(name: str) -> str | None:
    """Return the variable that a name was perhaps meant to be."""
    if name.startswith(PREFIX):
        rests = [known.removeprefix(PREFIX) for known in BY_NAME]
        near = difflib.get_close_matches(name.removeprefix(PREFIX), rests, 1)
        return f"{PREFIX}{near[0]}" if near else None
    return next(iter(difflib.get_close_matches(name, BY_NAME, 1, _SIMILAR)), None)


def _of_value(variable: Variable, value: str) -> Iterator[Finding]:
    name = variable.name
    said = "(its value)" if name in _SECRETS else f"{value!a}"
    if not value:
        yield Finding(False, f"{name} is empty and counts as not set", f"give it a value, or unset {name}")
    elif value.startswith("$"):
        fix = "set it to the value itself; single quotes keep a shell from expanding it"
        yield Finding(False, f"{name} is {said}, a variable that was not expanded", fix)
    elif variable.kind == "switch" and value.lower() not in ON | OFF:
        yield Finding(False, f"{name} is {said} and is read as off", f"set {name}=1 for on, or unset it")
    elif variable.kind in ("number", "count"):
        yield from _of_number(variable, value)
    elif variable.kind == "patterns":
        yield from _of_patterns(value)


def _of_number(variable: Variable, value: str) -> Iterator[Finding]:
    number = parsed(variable, value)
    kind = "whole number" if variable.kind == "count" else "number"
    if number is None:
        fix = f"give it a {kind} that is not below {variable.least:g}, and is below {LARGEST:g}"
        yield Finding(False, f"{variable.name} is {value!a}; the default {variable.default} is used", fix)
    elif variable.kind == "count" and number != int(number):
        yield Finding(
            False, f"{variable.name} is {value!a} and is read as {int(number)}", f"give it a {kind}"
        )


def _of_patterns(value: str) -> Iterator[Finding]:
    for number, pattern in enumerate(value.split("\n"), 1):
        try:
            _config.pattern(pattern)
        except ValueError as problem:
            what = f"TESSEN_REDACT, line {number}: {pattern.strip()!a} is ignored ({problem})"
            yield Finding(False, what, "mend the regular expression; what it should hide is in the log")


def folder(log_dir: Path) -> Folder:
    """Look at the log folder, by writing a file of no name to where it is, or would be."""
    there = log_dir
    while not os.path.lexists(there) and there != there.parent:  # Path.exists() fails where one may not look
        there = there.parent
    problem = None
    if not os.path.isdir(there):  # noqa: PTH112 - as above
        problem = f"{there} is not a folder"
    else:
        try:
            with tempfile.TemporaryFile(dir=there) as file:
                file.write(b"tessen doctor\n")
                file.flush()
        except OSError as failed:
            problem = f"{there}: {failed.strerror}"
    try:
        free = shutil.disk_usage(there).free
    except OSError:
        free = None
    exists = os.path.isdir(log_dir)  # noqa: PTH112 - as above
    return Folder(str(log_dir), exists, problem is None, problem, free)


def of_folder(found: Folder) -> Iterator[Finding]:
    """Find what is wrong with the log folder."""
    if found.problem:
        fix = "make it writable for this user, or set TESSEN_LOG_DIR to a folder that is"
        yield Finding(True, f"the log cannot be written: {found.problem}", fix)
    if found.free_bytes is not None and found.free_bytes < LITTLE_SPACE:
        fatal = found.free_bytes < NO_SPACE
        what = f"{found.free_bytes / 1e6:,.0f} MB are free where the log goes ({found.path})"
        yield Finding(fatal, what, "make room, or set TESSEN_LOG_DIR to another disk")
    path = Path(found.path)
    if found.exists and path.stat().st_mode & 0o077:
        yield Finding(
            False, f"others may look into {path}, which holds prompts", f"chmod 700 {shlex.quote(found.path)}"
        )
    if found.writable and found.exists:
        for agent in _unwritable_agents(path):
            fix = "it belongs to another user: chown it, or give one of the two another TESSEN_LOG_DIR"
            yield Finding(False, f"the log of {agent!a} cannot be written by this user", fix)


def _unwritable_agents(log_dir: Path) -> list[str]:
    try:
        folders = [each for each in log_dir.iterdir() if each.is_dir()]
    except OSError:
        return []
    return sorted(each.name for each in folders if not os.access(each, os.W_OK))


def of_shipping(settings: Settings) -> Iterator[Finding]:
    """Find what is wrong with the way to the ingest server; nothing is wrong where nothing is shipped."""
    from tessen._ship_wire import Wire

    if settings.api_key is None:
        return
    try:
        Wire(settings.ingest_url, settings.api_key, settings.http_timeout_sec)
    except ValueError as problem:
        yield Finding(False, f"nothing is shipped: {problem}", "mend the variable; the log is written anyway")
        return
    address = urlsplit(settings.ingest_url)
    if address.scheme == "http" and not _is_loopback(address.hostname or ""):
        what = f"the key and all events go to {address.hostname!a} unencrypted"
        yield Finding(False, what, "use an https address in TESSEN_INGEST_URL")


def _is_loopback(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
