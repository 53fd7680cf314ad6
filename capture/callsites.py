"""The map entry of a call site: what `tessen crawl` says of the function that made a call.

What belongs here is asking the crawler, in a process of its own, and finding the one entry that is meant.
"""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import msgspec

from tessen.crawl import root_of

PATIENCE_S = 60.0
"""A repository that takes longer to map than this is given up; what was read is not read again next time."""


class _Site(msgspec.Struct):
    file: str
    line: int
    func: str | None = None
    cls: str | None = None
    vendor: str = ""
    receiver: str | None = None
    method: str = ""
    function_docstring: str | None = None
    comments_above: Sequence[str] = ()
    enclosing_function_lines: tuple[int, int] | None = None
    called_by_in_file: Sequence[str] = ()


class _Pattern(msgspec.Struct):
    pattern_name: str
    file: str
    func: str | None = None
    cls: str | None = None
    rules_matched: Sequence[str] = ()


class _Manifest(msgspec.Struct):
    call_sites: Sequence[_Site] = ()
    agent_patterns: Sequence[_Pattern] = ()


class _Printed(msgspec.Struct):
    manifest: _Manifest


_decode = msgspec.json.Decoder(_Printed).decode


@dataclass(frozen=True, slots=True)
class MapEntry:
    """What the map of a repository says of one call. Text is raw."""

    root: str
    """The folder that was mapped."""
    file: str
    """Relative to it."""
    line: int
    """Where the call stands in the file as it is now, from 1."""
    function: str
    """With its class; empty for a call outside of functions."""
    call: str
    """What is called, such as `client.messages.create`."""
    vendor: str
    rules: tuple[str, ...]
    """What kind of function it is: the rule that names it first."""
    callers: tuple[str, ...]
    """Functions of the same file that call it."""
    docstring: str
    comments: tuple[str, ...]
    """The lines above the call."""


async def map_entry(file: str, line: int | None) -> MapEntry:
    """Return the entry of a call site.

    Args:
        file: The full path of the file that made the call.
        line: The line, as recorded; None where it was not.

    Raises:
        LookupError: There is none; the text says why.
    """
    path = Path(file)
    if not path.is_absolute() or not await asyncio.to_thread(path.is_file):
        raise LookupError(f"{file} is not on this machine")
    root = await asyncio.to_thread(lambda: root_of(path) or path.resolve().parent)
    manifest = await _manifest(root)
    resolved = await asyncio.to_thread(path.resolve)
    relative = str(resolved.relative_to(root)) if resolved.is_relative_to(root) else ""
    site = _nearest((each for each in manifest.call_sites if each.file == relative), line)
    if site is None:
        raise LookupError(f"no call of a model at {relative or file}:{line or '?'} in the map of {root}")
    return _entry(root, site, manifest.agent_patterns)


async def _manifest(root: Path) -> _Manifest:
    """Have a repository mapped."""
    argv = [sys.executable, "-P", "-m", "tessen.crawl", str(root), "--json"]
    process = await asyncio.create_subprocess_exec(
        *argv, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.DEVNULL
    )
    try:
        async with asyncio.timeout(PATIENCE_S):
            printed, _ = await process.communicate()
        return _decode(printed).manifest
    except TimeoutError:
        raise LookupError(f"mapping {root} takes more than {PATIENCE_S:.0f} s: see tessen crawl") from None
    except ValueError:
        raise LookupError(f"{root} could not be mapped: see tessen crawl {root}") from None
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()


def _nearest(sites: Iterable[_Site], line: int | None) -> _Site | None:
    """The call on a line; in a file that changed since, the nearest one in the function around the line."""
    if line is None:
        return None
    around = [
        site
        for site in sites
        if site.line == line
        or (
            site.enclosing_function_lines is not None
            and site.enclosing_function_lines[0] <= line <= site.enclosing_function_lines[1]
        )
    ]
    return min(around, key=lambda site: abs(site.line - line), default=None)


def _entry(root: Path, site: _Site, patterns: Iterable[_Pattern]) -> MapEntry:
    own = (site.file, site.cls, site.func)
    pattern = next((each for each in patterns if (each.file, each.cls, each.func) == own), None)
    rules = dict.fromkeys((pattern.pattern_name, *pattern.rules_matched)) if pattern else {}
    method = site.method.rsplit(".", 1)[-1]
    return MapEntry(
        root=str(root),
        file=site.file,
        line=site.line,
        function=".".join(filter(None, (site.cls, site.func))),
        call=f"{site.receiver}.{method}" if site.receiver else site.method,
        vendor=site.vendor,
        rules=tuple(rules),
        callers=tuple(site.called_by_in_file),
        docstring=site.function_docstring or "",
        comments=tuple(site.comments_above),
    )
