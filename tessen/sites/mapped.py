"""A call in the map of a repository, as far as matching it with recorded calls needs it.

What belongs here is the shape, and reading it from a manifest.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

OUTSIDE = "<module>"
"""What stands for a function where there is none, in maps and in records."""


@dataclass(frozen=True, slots=True)
class Mapped:
    """A call in the map of a repository. Text is raw."""

    root: str
    """The repository's folder."""
    file: str
    """Relative to it."""
    line: int
    func: str
    """The function's own name; `<module>` outside of functions."""
    cls: str
    lines: tuple[int, int] | None
    """The first and last line of the function."""
    call: str
    """What is called, such as `client.messages.create`."""
    vendor: str
    rule: str
    """What kind of function it is; empty where no rule says."""
    cell: int = 0
    """Of a notebook; its lines count from the cell's top. 0 in other files."""

    @property
    def function(self) -> str:
        """The function with its class."""
        return f"{self.cls}.{self.func}" if self.cls and self.cls != self.func else self.func


def mapped(manifest: Mapping[str, Any]) -> Iterator[Mapped]:
    """Yield the calls of a manifest that `tessen.crawl` made."""
    rules = {
        (each["file"], each["cls"], each["func"]): each["pattern_name"] for each in manifest["agent_patterns"]
    }
    for site in manifest["call_sites"]:
        lines = site["enclosing_function_lines"]
        method = site["method"].rpartition(".")[2]
        yield Mapped(
            root=str(manifest["root"]),
            file=site["file"],
            line=site["line"],
            func=site["func"] or OUTSIDE,
            cls=site["cls"] or "",
            lines=(lines[0], lines[1]) if lines else None,
            call=f"{site['receiver']}.{method}" if site["receiver"] else site["method"],
            vendor=site["vendor"],
            rule=rules.get((site["file"], site["cls"], site["func"]), ""),
            cell=site.get("cell", 0),
        )
