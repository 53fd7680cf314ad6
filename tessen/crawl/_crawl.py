"""One crawl, from a folder to its manifest.

What belongs here is the order of the parts: find, remember, read, tell.
"""

from __future__ import annotations

import os
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from tessen.crawl._cache import Cache
from tessen.crawl._files import find
from tessen.crawl._manifest import manifest
from tessen.crawl._repository import read_all, sites
from tessen.crawl._work import examiner


def crawl(
    root: str | os.PathLike[str], *, tests: bool = False, cache: bool = True, jobs: int = 1
) -> dict[str, Any]:
    """Return the map of a repository's calls of models: its manifest.

    The same files give the same manifest, but for `scanned_at`.

    Args:
        root: The repository's folder.
        tests: Whether tests are looked at too.
        cache: Whether what was found out is kept in the cache folder, and used the next time.
        jobs: Processes that may read files. More than one forks this process, which is for programs with one
            thread only.

    Returns:
        The manifest, as `docs/crawl.md` describes it.

    Raises:
        NotADirectoryError: There is no such folder.
    """
    folder = Path(root).resolve()
    if not folder.is_dir():
        raise NotADirectoryError(20, "is not a folder", str(root))
    began_ns = time.time_ns()
    files, skipped = find(str(folder), tests=tests)
    kept = Cache(str(folder)) if cache else None
    known, stale = kept.load(files) if kept else ({}, [file.path for file in files])
    reads, resolver = read_all(stale, known, examiner(str(folder), jobs))
    if kept and reads != known:
        kept.save(files, reads, began_ns)
    now = datetime.now(UTC).isoformat(timespec="seconds")
    return manifest(folder, reads, sites(reads, resolver), skipped, now)
