"""`python -m tessen.sites`."""

from __future__ import annotations

import sys

from tessen.cli import main

if __name__ == "__main__":
    sys.exit(main(["sites", *sys.argv[1:]]))
