"""Finding the mapped file that a recorded path means: programs run elsewhere than where they are mapped.

What belongs here is comparing paths. A path under the repository's folder means what it says. Of another one
the end counts: a container has `/app/agents/billing.py` for `src/agents/billing.py`.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable
from pathlib import Path

from tessen.reading.call_place import Place
from tessen.sites.mapped import Mapped

_INSTALLED = frozenset({"site-packages", "dist-packages"})
_NAMED = 3
"""So many files are named where several could be meant."""

Owner = tuple[str, str]
"""A root, and a file relative to it."""


class Files:
    """The files of one map, or of several.

    Args:
        sites: The mapped calls.
        is_here: Whether a path is a file of this machine.
    """

    def __init__(self, sites: Iterable[Mapped], is_here: Callable[[str], bool] | None = None) -> None:
        self.sites: defaultdict[Owner, list[Mapped]] = defaultdict(list)
        for site in sites:
            self.sites[site.root, site.file].append(site)
        self._roots = sorted({root for root, _ in self.sites}, key=len, reverse=True)
        self._by_name: defaultdict[str, list[Owner]] = defaultdict(list)
        for owner in self.sites:
            self._by_name[owner[1].rpartition("/")[2]].append(owner)
        self._is_here = is_here or is_file_here
        self._here: dict[str, bool] = {}

    def find(self, place: Place) -> Owner | str:
        """Return the mapped file that a place is in; or, in a few words, why there is none."""
        file = place.file.replace("\\", "/")
        root = next((each for each in self._roots if file.startswith(f"{each}/")), None)
        if root is not None and (root, file[len(root) + 1 :]) in self.sites:
            return root, file[len(root) + 1 :]
        parts = file.split("/")
        if not _INSTALLED & set(parts) and self._is_another(place.file):
            return "no call is mapped in this file" if root else "outside of what is mapped"
        return self._alike(parts, place)

    def _alike(self, parts: list[str], place: Place) -> Owner | str:
        """The mapped file whose path has the longest end in common with this one."""
        common = {owner: self._common(owner, parts, place) for owner in self._by_name.get(parts[-1], ())}
        most = max(common.values(), default=0)
        if not most:
            return "no mapped file has this path"
        best = [owner for owner, length in common.items() if length == most]
        if len(best) > 1:
            return f"could be {', '.join(sorted(file for _, file in best)[:_NAMED])}"
        return best[0]

    def _common(self, owner: Owner, parts: list[str], place: Place) -> int:
        """How many names the ends of two paths have in common; 0 where that does not make them one file.

        Two names do, or the whole of the mapped path: a bare `agent.py` only where it has the function, too.
        """
        own = owner[1].split("/")
        common = 0
        for ours, theirs in zip(reversed(own), reversed(parts), strict=False):
            if ours != theirs:
                break
            common += 1
        whole = common == len(own) and any(site.func == place.func for site in self.sites[owner])
        return common if common >= 2 or whole else 0

    def _is_another(self, file: str) -> bool:
        """Whether this machine has the file, so that it is no other one."""
        if file not in self._here:
            self._here[file] = self._is_here(file)
        return self._here[file]


def is_file_here(file: str) -> bool:
    """Whether a path is that of a file of this machine."""
    try:
        return Path(file).is_absolute() and Path(file).is_file()
    except (OSError, ValueError):
        return False
