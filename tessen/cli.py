"""The `tessen` command.

What belongs here is the list of its subcommands. Each is a module of its name, with `SUMMARY`,
`add_arguments` and `run`, and can be run by itself as `python -m tessen.<name>`.
"""

from __future__ import annotations

import argparse
import sys
from typing import NoReturn

from tessen import __version__, bench, doctor, upload, version
from tessen import exec as run_recorded

_COMMANDS = {"bench": bench, "doctor": doctor, "exec": run_recorded, "upload": upload, "version": version}
_EXAMPLE = """\
example:
  $ tessen version

in your agent, before it makes its client:
  import tessen
  tessen.init()
"""


class _Parser(argparse.ArgumentParser):
    """A parser whose errors are one line."""

    def error(self, message: str) -> NoReturn:
        self.exit(2, f"{self.prog}: {message}; see {self.prog} --help\n")


def main(arguments: list[str] | None = None) -> int:
    """Run the command.

    Args:
        arguments: What stands behind the command's name; by default what the process was given.

    Returns:
        The exit code: 0, or 1 for a failure. A usage error exits with 2.
    """
    parser = _Parser(
        prog="tessen",
        description="Records every model call of a Python program.",
        epilog=_EXAMPLE,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--version", action="version", version=f"tessen {__version__}")
    commands = parser.add_subparsers(dest="command", metavar="COMMAND", required=True, parser_class=_Parser)
    for name, command in _COMMANDS.items():
        command.add_arguments(commands.add_parser(name, help=command.SUMMARY))
    options = parser.parse_args(arguments)
    exit_code: int = _COMMANDS[options.command].run(options)
    return exit_code


if __name__ == "__main__":
    sys.exit(main())
