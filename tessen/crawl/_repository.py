"""A repository's calls of models: which files are parsed, in which rounds, and what each call is.

What belongs here is the order of the work. First every file that names a vendor is parsed. Then, as long as
there are any, the files that import something which leads to a client: that is how a call is found in a file
that names nobody.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import NamedTuple

from tessen.crawl._leading import exports
from tessen.crawl._modules import Modules
from tessen.crawl._reading import Done, Task
from tessen.crawl._resolve import Resolver
from tessen.crawl._rules import Site
from tessen.crawl._signs import SHAPES
from tessen.crawl._summary import Call, Record, Summary
from tessen.crawl._values import NOTHING, Anything, Method

Examine = Callable[[list[Task]], Iterable[Done]]


class Read(NamedTuple):
    """A file as it was last read."""

    digest: str
    record: Record


def read_all(
    files: Iterable[str], known: dict[str, Read], examine: Examine
) -> tuple[dict[str, Read], Resolver]:
    """Return what is known of each file, and what can tell what their names stand for.

    Args:
        files: Their paths.
        known: What is known of some files of the repository. Of those that are in `files` as well it is
            believed only if they still hold the same.
        examine: Reads files, in any order.
    """
    reads = dict(known)
    _take(reads, examine([Task(path, digest=reads[path].digest if path in reads else "") for path in files]))
    modules = Modules(reads)
    resolver = Resolver(modules)
    importers = _importers(reads, modules)
    exporting: set[str] = set()
    fresh = summaries_of(reads)
    while fresh:
        for path, summary in fresh.items():
            resolver.add(path, summary)
        unparsed = {path: _unparsed_of(importers.get(path, ()), reads) for path in _users(fresh, importers)}
        asked = {path for path, users in unparsed.items() if users} & summaries_of(reads).keys()
        new = {path for path in sorted(asked - exporting) if _exports(resolver, path)}
        exporting |= new
        wanted = {user for path in new for user in unparsed[path]}
        _take(reads, examine([Task(path, parse=True) for path in sorted(wanted)]) if wanted else ())
        fresh = {path: found for path in sorted(wanted) if (found := reads[path].record.summary) is not None}
    return reads, resolver


def summaries_of(reads: dict[str, Read]) -> dict[str, Summary]:
    """Return the summaries of the files that were parsed."""
    return {path: summary for path in sorted(reads) if (summary := reads[path].record.summary) is not None}


def sites(reads: dict[str, Read], resolver: Resolver) -> list[Site]:
    """Return the calls of models, by file, line and column.

    Args:
        reads: The files.
        resolver: Knows those of them that were parsed.
    """
    found = [
        Site(path, call, *vendor)
        for path, summary in summaries_of(reads).items()
        for call in summary.calls
        if (vendor := _vendor(resolver, path, call, by_shape=reads[path].record.names_vendor)) is not None
    ]
    return sorted(
        found, key=lambda site: (site.file, site.call.cell, site.call.line, site.call.col, site.method)
    )


def _take(reads: dict[str, Read], results: Iterable[Done]) -> None:
    for done in results:
        record = reads[done.path].record if done.record is None else done.record
        reads[done.path] = Read(done.digest, record)


def _unparsed_of(files: Iterable[str], reads: dict[str, Read]) -> list[str]:
    records = {path: reads[path].record for path in files}
    return [path for path, each in records.items() if each.summary is None and each.problem is None]


def _importers(reads: dict[str, Read], modules: Modules) -> dict[str, set[str]]:
    """Return, for each file, the files that import it."""
    importers: dict[str, set[str]] = {}
    for path, read in reads.items():
        for imported in modules.imported(path, read.record.imports):
            importers.setdefault(imported, set()).add(path)
    return importers


def _users(files: Iterable[str], importers: dict[str, set[str]]) -> set[str]:
    """Return some files, and all that import one of them, directly or not: for others nothing is new."""
    found = set(files)
    stack = list(found)
    while stack:
        new = importers.get(stack.pop(), set()) - found
        found |= new
        stack += new
    return found


def _exports(resolver: Resolver, path: str) -> bool:
    try:
        return exports(resolver, path)
    except RecursionError:
        return False


def _vendor(resolver: Resolver, path: str, call: Call, *, by_shape: bool) -> tuple[str, str] | None:
    """Return a call's vendor and method, or None for a call of something else."""
    try:
        values = resolver.values(path, call.scope, call.target, call.line_in_file, call.branch)
    except RecursionError:
        values = NOTHING
    methods = sorted((value.vendor, value.name) for value in values if isinstance(value, Method))
    if methods:
        return methods[0]
    looks = sorted(value.path for value in values if isinstance(value, Anything)) if by_shape else ()
    return next((found for path in looks if (found := _by_shape(path, call.kwargs)) is not None), None)


def _by_shape(path: tuple[str, ...], keywords: list[str]) -> tuple[str, str] | None:
    """Return what a call must be by the look of it, where it is made on something nobody knows."""
    for length in (3, 2, 1):
        method = ".".join(path[-length:])
        vendor, needed = SHAPES.get(method, ("", frozenset()))
        if vendor and needed <= set(keywords):
            return vendor, method
    return None
