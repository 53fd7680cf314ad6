"""`tessen version`: which recorder this is."""

from __future__ import annotations

import argparse
import sys

from tessen import __version__
from tessen._command import add_json
from tessen.reading.envelope import dumps, envelope

SUMMARY = "print the version"
EXAMPLE = """\
example:
  $ tessen version
  $ tessen version --json | jq -r .tessen_version
"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the command's arguments."""
    add_json(parser)


def run(options: argparse.Namespace) -> int:
    """Print the version; return the exit code."""
    print(dumps(envelope({})) if options.json else f"tessen {__version__}")
    return 0


if __name__ == "__main__":
    from tessen.cli import main

    sys.exit(main(["version", *sys.argv[1:]]))
