"""The log, as the app and the commands see it: an index of columns, a follower, and a filter language.

`source.py` is the one interface the screens know. `LocalLog` implements it over a folder of JSON lines.
The public names are imported when they are first used, so that the worker processes, which need few of the
modules here, start at once.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from capture.log.local import LocalLog
    from tessen.query import Query, QueryError, parse_query

__all__ = ["LocalLog", "Query", "QueryError", "parse_query"]

_HOMES = dict.fromkeys(__all__, "tessen.query") | {"LocalLog": "capture.log.local"}


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(_HOMES[name]), name)
