"""The recorder: `import tessen; tessen.init()` records every model call of this process.

What belongs here is what an agent imports, and the reading of the record back: recording, the event
format, signals, usage and prices, and the `tessen` command. Standard library only, since this package
lives inside other people's production processes.
"""

from __future__ import annotations

import sys

TYPE_CHECKING = False  # as in typing, which would be half the cost of this import
if TYPE_CHECKING:
    import os
    from collections.abc import Iterable

    from tessen._redact import Redactor
    from tessen._session import Session

__all__ = ["__version__", "flush", "init", "new_session", "session", "shutdown"]
__version__ = "0.1.0"


def init(  # noqa: PLR0913 - one keyword a variable
    *,
    agent_name: str | None = None,
    log_dir: str | os.PathLike[str] | None = None,
    disable_fsync: bool | None = None,
    redact: Iterable[str | Redactor] | str | Redactor | None = None,
    leaf_fallback: bool | None = None,
    api_key: str | None = None,
    ingest_url: str | None = None,
    disable_crawl: bool | None = None,
    disable_git_learn: bool | None = None,
    flush_interval_sec: float | None = None,
    batch_max_events: int | None = None,
    queue_max: int | None = None,
    retry_max: int | None = None,
    http_timeout_sec: float | None = None,
) -> None:
    """Record every model call that this process makes from now on.

    Calls go to `<log dir>/<agent>/<UTC date>.jsonl`, one JSON line each, written before the call returns.
    SDKs are never imported here: each is wrapped when the program imports it, or at once if it already has.
    Calling this twice is harmless; with keywords it changes the settings. It never raises.

    Every keyword stands for the variable of its name, such as `TESSEN_AGENT_NAME`, and wins over it.

    Args:
        agent_name: Who is calling. Default: the calling module or script.
        log_dir: The folder of the agents' folders. Default: `~/.tessen/logs`.
        disable_fsync: Leave it to the system when lines reach the disk.
        redact: Regular expressions, whose matches in any string of an event are replaced, and functions,
            which are given each text of an event and return what may be written of it; where one fails, the
            text is withheld. Default: the lines of `TESSEN_REDACT`. Credentials are taken out in any case.
        leaf_fallback: Wrap each resource's own methods instead of the base client.
        api_key: Ship events with this key. Without one no socket is ever opened; `""` turns shipping off.
        ingest_url: Where events are shipped to. Default: the hosted service.
        disable_crawl: Do not ship a map of the code.
        disable_git_learn: Do not ship a fingerprint of the git history.
        flush_interval_sec: Seconds until a batch that is not full is sent. Default: 5.
        batch_max_events: Events in one request. Default: 64.
        queue_max: Events that wait for sending; beyond that the oldest are dropped. Default: 1024.
        retry_max: Further attempts for a batch that could not be delivered. Default: 3.
        http_timeout_sec: Seconds that one request may take. Default: 10.
    """
    given = {name: value for name, value in locals().items() if value is not None}
    from tessen import _guard

    try:
        from tessen import _config, _recorder

        if not given and _recorder.active is not None:
            return
        settings = _config.load(**given)
        caller = sys._getframe(1).f_globals
        _recorder.start(settings, settings.agent_name or _recorder.agent_of(caller))
        if settings.api_key is not None:
            from tessen import _about_code

            _about_code.start(settings, caller.get("__file__"))
    except Exception:
        _guard.swallow("starting the recorder")


def new_session() -> str | None:
    """Begin a new session: the calls that start from now on are one conversation, or one piece of work.

    Inside a `session()` block it is that block, and what was begun in it, that goes on under a new id;
    outside it is the process.

    Returns:
        Its id, 32 hexadecimal digits; None if the recorder is not running.
    """
    from tessen import _recorder, _session

    if _recorder.active is None:
        return None
    session_id = _recorder.new_id()
    if not _session.renew(session_id):
        _recorder.active.process_session = session_id
    return session_id


def session(session_id: str | None = None) -> Session:
    """Make the calls of a block one session: `with tessen.session():`.

    It holds for this thread or task, and for the tasks and threads that are started in the block, to their
    end; others, such as another request that is served meanwhile, keep theirs. Blocks nest.

    Args:
        session_id: An id of your own, such as a conversation's. Default: a new one.

    Returns:
        A context manager that gives the id.
    """
    from tessen import _session

    return _session.Session(session_id)


def flush(timeout: float | None = 2.0) -> bool:
    """Force every event written so far to the disk and, where events are shipped, to the server.

    Args:
        timeout: Seconds to wait at most; None for as long as it takes.

    Returns:
        Whether everything is on the disk, and nothing waits to be sent.
    """
    from tessen import _recorder

    return _recorder.active is None or _recorder.active.flush(timeout)


def shutdown(timeout: float | None = 2.0) -> None:
    """Stop recording: record streams that are still open, flush, and close the log.

    It is called by itself when the process ends. The program may go on unrecorded, and call `init()` again.

    Args:
        timeout: Seconds to wait for the disk and for the server at most; None for as long as it takes.
    """
    from tessen import _recorder

    _recorder.stop(timeout)
