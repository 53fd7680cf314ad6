"""Which calls of the code were made: the maps of the repositories that a log's calls come from, against it.

What belongs here is which repositories are mapped, and when anew; how calls are matched is `tessen.sites`.
"""

from __future__ import annotations

import asyncio
import math
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from capture.callsites import MapEntry, RepositoryMap, map_of, roots_of
from capture.log.source import EventSource
from tessen.reading.call_place import read_place
from tessen.sites.mapped import Mapped
from tessen.sites.match import Found, match


@dataclass(frozen=True, slots=True)
class Look:
    """The calls of the code as of a moment."""

    found: tuple[Found, ...]
    """Mapped calls and unmapped places, those of most concern first."""
    placeless: int
    """Calls in the period of which no place is known."""
    stale: bool
    """Whether mapped files have changed since they were mapped."""


class Coverage:
    """The calls of an agent's code, or of all agents'.

    Args:
        source: The log.
        agent: Whose calls; None for all agents.
    """

    def __init__(self, source: EventSource, agent: str | None) -> None:
        self._source = source
        self._agent = agent
        self.maps: tuple[RepositoryMap, ...] = ()
        self.problems: tuple[str, ...] = ()
        """Why repositories could not be mapped."""
        self._mapped_at = 0.0

    async def map(self, say: Callable[[str], None]) -> None:
        """Map the repositories of all calls in the log.

        Args:
            say: Told which repository is being mapped.
        """
        calls, _ = await self._source.calls_by_place(self._agent, math.inf)
        roots = await asyncio.to_thread(roots_of, [read_place(each.place).file for each in calls])
        maps, problems, began = [], [], time.time()
        for root in roots:
            say(str(root))
            try:
                maps.append(await map_of(root))
            except LookupError as problem:
                problems.append(str(problem.args[0]))
        self.maps, self.problems, self._mapped_at = tuple(maps), tuple(problems), began

    async def look(self, since: float) -> Look:
        """Match the maps with the calls in the log.

        Args:
            since: Where the period begins, in seconds since the epoch.
        """
        calls, placeless = await self._source.calls_by_place(self._agent, since)
        sites = [site for each in self.maps for site in each.sites]
        found = await asyncio.to_thread(match, sites, calls)
        stale = await asyncio.to_thread(self._is_stale, sites)
        return Look(tuple(found), placeless, stale)

    def entry(self, site: Mapped) -> MapEntry:
        """What the map says of a call."""
        return next(each for each in self.maps if site in each).entry(site)

    def _is_stale(self, sites: list[Mapped]) -> bool:
        return any(
            _changed_at(Path(root, file)) > self._mapped_at
            for root, file in {(site.root, site.file) for site in sites}
        )


def _changed_at(path: Path) -> float:
    """When a file was changed; a file that is gone has changed."""
    try:
        return path.stat().st_mtime
    except OSError:
        return math.inf
