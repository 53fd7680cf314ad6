"""The recorder of this process: its settings, its session, and the one place where it starts.

What belongs here is the state that lives as long as the process, and its start and end. A program may start
the recorder and never ask a model, so what a call needs is imported with the first SDK or HTTP library.
"""

from __future__ import annotations

import atexit
import os
import sys
import time

from tessen import _guard
from tessen._variables import LARGEST, UNKNOWN_AGENT

TYPE_CHECKING = False  # see `_guard`
if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from typing import Any, Protocol

    from tessen._call import Call
    from tessen._config import Settings
    from tessen._event import Event
    from tessen._floor.again import FloorCall
    from tessen._inflight import Flight
    from tessen._log import Log
    from tessen._ship import Shipper

    class Unfinished(Protocol):
        """A call whose end is still to come: its answer is being read, or its exception is to be raised."""

        def dropped(self) -> None:
            """Record it as it stands."""

        def forget(self) -> None:
            """Let it go without an event."""


EXIT_BOUND = 2.0
"""Seconds that the end of the process may be held up for the disk."""


class Recorder:
    """Knows the calls that are under way, and has those that have ended written."""

    _log: Log | None = None

    def __init__(self, settings: Settings, agent_name: str) -> None:
        self.settings = settings
        self.agent_name = agent_name
        self.process_session = new_id()
        """The session of calls that are made outside of any `session()` block."""
        self._streams: set[Unfinished] = set()
        self._calls: dict[Call, Flight] = {}
        self.shipper = _shipper(settings)
        """None: nothing is shipped."""

    @property
    def log(self) -> Log:
        """Where its lines go."""
        return self._log or self._make_log()

    def _make_log(self) -> Log:
        from tessen._log import Log

        made: Log = vars(self).setdefault("_log", Log(self.settings, self.agent_name))  # whoever is first
        return made

    def record(
        self,
        event: Event,
        secrets: frozenset[str],
        *,
        soon: bool = False,
        then: Callable[[], None] | None = None,
    ) -> None:
        """Write one event.

        Args:
            event: The event.
            secrets: Values that must not be in the line.
            soon: Leave the writing to the background thread, as is due while objects are being collected.
            then: Called when the line is in the file, or is lost.
        """
        line = (self._log or self._make_log()).write(event, secrets, soon=soon, then=then)
        if self.shipper is not None:
            self.shipper.put(event.agent_name, line, soon=soon)

    def call_began(self, call: Call) -> None:
        """Show that a call is under way; a second time, for its retries, changes nothing."""
        if call not in self._calls:
            self._calls[call] = (self._log or self._make_log()).call_began(call.started_as)

    def call_ended(self, call: Call) -> None:
        """Show a call no longer."""
        flight = self._calls.pop(call, None)
        if flight is not None and self._log is not None:
            self._log.call_ended(flight)

    def stream_opened(self, stream: Unfinished) -> None:
        """Keep track of a stream that the program is about to read."""
        self.log.expect_collection()
        if self.shipper is not None:
            self.shipper.start()
        self._streams.add(stream)

    def stream_closed(self, stream: Unfinished) -> None:
        """Forget a stream that has ended."""
        self._streams.discard(stream)

    def hold(self, call: FloorCall) -> None:
        """Keep track of a failure that is held back, and leave evidence of it now and not in a moment."""
        self._streams.add(call)
        flight = self._calls.get(call)
        if flight is not None:
            self.log.show_call(flight)
        self.log.look_after(call)

    def flush(self, timeout: float | None) -> bool:
        """Force everything to the disk and the server; return whether `timeout` seconds sufficed."""
        timeout = _seconds(timeout)
        until = time.monotonic() + timeout
        on_disk = self._log is None or self._log.flush(timeout)
        return (self.shipper is None or self.shipper.flush(until - time.monotonic())) and on_disk

    def close(self, timeout: float | None, *, process_ends: bool = False) -> None:
        """Record the streams that were left open, and close the log.

        Args:
            timeout: Seconds to wait for the disk at most.
            process_ends: Whether the calls under way will not see their answers, and are recorded as well.
        """
        for stream in list(self._streams):
            stream.dropped()
        for call in list(self._calls) if process_ends else ():
            call.cut_off()
        timeout = _seconds(timeout)
        until = time.monotonic() + timeout
        if self._log is not None:
            self._log.close(timeout)
        if self.shipper is not None:
            self.shipper.close(until - time.monotonic())

    def after_fork(self) -> None:
        """In a forked child: the parent's streams are the parent's to record."""
        for stream in list(self._streams):
            stream.forget()
        self._streams.clear()
        self._calls.clear()
        if self._log is not None:
            self._log.after_fork()
        if self.shipper is not None:
            self.shipper.after_fork()


active: Recorder | None = None
"""The recorder, while recording is on."""


def start(settings: Settings, agent_name: str) -> None:
    """Start recording in this process, or go on with other settings."""
    global active
    before, active = active, Recorder(settings, agent_name)
    if before is not None:
        active.process_session = before.process_session
        before.close(EXIT_BOUND)
    _install_once(settings)


def stop(timeout: float | None = EXIT_BOUND) -> None:
    """Stop recording; the hooks stay and let everything through."""
    global active
    recorder, active = active, None
    if recorder is not None:
        recorder.close(timeout)


def _at_exit() -> None:
    """Close the log; recording goes on, since what the program has registered before us is still to run."""
    if active is not None:
        active.close(EXIT_BOUND, process_ends=True)


def _shipper(settings: Settings) -> Shipper | None:
    if settings.api_key is None:
        return None
    from tessen._ship import Shipper  # only where events are shipped: the others pay nothing for it

    return Shipper(settings)


def _seconds(timeout: float | None) -> float:
    """A time that the system can wait; None is as long as it takes."""
    return LARGEST if timeout is None else min(timeout, LARGEST)


def new_id() -> str:
    """Return a random id of 32 hexadecimal digits."""
    return os.urandom(16).hex()


def agent_of(module: Mapping[str, Any]) -> str:
    """Return the name of the agent whose code this is.

    Args:
        module: The globals of the module that starts the recorder.

    Returns:
        The module's name; for a script its file's name without `.py`; for neither, `unknown_agent`.
    """
    name = module.get("__name__")
    if isinstance(name, str) and name != "__main__":
        return name
    file = module.get("__file__")
    stem = ""
    if isinstance(file, str):
        folder, base = os.path.split(file)  # pathlib is slow to import
        stem = os.path.splitext(base)[0]  # noqa: PTH122
        stem = os.path.basename(folder) if stem == "__main__" else stem  # noqa: PTH119
    return stem or UNKNOWN_AGENT


_installed = False


def _install_once(settings: Settings) -> None:
    global _installed  # noqa: PLW0603 - hooks are for the process
    if _installed:
        return
    _installed = True
    from tessen import _hooks

    _hooks.install(leaves=settings.leaf_fallback)
    atexit.register(_at_exit)
    os.register_at_fork(after_in_child=_after_fork)


@_guard.guarded("following a fork")
def _after_fork() -> None:
    if active is not None and not sys.is_finalizing():
        active.after_fork()
