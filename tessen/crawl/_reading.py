"""From a file on disk to what is known of it by itself.

What belongs here is the decision whether a file is parsed at all, parsing, and everything that can go wrong
with it. A file that names no vendor and imports nothing that leads to a client has no call of a model in it,
and reading it as bytes is a small part of the work.
"""

from __future__ import annotations

import ast
import hashlib
import re
import warnings
from typing import Any, NamedTuple

from tessen.crawl._calls import Reader
from tessen.crawl._signs import TOKENS
from tessen.crawl._source import RefusedError, Source, read
from tessen.crawl._summary import Record, Summary

_IMPORT = re.compile(
    rb"\n[ \t]*(?:from[ \t]+([.\w]+)[ \t]*import[ \t]*(?:\(([^)]*)\)|([^\n#]*))|import[ \t]+([^\n#]+))"
)
_COMMENT = re.compile(rb"#[^\n]*")
_NOT_PYTHON = "is not Python that this Python reads"


class Task(NamedTuple):
    """A file to read."""

    path: str
    parse: bool = False
    """Whether it is parsed even if it names no vendor."""
    digest: str = ""
    """What it held when it was last read; if it is still that, nothing more is done."""


class Done(NamedTuple):
    """A file that was read."""

    path: str
    digest: str
    record: Record | None
    """None: as it was when it was last read."""


def examine(root: str, task: Task) -> Done:
    """Read a file, and parse it if there is a reason to. Nothing that a file holds makes this fail."""
    try:
        source = read(f"{root}/{task.path}")
    except OSError as problem:
        return Done(task.path, "", Record([], False, None, f"cannot be read: {problem.strerror}"))
    except RefusedError as problem:
        return Done(task.path, "", Record([], False, None, str(problem)))
    digest = hashlib.blake2b(source.data, digest_size=16).hexdigest()
    if digest == task.digest:
        return Done(task.path, digest, None)
    names_vendor = any(token in source.data for token in TOKENS)
    imports = _imports(source.data)
    if not (names_vendor or task.parse):
        return Done(task.path, digest, Record(imports, False))
    summary: Summary | None
    try:
        summary, problem_found = _understood(source)
    except (RecursionError, MemoryError):
        summary, problem_found = None, "is nested too deeply"
    except (ValueError, LookupError):
        summary, problem_found = None, "has an encoding that cannot be read"
    except Exception as problem:  # a fault of ours: one file less, and it is said which
        summary, problem_found = None, f"could not be understood: {type(problem).__name__}"
    return Done(task.path, digest, Record(imports, names_vendor, summary, problem_found))


def parse(source: Source) -> Summary:
    """Return what is known of a source by itself.

    Raises:
        SyntaxError, ValueError, LookupError, RecursionError, MemoryError: It cannot be parsed.
    """
    return Reader(source, _tree(source.data)).summary()


def _tree(data: bytes) -> ast.Module:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # about the code that is read, which is not the caller's
        return ast.parse(data)


def _understood(source: Source) -> tuple[Summary | None, str | None]:
    """Return what is known of a source, and what of it is not Python."""
    try:
        return parse(source), None
    except SyntaxError as problem:
        if not source.cells:
            return None, f"{_NOT_PYTHON}: line {problem.lineno or 1}"
    readable, broken = _whole_cells(source)
    return parse(readable), f"{_NOT_PYTHON}: {', '.join(broken)}; the other cells are read"


def _whole_cells(source: Source) -> tuple[Source, list[str]]:
    """Return a notebook with empty lines for the cells that are not Python, and where those are."""
    lines: list[bytes] = []
    broken: list[str] = []
    for first, cell in source.cell_texts():
        try:
            _tree(b"\n".join(cell))
            lines += cell
        except SyntaxError as problem:
            line, number = source.place(first + (problem.lineno or 1) - 1)
            broken.append(f"cell {number} (line {line})")
            lines += [b""] * len(cell)
    return source._replace(data=b"\n".join(lines)), broken


def _imports(data: bytes) -> list[list[Any]]:
    """Return [module, level, names] of what looks like an import; what is none is harmless."""
    found: list[list[Any]] = []
    last = data.rfind(b"import")
    end = data.find(b"\n", max(last, data.find(b")", last)))  # most of a file comes after it
    for module, listed, plain, modules in _IMPORT.findall(b"\n" + (data if end < 0 else data[:end])):
        if modules:
            found += [[name, 0, []] for name in _words(modules)]
        else:
            name = module.lstrip(b".")
            found.append([name.decode("utf-8", "replace"), len(module) - len(name), _words(listed or plain)])
    return found


def _words(listed: bytes) -> list[str]:
    if b"#" in listed:
        listed = _COMMENT.sub(b"", listed)
    parts = (part.split() for part in listed.replace(b"\\", b" ").split(b","))
    return [words[0].decode("utf-8", "replace") for words in parts if words]
