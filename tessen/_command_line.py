"""Reading a Python's command line: what it runs, and what it will not listen to.

What belongs here is the interpreter's own options, as far as they stand before a script, a module or a
command.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path

from tessen._variables import UNKNOWN_AGENT

_PYTHON = re.compile(r"(?:python|pypy)[\d.]*w?")
_TAKES_A_VALUE = frozenset("cmWX")
"""One-letter options that are followed by a value."""
_IGNORES_PYTHONPATH = frozenset("IES")


def agent_of(arguments: Sequence[str]) -> str:
    """Return the name of the agent that a Python runs: that of its script or module.

    Args:
        arguments: What Python is given.

    Returns:
        `unknown_agent` for a program that comes by `-c`, on the standard input, or from a prompt.
    """
    letters, what = _split(arguments)
    if not what or letters.endswith("c"):
        return UNKNOWN_AGENT
    if letters.endswith("m"):
        return what.removesuffix(".__main__").rpartition(".")[2]
    path = Path(what)
    name = path.resolve().parent.name if path.name == "__main__.py" else path.name
    return name.removesuffix(".py") or UNKNOWN_AGENT


def ignores_pythonpath(arguments: Sequence[str]) -> str | None:
    """Return the option, such as `-I`, by which a Python ignores `PYTHONPATH` or runs no `sitecustomize`."""
    letters, _ = _split(arguments)
    return next((f"-{letter}" for letter in letters if letter in _IGNORES_PYTHONPATH), None)


def python_arguments(program: str, command: Sequence[str]) -> list[str] | None:
    """Return what Python is given where a command is a Python, or a script of one; None where it is neither.

    Args:
        program: The file that will be run.
        command: The command as it was typed.
    """
    if _is_python(command[0]):
        return list(command[1:])
    interpreter = _shebang(program)
    if not interpreter or not _is_python(interpreter[0]):
        return None
    return [*interpreter[1:], program, *command[1:]]


def _is_python(program: str) -> bool:
    return _PYTHON.fullmatch(Path(program).name) is not None


def _split(arguments: Sequence[str]) -> tuple[str, str]:
    """Return the letters of the options, and what they lead up to: a script, or the value of -m or -c."""
    letters = ""
    left = list(arguments)
    while left:
        argument = left.pop(0)
        if argument == "-":
            return letters, ""
        if not argument.startswith("-"):
            return letters, argument
        if argument.startswith("--"):
            if argument == "--check-hash-based-pycs":
                del left[:1]
            continue
        for position, letter in enumerate(argument[1:], 2):
            letters += letter
            if letter in _TAKES_A_VALUE:
                value = argument[position:] or (left.pop(0) if left else "")
                if letter in "cm":
                    return letters, value
                break
    return letters, ""


def _shebang(program: str) -> list[str]:
    """Return a script's interpreter and its options; nothing for what is no script."""
    try:
        with Path(program).open("rb") as file:
            line = file.readline(512)
    except OSError:
        return []
    words = line[2:].decode("utf-8", "replace").split() if line.startswith(b"#!") else []
    if words and Path(words[0]).name == "env":
        return [word for word in words[1:] if word != "-S"]
    return words
