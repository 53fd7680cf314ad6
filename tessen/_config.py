"""The recorder's settings: keywords of `tessen.init()`, then the environment, then defaults.

What belongs here is every `TESSEN_*` variable and how tolerantly it is read: white space is trimmed, switches
are 1, true, yes or on in any case, and a number that does not parse is its default. Nothing here raises. The
shipping settings are read already, so that the two tables of variables stand in one place.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from tessen import _guard
from tessen.paths import default_log_dir

if TYPE_CHECKING:
    from tessen._redact import Redactor

HOSTED_INGEST_URL = "https://api.tessen.dev/v1/ingest"
_YES = frozenset({"1", "true", "yes", "on"})


class Settings(NamedTuple):
    """What the recorder goes by; times in seconds."""

    agent_name: str | None
    """None: take it from the module that calls `init()`."""
    log_dir: Path
    disable_fsync: bool
    redact: tuple[Redactor, ...]
    """Text to replace wherever it occurs in an event's strings, and functions that redact one string each."""
    leaf_fallback: bool
    disable_crawl: bool
    disable_git_learn: bool
    api_key: str | None
    ingest_url: str
    flush_interval_sec: float
    batch_max_events: int
    queue_max: int
    retry_max: int
    http_timeout_sec: float


def load(
    *,
    agent_name: str | None = None,
    log_dir: str | os.PathLike[str] | None = None,
    disable_fsync: bool | None = None,
    redact: Iterable[str | Redactor] | str | Redactor | None = None,
) -> Settings:
    """Return the settings; a keyword that is not None wins over its variable."""
    return Settings(
        agent_name=agent_name or _text("TESSEN_AGENT_NAME"),
        log_dir=(default_log_dir() if log_dir is None else Path(log_dir).expanduser()).absolute(),
        disable_fsync=_switch("TESSEN_DISABLE_FSYNC") if disable_fsync is None else disable_fsync,
        redact=_patterns((_text("TESSEN_REDACT") or "").split("\n") if redact is None else redact),
        leaf_fallback=_switch("TESSEN_LEAF_FALLBACK"),
        disable_crawl=_switch("TESSEN_DISABLE_CRAWL"),
        disable_git_learn=_switch("TESSEN_DISABLE_GIT_LEARN"),
        api_key=_text("TESSEN_API_KEY"),
        ingest_url=_text("TESSEN_INGEST_URL") or HOSTED_INGEST_URL,
        flush_interval_sec=_number("TESSEN_FLUSH_INTERVAL_SEC", 5.0),
        batch_max_events=int(_number("TESSEN_BATCH_MAX_EVENTS", 64)),
        queue_max=int(_number("TESSEN_QUEUE_MAX", 1024)),
        retry_max=int(_number("TESSEN_RETRY_MAX", 3)),
        http_timeout_sec=_number("TESSEN_HTTP_TIMEOUT_SEC", 10.0),
    )


def _text(variable: str) -> str | None:
    return os.environ.get(variable, "").strip() or None


def _switch(variable: str) -> bool:
    return os.environ.get(variable, "").strip().lower() in _YES


def _number(variable: str, default: float) -> float:
    """Read a number that is not negative; anything else, NaN and infinity included, is the default."""
    try:
        value = float(os.environ.get(variable, "").strip())
    except ValueError:
        return default
    return value if 0 <= value < 1e9 else default


def _patterns(sources: Iterable[str | Redactor] | str | Redactor) -> tuple[Redactor, ...]:
    if isinstance(sources, str | re.Pattern) or callable(sources):
        sources = (sources,)
    found: list[Redactor] = []
    for source in sources:
        if callable(source):
            found.append(source)
            continue
        if isinstance(source, str) and not source.strip():
            continue
        try:
            found.append(re.compile(source.strip() if isinstance(source, str) else source))
        except (re.error, TypeError) as problem:
            _guard.say(f"a redaction pattern is not a regular expression and is ignored ({problem})")
    return tuple(found)
