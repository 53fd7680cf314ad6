"""The map of a repository, and in it the entry of a call site: what `tessen crawl` says of what made a call.

What belongs here is asking the crawler, in a process of its own, and finding the one entry that is meant.
Which calls were made and which were not is `tessen.sites`.
"""

from __future__ import annotations

import asyncio
import sys
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import msgspec

from tessen.crawl import root_of
from tessen.sites.files import is_file_here
from tessen.sites.mapped import OUTSIDE, Mapped, mapped

PATIENCE_S = 60.0
"""A repository that takes longer to map than this is given up; what was read is not read again next time."""

MOST_ROOTS = 4
"""So many repositories are mapped for one list of files: those with the most of them."""


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


class RepositoryMap:
    """The calls of models in a repository.

    Args:
        manifest: As `tessen crawl` prints it.
    """

    def __init__(self, manifest: Mapping[str, Any]) -> None:
        self.root = str(manifest["root"])
        self.sites = tuple(mapped(manifest))
        self._said = dict(zip(self.sites, manifest["call_sites"], strict=True))
        self._rules = {(each["file"], each["cls"], each["func"]): each for each in manifest["agent_patterns"]}

    def __contains__(self, site: object) -> bool:
        return site in self._said

    def entry(self, site: Mapped) -> MapEntry:
        """What the map says of one of its calls."""
        said = self._said[site]
        pattern = self._rules.get((site.file, said["cls"], said["func"]))
        rules = dict.fromkeys((pattern["pattern_name"], *pattern["rules_matched"])) if pattern else {}
        return MapEntry(
            root=self.root,
            file=site.file,
            line=site.line,
            function="" if site.func == OUTSIDE else site.function,
            call=site.call,
            vendor=site.vendor,
            rules=tuple(rules),
            callers=tuple(said["called_by_in_file"]),
            docstring=said["function_docstring"] or "",
            comments=tuple(said["comments_above"]),
        )


async def map_entry(file: str, line: int | None) -> MapEntry:
    """Return the entry of a call site.

    Args:
        file: The full path of the file that made the call.
        line: The line, as recorded; None where it was not.

    Raises:
        LookupError: There is none; the text says why.
    """
    path = Path(file)
    if not await asyncio.to_thread(is_file_here, file):
        raise LookupError(f"{file} is not on this machine")
    root = await asyncio.to_thread(lambda: root_of(path) or path.resolve().parent)
    found = await map_of(root)
    resolved = await asyncio.to_thread(path.resolve)
    relative = str(resolved.relative_to(root)) if resolved.is_relative_to(root) else ""
    site = _nearest((each for each in found.sites if each.file == relative), line)
    if site is None:
        raise LookupError(f"no call of a model at {relative or file}:{line or '?'} in the map of {root}")
    return found.entry(site)


def roots_of(files: Iterable[str]) -> list[Path]:
    """Return the folders to map for these files, as `map_entry` chooses them, those of the most files first.

    Where none of the files is on this machine it is the repository of the current folder, which may be that
    of the program all the same.
    """
    here = [Path(file) for file in dict.fromkeys(files) if is_file_here(file)]
    roots = Counter(root_of(path) or path.resolve().parent for path in here)
    if not here and (current := root_of(None)) is not None:
        roots[current] += 1
    return [root for root, _ in roots.most_common(MOST_ROOTS)]


async def map_of(root: Path) -> RepositoryMap:
    """Have a repository mapped.

    Raises:
        LookupError: That takes too long, or cannot be done; the text says what to type.
    """
    argv = [sys.executable, "-P", "-m", "tessen.crawl", str(root), "--json"]
    process = await asyncio.create_subprocess_exec(
        *argv, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.DEVNULL
    )
    try:
        async with asyncio.timeout(PATIENCE_S):
            printed, _ = await process.communicate()
        return await asyncio.to_thread(lambda: RepositoryMap(msgspec.json.decode(printed)["manifest"]))
    except TimeoutError:
        raise LookupError(f"mapping {root} takes more than {PATIENCE_S:.0f} s: see tessen crawl") from None
    except (ValueError, KeyError):
        raise LookupError(f"{root} could not be mapped: see tessen crawl {root}") from None
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()


def _nearest(sites: Iterable[Mapped], line: int | None) -> Mapped | None:
    """The call on a line; in a file that changed since, the nearest one in the function around the line."""
    if line is None:
        return None
    around = [
        site
        for site in sites
        if site.line == line or (site.lines is not None and site.lines[0] <= line <= site.lines[1])
    ]
    return min(around, key=lambda site: abs(site.line - line), default=None)
