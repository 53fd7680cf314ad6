"""The command line of `tessen-tui`: options in, the app out, one line and an exit code when that cannot be.

`argparse` and late imports keep `--help` and errors instant; the toolkit is imported only to draw.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import NoReturn

import tessen
from tessen.paths import default_log_dir

EPILOG = """\
examples:
  tessen-tui                          every agent under the log folder
  tessen-tui billing support          two agents
  tessen-tui --filter 'status:error since:1h'
  tessen-tui --demo                   a scripted night: no key, no network

keys inside: ? help, ctrl+p every action, 1-4 places, q quit
"""


def main(argv: Sequence[str] | None = None) -> NoReturn:
    """Run the command; exits with 0, with 1 when it failed, with 2 for wrong usage."""
    options = _parser().parse_args(argv)
    if not (sys.stdin.isatty() and sys.stdout.isatty()):
        sys.exit("tessen-tui: needs a terminal; in a pipe use: tessen status --json, or tessen tail AGENT")
    sys.exit(_run(options))


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="tessen-tui",
        description="See what your AI agents do, live.",
        epilog=EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    add = parser.add_argument
    add("agents", nargs="*", metavar="AGENT", help="show only these agents (default: all)")
    add(
        "--log-dir",
        type=Path,
        metavar="DIR",
        help="the log folder (default: TESSEN_LOG_DIR, or ~/.tessen/logs)",
    )
    add("--runs-dir", type=Path, metavar="DIR", help="the folder of runs")
    add("--demo", action="store_true", help="show a scripted night of six agents, in a temporary folder")
    add("--filter", metavar="QUERY", help="start in Live with this filter")
    add("--theme", metavar="NAME", help="tessen-dark, tessen-light, ansi-dark, … (ctrl+p lists all)")
    add("--ascii", action="store_true", help="draw with ASCII symbols only")
    add(
        "--config",
        type=Path,
        metavar="FILE",
        help="the settings file (default: config.toml in the config folder)",
    )
    add("--version", action="version", version=f"tessen-tui {tessen.__version__}")
    return parser


def _run(options: argparse.Namespace) -> int:
    """Check the options, then run the app until it ends; returns the exit code."""
    from capture.log import LocalLog
    from tessen_tui.app import TessenApp
    from tessen_tui.settings import Settings

    with _log_folder(options) as folder:
        app = TessenApp(LocalLog(folder, tuple(options.agents)), Settings())
        app.run()
        return app.return_code or 0


@contextmanager
def _log_folder(options: argparse.Namespace) -> Iterator[Path]:
    yield options.log_dir or default_log_dir()
