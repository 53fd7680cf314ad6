r"""What `expect_hash` hashes, and whether a file is still what the specification was made from.

What belongs here is one rule. A hash is the SHA-256 of lines without their ends, joined by `\n`, in UTF-8.
It may be of a function around the change's line (`enclosing_function_body_hash` in the map of the code), of
the lines that are replaced or deleted, or of the whole file. Whichever it is of, it proves the same: those
lines have not changed since.
"""

from __future__ import annotations

import ast
import hashlib
from collections.abc import Iterator, Sequence

from tessen.applying.spec import Change


def holds(change: Change, path: str, body: bytes) -> bool:
    """Whether the file is as the change expects it.

    Args:
        change: A change; without `expect_hash` it expects nothing.
        path: The file's name, which tells Python files from others.
        body: The file as it is.
    """
    if change.expect_hash is None:
        return True
    text = body.decode("utf-8-sig", "replace")
    lines = text.replace("\r\n", "\n").split("\n")
    if lines[-1] == "":
        lines.pop()
    candidates = _candidates(change, path, lines)
    return any(hash_of(lines[first - 1 : last]) == change.expect_hash for first, last in candidates)


def hash_of(lines: Sequence[str]) -> str:
    """Return the hash of lines, which have no ends: 64 hexadecimal digits."""
    return hashlib.sha256("\n".join(lines).encode("utf-8", "replace")).hexdigest()


def _candidates(change: Change, path: str, lines: list[str]) -> Iterator[tuple[int, int]]:
    yield 1, len(lines)
    if not change.line:
        return
    yield change.line, change.line_end
    if path.endswith((".py", ".pyi")):
        yield from _functions_around(change.line, "\n".join(lines))


def _functions_around(line: int, text: str) -> Iterator[tuple[int, int]]:
    """First and last line of every function that a line is in, with and without its decorators."""
    try:
        tree = ast.parse(text)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            first = min([node.lineno, *(each.lineno for each in node.decorator_list)])
            last = node.end_lineno or node.lineno
            if first <= line <= last:
                yield from {(node.lineno, last), (first, last)}
