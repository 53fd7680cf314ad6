"""The recorder's settings: keywords of `tessen.init()`, then the environment, then defaults.

What belongs here is putting the settings together; how a variable is read stands in `_variables.py`. A value
that cannot be used is its default, and nothing here raises.
"""

from __future__ import annotations

import os

from tessen import _guard, _variables

TYPE_CHECKING = False  # see `_guard`
if TYPE_CHECKING:
    import re
    from collections.abc import Iterable
    from pathlib import Path
    from typing import Any

    from tessen._redact import Redactor


class Settings:
    """What the recorder goes by; times in seconds."""

    agent_name: str | None
    """None: take it from the module that calls `init()`."""
    disable_fsync: bool
    redact: tuple[Redactor, ...]
    """Text to replace wherever it occurs in an event's strings, and functions that redact one string each."""
    leaf_fallback: bool
    disable_crawl: bool
    disable_git_learn: bool
    api_key: str | None
    """None: nothing is shipped."""
    ingest_url: str
    flush_interval_sec: float
    batch_max_events: int
    queue_max: int
    retry_max: int
    http_timeout_sec: float

    def __init__(self, folder: str, **fields: Any) -> None:
        """Take every setting by its name, but for the log's folder.

        Args:
            folder: The log's folder, an absolute path.
            **fields: The attributes above.
        """
        self._folder = folder
        vars(self).update(fields)

    @property
    def log_dir(self) -> Path:
        """The folder of the agents' folders."""
        from pathlib import Path  # slow to import, and not needed before there is something to write

        return Path(self._folder)


def load(
    *,
    agent_name: str | None = None,
    log_dir: str | os.PathLike[str] | None = None,
    disable_fsync: bool | None = None,
    redact: Iterable[str | Redactor] | str | Redactor | None = None,
    **more: Any,
) -> Settings:
    """Return the settings; a keyword that is not None wins over its variable.

    Args:
        agent_name: Who is calling.
        log_dir: The folder of the agents' folders.
        disable_fsync: Leave it to the system when lines reach the disk.
        redact: Regular expressions, as text or compiled.
        **more: The other settings, by name.
    """
    number = _variables.number
    return Settings(
        _folder(log_dir),
        agent_name=_text("TESSEN_AGENT_NAME", agent_name),
        disable_fsync=_switch("TESSEN_DISABLE_FSYNC", disable_fsync),
        redact=_patterns(_listed("TESSEN_REDACT") if redact is None else redact),
        leaf_fallback=_switch("TESSEN_LEAF_FALLBACK", more.get("leaf_fallback")),
        disable_crawl=_switch("TESSEN_DISABLE_CRAWL", more.get("disable_crawl")),
        disable_git_learn=_switch("TESSEN_DISABLE_GIT_LEARN", more.get("disable_git_learn")),
        api_key=_text("TESSEN_API_KEY", more.get("api_key")),
        ingest_url=_text("TESSEN_INGEST_URL", more.get("ingest_url")) or _variables.HOSTED_INGEST_URL,
        flush_interval_sec=number("TESSEN_FLUSH_INTERVAL_SEC", more.get("flush_interval_sec")),
        batch_max_events=int(number("TESSEN_BATCH_MAX_EVENTS", more.get("batch_max_events"))),
        queue_max=int(number("TESSEN_QUEUE_MAX", more.get("queue_max"))),
        retry_max=int(number("TESSEN_RETRY_MAX", more.get("retry_max"))),
        http_timeout_sec=number("TESSEN_HTTP_TIMEOUT_SEC", more.get("http_timeout_sec")),
    )


def _folder(given: str | os.PathLike[str] | None) -> str:
    default = str(_variables.BY_NAME["TESSEN_LOG_DIR"].default)
    folder = _variables.text("TESSEN_LOG_DIR") or default
    if given is not None:
        try:
            folder = os.fsdecode(given) or folder
        except TypeError:
            _guard.say(f"init(log_dir=…) takes a path, not {type(given).__name__}: lines go to {folder}")
    folder = os.path.expanduser(folder)  # noqa: PTH111 - as above
    if os.path.isabs(folder):  # noqa: PTH117
        return folder  # the folder that the program was started in may be gone
    return os.path.join(os.getcwd(), folder)  # noqa: PTH109, PTH118


def _text(name: str, given: str | None) -> str | None:
    """The text that was given; `""` given is none at all, whatever the variable says."""
    return _variables.text(name) if given is None else str(given).strip() or None


def _switch(name: str, given: bool | str | None) -> bool:
    if isinstance(given, str):  # such as a variable of the program's own
        return _variables.says_yes(given)
    return _variables.switch(name) if given is None else bool(given)


def _listed(name: str) -> tuple[str, ...]:
    text = _variables.text(name)
    return tuple(text.split("\n")) if text else ()


def _patterns(sources: Iterable[str | Redactor] | str | Redactor) -> tuple[Redactor, ...]:
    if sources == ():
        return ()
    one = isinstance(sources, str | bytes) or not hasattr(sources, "__iter__")
    several: Any = (sources,) if one else sources
    found: list[Redactor] = []
    for source in several:
        if callable(source):
            found.append(source)
            continue
        if isinstance(source, str) and not source.strip():
            continue
        try:
            found.append(pattern(source))
        except ValueError as problem:
            _guard.say(f"a redaction pattern is not a regular expression and is ignored ({problem})")
    return tuple(found)


def pattern(source: Any) -> re.Pattern[str]:
    """Return a pattern ready for use.

    Args:
        source: A regular expression, as text or compiled.

    Raises:
        ValueError: It is none; the message says why.
    """
    import re  # where there are patterns

    try:
        compiled: re.Pattern[Any] = re.compile(source.strip() if isinstance(source, str) else source)
    except (re.error, TypeError, OverflowError, RecursionError, Warning) as problem:
        raise ValueError(str(problem)) from None
    if isinstance(compiled.pattern, bytes):
        raise ValueError("it is one for bytes, and events are text")
    return compiled
