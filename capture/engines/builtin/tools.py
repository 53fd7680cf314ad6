"""What the builtin agent's tools do. Which there are, and how the model is told of them, is in `toolbox.py`.

A tool that fails raises `ToolError`, whose message the model reads.
"""

from __future__ import annotations

import asyncio
import os
import re
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

Json = dict[str, Any]
Run = Callable[[Json], Awaitable[str]]

OUTPUT_LIMIT = 30_000
"""Characters of a result that the model is shown; the middle is left out beyond that."""
READ_LINES = 2000
MATCHES = 500
BASH_TIMEOUT_S = 120.0
BASH_LONGEST_S = 600.0


class ToolError(Exception):
    """A tool could not do what it was asked. The message is for the model."""


@dataclass(frozen=True, slots=True)
class Tool:
    """A tool on offer."""

    name: str
    description: str
    properties: dict[str, Json]
    required: Sequence[str]
    run: Run

    def schema(self) -> Json:
        """Return the tool as it is told to the model."""
        return {
            "name": self.name,
            "description": self.description,
            "input_schema": {
                "type": "object",
                "properties": self.properties,
                "required": list(self.required),
                "additionalProperties": False,
            },
        }

    async def call(self, arguments: Json | None) -> str:
        """Run the tool.

        Raises:
            ToolError: it failed, or was called wrongly.
        """
        if arguments is None:
            raise ToolError("the arguments are not an object in JSON")
        missing = [name for name in self.required if name not in arguments]
        if missing:
            raise ToolError(f"missing argument: {', '.join(missing)}")
        try:
            return shortened(await self.run(arguments))
        except OSError as error:
            raise ToolError(f"{error.filename or self.name}: {error.strerror or error}") from None
        except (TypeError, ValueError, re.error) as error:
            raise ToolError(f"{self.name}: {error}") from None


def shortened(text: str) -> str:
    """Return a result as the model sees it."""
    if len(text) <= OUTPUT_LIMIT:
        return text
    half = OUTPUT_LIMIT // 2
    return f"{text[:half]}\n… {len(text) - 2 * half} characters left out …\n{text[-half:]}"


def read_file(arguments: Json) -> str:
    """Return a file's lines, numbered."""
    start = max(1, int(arguments.get("offset") or 1))
    count = int(arguments.get("limit") or READ_LINES)
    lines = Path(arguments["file_path"]).read_text(errors="replace").split("\n")
    chosen = lines[start - 1 : start - 1 + count]
    return "\n".join(f"{number}\t{line}" for number, line in enumerate(chosen, start)) or "(empty)"


def write_file(arguments: Json) -> str:
    """Write a whole file."""
    path = Path(arguments["file_path"])
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(arguments["content"])
    return f"Wrote {path}"


def edit_file(arguments: Json) -> str:
    """Replace a text in a file."""
    path = Path(arguments["file_path"])
    old, new = arguments["old_string"], arguments["new_string"]
    text = path.read_text()
    found = text.count(old) if old else 0
    if found == 0:
        raise ToolError(f"{path}: old_string is not in the file")
    if found > 1 and not arguments.get("replace_all"):
        raise ToolError(f"{path}: old_string is there {found} times; give more context, or replace_all")
    path.write_text(text.replace(old, new))
    return f"Replaced {found} in {path}"


async def bash(arguments: Json) -> str:
    """Run a command in a shell, in a process group of its own."""
    seconds = min(float(arguments.get("timeout") or BASH_TIMEOUT_S * 1000) / 1000, BASH_LONGEST_S)
    process = await asyncio.create_subprocess_exec(
        *("bash", "-c", arguments["command"]),
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
        start_new_session=True,
    )
    try:
        async with asyncio.timeout(seconds):
            output, _ = await process.communicate()
    except TimeoutError:
        raise ToolError(f"no end after {seconds:g} s; ended by force") from None
    finally:
        if process.returncode is None:
            os.killpg(process.pid, 9)
    text = output.decode(errors="replace")
    if process.returncode:
        raise ToolError(f"{shortened(text)}\nexit code {process.returncode}".strip())
    return text or "(no output)"


def grep(arguments: Json) -> str:
    """Return the lines that match a regular expression, with file and number."""
    pattern = re.compile(arguments["pattern"], re.IGNORECASE if arguments.get("-i") else 0)
    root = Path(arguments.get("path") or ".")
    names = arguments.get("glob") or "*"
    found: list[str] = []
    for path in [root] if root.is_file() else sorted(_files(root, names)):
        try:
            text = path.read_text()
        except (OSError, UnicodeDecodeError):
            continue
        found += [f"{path}:{n}:{line}" for n, line in enumerate(text.split("\n"), 1) if pattern.search(line)]
        if len(found) >= MATCHES:
            return "\n".join([*found[:MATCHES], f"… more than {MATCHES} matches"])
    return "\n".join(found) or "No matches"


def glob(arguments: Json) -> str:
    """Return the files whose names match, newest first."""
    paths = Path(arguments.get("path") or ".").glob(arguments["pattern"])
    files = sorted((path for path in paths if path.is_file()), key=lambda path: -path.lstat().st_mtime)
    return "\n".join(map(str, files[:MATCHES])) or "No files"


def _files(root: Path, names: str) -> list[Path]:
    return [path for path in root.rglob(names) if path.is_file() and ".git" not in path.parts]
