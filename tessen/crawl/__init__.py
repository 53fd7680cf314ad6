"""`tessen crawl`: a map of a repository's calls of models, without running any of it.

What belongs here is the command, and `crawl()` for programs. The files of this package are the way from a
folder to its manifest: `_files`, `_source`, `_reading` (`_lines`, `_statements`, `_bindings`, `_expressions`,
`_skipping`, `_calls`, `_callers`, `_pruning`), `_resolve` (`_modules`, `_index`, `_defined`, `_values`),
`_rules`, `_manifest`. What SDKs look like is in `_families`, `_constructors` and `_signs`.
"""

from __future__ import annotations

import argparse
import os
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pathlib import Path

SUMMARY = "map a repository's calls of models, and the functions they stand in"
EXAMPLE = """\
example:
  $ tessen crawl .
  $ tessen crawl ~/src/agent --json > map.json
"""


def crawl(
    root: str | os.PathLike[str], *, tests: bool = False, cache: bool = True, jobs: int = 1
) -> dict[str, Any]:
    """Return the map of a repository's calls of models; see `tessen.crawl._crawl.crawl`."""
    from tessen.crawl import _crawl

    return _crawl.crawl(root, tests=tests, cache=cache, jobs=jobs)


def root_of(program: Path | None) -> Path | None:
    """Return the folder of the repository that a program is part of; see `tessen.crawl._program`."""
    from tessen.crawl import _program

    return _program.root_of(program)


def manifest_for_shipping(manifest: dict[str, Any]) -> dict[str, Any]:
    """Return what may leave the machine of a manifest: no source, no prose, no absolute path."""
    from tessen.crawl import _manifest

    return _manifest.manifest_for_shipping(manifest)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the command's arguments."""
    from tessen._command import add_json

    parser.add_argument("repo", nargs="?", default=".", help="the repository's folder (default: this one)")
    parser.add_argument("--tests", action="store_true", help="look at tests too")
    parser.add_argument(
        "--no-cache", action="store_true", help="read every file, and keep nothing for next time"
    )
    parser.add_argument(
        "--jobs", type=int, metavar="N", help="processes (default: as many as there are cores)"
    )
    add_json(parser)


def run(options: argparse.Namespace) -> int:
    """Print the map; return the exit code."""
    from tessen._command import CommandError, Paint
    from tessen.crawl import _report, _work
    from tessen.reading.envelope import dumps, envelope

    jobs = options.jobs or _work.cores()
    try:
        with _work.without_collection():
            found = crawl(options.repo, tests=options.tests, cache=not options.no_cache, jobs=jobs)
    except NotADirectoryError as problem:
        raise CommandError(f"{options.repo}: is not a folder; give the repository's folder", 2) from problem
    if options.json:
        print(dumps(envelope({"manifest": found})))
        return 0
    for line in _report.text(found, Paint()):
        print(line)
    return 0
