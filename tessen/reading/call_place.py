"""Where a call was made, as a log says it and as one string: `file:line:function`.

What belongs here is the one form that reports, the index and filters use, and reading it back.
"""

from __future__ import annotations

from typing import Any, NamedTuple

from tessen._shapes import text


class Place(NamedTuple):
    """A place in a program's code, as recorded."""

    file: str
    """As the program's interpreter names it, on the machine where it ran."""
    line: int | None
    func: str
    """The function's own name, without its class; `<module>` outside of functions."""


def place_text(site: dict[str, Any]) -> str | None:
    """Return an event's `call_site` as one string; None where it names no file."""
    file = text(site.get("file"))
    return f"{file}:{site.get('line')}:{text(site.get('func')) or ''}" if file else None


def read_place(said: str) -> Place:
    """Read `file:line:function`; what is not so is all file."""
    file, _, rest = said.rpartition(":")
    file, _, line = file.rpartition(":")
    if not file:
        return Place(said, None, "")
    return Place(file, int(line) if line.isascii() and line.isdigit() else None, rest)
