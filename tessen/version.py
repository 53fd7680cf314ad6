"""`tessen version`: which recorder this is."""

from __future__ import annotations

import argparse
import sys

from tessen import __version__

SUMMARY = "print the version"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add nothing: the command takes no arguments."""
    del parser


def run(options: argparse.Namespace) -> int:
    """Print the version; return the exit code."""
    del options
    print(f"tessen {__version__}")
    return 0


if __name__ == "__main__":
    from tessen.cli import main

    sys.exit(main(["version", *sys.argv[1:]]))
