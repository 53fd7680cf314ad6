"""The `tessen` command.

What belongs here is the list of its subcommands, and how a command ends. Each is a module of its name, with
`SUMMARY`, `add_arguments` and `run`, and an `EXAMPLE` for its help, and can be run by itself as
`python -m tessen.<name>`.
"""

from __future__ import annotations

import argparse
import io
import os
import sys
from importlib import import_module
from typing import Any, NoReturn

from tessen import __version__
from tessen._command import CommandError
from tessen.sanitise import one_line

_COMMANDS = (
    *("status", "tail", "viewer", "analyze", "compare"),
    *("crawl", "sites", "repo-learn", "apply"),
    *("exec", "doctor", "bench", "upload", "version"),
)
"""Each is the module of its name, a hyphen being an underscore. Only the one that is called is imported."""

_EXAMPLE = """\
example:
  $ tessen status
  $ tessen tail my_agent --filter 'status:error'
  $ tessen version

in your agent, before it makes its client:
  import tessen
  tessen.init()
"""
_INTERRUPTED = 130
_LONGEST = 400
"""Characters of an error that quotes what was typed."""


class _Parser(argparse.ArgumentParser):
    """A parser whose errors are one line."""

    def error(self, message: str) -> NoReturn:
        self.exit(2, f"{self.prog}: {one_line(message, _LONGEST)}; see {self.prog} --help\n")


def main(arguments: list[str] | None = None) -> int:
    """Run the command.

    Args:
        arguments: What stands behind the command's name; by default what the process was given.

    Returns:
        The exit code: 0, or 1 for a failure. A usage error exits with 2.
    """
    arguments = sys.argv[1:] if arguments is None else arguments
    _write_anything()
    options, unknown = _parser(arguments).parse_known_args(arguments)
    if unknown:
        _Parser(prog=f"tessen {options.command}").error(f"unrecognized arguments: {' '.join(unknown)}")
    try:
        exit_code: int = _module(options.command).run(options)
        sys.stdout.flush()
    except CommandError as error:
        return _complain(options.command, str(error), error.exit_code)
    except BrokenPipeError:  # whoever read has seen enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # or Python complains on its way out
        return 0
    except KeyboardInterrupt:
        return _INTERRUPTED
    except OSError as error:
        where = f"{error.filename}: " if error.filename else ""
        return _complain(options.command, f"{where}{error.strerror or error}", 1)
    return exit_code


def _write_anything() -> None:
    """Write a `?` for what the terminal's encoding does not have, rather than fail."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="replace")


def _module(command: str) -> Any:
    return import_module(f"tessen.{command.replace('-', '_')}")


def _parser(arguments: list[str]) -> _Parser:
    """The parser; where it is known already which command is meant, it knows that one alone."""
    parser = _Parser(
        prog="tessen",
        description="Records every model call of a Python program, and reads the record back.",
        epilog=_EXAMPLE,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--version", action="version", version=f"tessen {__version__}")
    commands = parser.add_subparsers(dest="command", metavar="COMMAND", required=True, parser_class=_Parser)
    for name in arguments[:1] if arguments and arguments[0] in _COMMANDS else _COMMANDS:
        module = _module(name)
        module.add_arguments(
            commands.add_parser(
                name,
                help=module.SUMMARY,
                description=f"{module.SUMMARY[0].upper()}{module.SUMMARY[1:]}.",
                epilog=getattr(module, "EXAMPLE", None),
                formatter_class=argparse.RawDescriptionHelpFormatter,
            )
        )
    return parser


def _complain(command: str, message: str, exit_code: int) -> int:
    sys.stdout.flush()
    print(f"tessen {command}: {one_line(message, 2 * _LONGEST)}", file=sys.stderr)
    return exit_code


if __name__ == "__main__":
    sys.exit(main())
