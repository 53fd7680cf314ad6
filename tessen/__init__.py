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

__all__ = ["__version__", "flush", "init", "new_session", "shutdown"]
__version__ = "0.1.0"


def init(
    *,
    agent_name: str | None = None,
    log_dir: str | os.PathLike[str] | None = None,
    disable_fsync: bool | None = None,
    redact: Iterable[str | Redactor] | str | Redactor | None = None,
) -> None:
    """Record every model call that this process makes from now on.

    Calls go to `<log dir>/<agent>/<UTC date>.jsonl`, one JSON line each, written before the call returns.
    SDKs are never imported here: each is wrapped when the program imports it, or at once if it already has.
    Calling this twice is harmless; with keywords it changes the settings. It never raises.

    Args:
        agent_name: Who is calling. Default: `TESSEN_AGENT_NAME`, else the calling module or script.
        log_dir: The folder of the agents' folders. Default: `TESSEN_LOG_DIR`, else `~/.tessen/logs`.
        disable_fsync: Leave it to the system when lines reach the disk. Default: `TESSEN_DISABLE_FSYNC`.
        redact: Regular expressions, whose matches in any string of an event are replaced, and functions,
            which are given each text of an event and return what may be written of it; where one fails, the
            text is withheld. Default: the lines of `TESSEN_REDACT`. Credentials are taken out in any case.
    """
    from tessen import _guard

    try:
        from tessen import _config, _recorder

        unchanged = agent_name is None and log_dir is None and disable_fsync is None and redact is None
        if unchanged and _recorder.active is not None:
            return
        settings = _config.load(
            agent_name=agent_name, log_dir=log_dir, disable_fsync=disable_fsync, redact=redact
        )
        caller = sys._getframe(1).f_globals
        _recorder.start(settings, settings.agent_name or _recorder.agent_of(caller))
    except Exception:
        _guard.swallow("starting the recorder")


def new_session() -> str | None:
    """Begin a new session: the calls that start from now on are one conversation, or one piece of work.

    Returns:
        Its id, 32 hexadecimal digits; None if the recorder is not running.
    """
    from tessen import _recorder

    if _recorder.active is None:
        return None
    _recorder.active.session_id = session_id = _recorder.new_id()
    return session_id


def flush(timeout: float = 2.0) -> bool:
    """Force every event written so far to the disk.

    Args:
        timeout: Seconds to wait at most.

    Returns:
        Whether everything is on the disk.
    """
    from tessen import _recorder

    return _recorder.active is None or _recorder.active.flush(timeout)


def shutdown(timeout: float = 2.0) -> None:
    """Stop recording: record streams that are still open, flush, and close the log.

    It is called by itself when the process ends. The program may go on unrecorded, and call `init()` again.

    Args:
        timeout: Seconds to wait for the disk at most.
    """
    from tessen import _recorder

    _recorder.stop(timeout)
