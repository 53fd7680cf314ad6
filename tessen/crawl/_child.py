"""The child that maps a repository for `init()`.

What belongs here is being a good child: of the lowest priority, on one core, and gone when the parent is.
"""

from __future__ import annotations

import json
import os
import sys
import threading

from tessen.crawl import _crawl, _manifest, _work


def main(root: str) -> None:
    """Print the map of a repository, as it may be shipped."""
    threading.Thread(target=_end_with_the_parent, daemon=True).start()
    os.nice(19)
    with _work.without_collection():
        found = _manifest.manifest_for_shipping(_crawl.crawl(root))
    sys.stdout.write(json.dumps(found))


def _end_with_the_parent() -> None:
    sys.stdin.buffer.read()
    os._exit(0)
