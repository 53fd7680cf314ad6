"""From an event to its line in the log, and the signs of calls under way beside it.

What belongs here is putting together what writing takes: secrets out, the line into its file, calls shown
while they last. It is imported with the first SDK or HTTP library.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Protocol

from tessen import _event, _guard, _redact
from tessen._config import Settings
from tessen._history import History
from tessen._inflight import Board, Flight, Started
from tessen._pace import Pace
from tessen._writer import LogWriter
from tessen.paths import safe_agent

ENVIRONMENT_FOR = 5.0
"""Seconds that the keys found in the environment are taken to be all."""


class Held(Protocol):
    """A failure that is held back, since an SDK may try again."""

    def look(self) -> float | None:
        """Have it written if it is due; return in how many seconds to look again, None for never."""


class Log:
    """The log of one agent, as one process writes it."""

    def __init__(self, settings: Settings, agent_name: str) -> None:
        """Make it; no file, folder or thread before the first call."""
        self.pace = Pace()
        self._settings = settings
        self._secrets: frozenset[str] = frozenset()
        self._look_again_at = 0.0
        self.agent_name = _redact.clean_text(agent_name, self._own_secrets())
        """The agent's name as it is written: it names a folder, and is shipped beside the events."""
        self._board = Board(settings.log_dir / safe_agent(self.agent_name), self._clean_start)
        self._writer = LogWriter(settings.log_dir, fsync=not settings.disable_fsync, look=self._look)
        self._held: dict[Held, None] = {}
        self._history = History()

    def write(
        self, event: _event.Event, secrets: frozenset[str], *, soon: bool, then: Callable[[], None] | None
    ) -> bytes:
        """Write one event; see `Recorder.record`.

        Returns:
            Its line, without the newline.
        """
        line = self._clean(event, secrets | self._own_secrets())
        write = self._writer.write_soon if soon else self._writer.write
        write(event.agent_name, line, then)
        return line

    def call_began(self, call: Callable[[], Started]) -> Flight:
        """Note that a call is under way, to be shown soon; `call` says what is known of it."""
        flight = self._board.begin(call)
        self._writer.watch()
        return flight

    def show_call(self, flight: Flight) -> None:
        """Show a call now, on the caller's own thread."""
        self._board.show_now(flight)

    def look_after(self, held: Held) -> None:
        """Have what is held back looked at until it is written, or held no longer."""
        self._held[held] = None
        self._writer.watch()

    def call_ended(self, flight: Flight) -> None:
        """Show a call no longer."""
        self._board.end(flight)

    def expect_collection(self) -> None:
        """Be ready for lines that come while objects are being collected."""
        self._writer.expect_collection()

    def flush(self, timeout: float) -> bool:
        """Force everything to the disk; return whether `timeout` seconds sufficed."""
        self._look_at_held()
        return self._writer.flush(timeout)

    def close(self, timeout: float) -> None:
        """Flush, and close the files."""
        self._writer.close(timeout)

    def after_fork(self) -> None:
        """Begin anew in a forked child."""
        self._board.after_fork()
        self._held.clear()
        self._writer.after_fork()

    def _look(self) -> float | None:
        """Do what is due, on the background thread; return in how many seconds more is, None for nothing."""
        until_shown, until_look = self._board.show(), self._look_at_held()
        if until_shown is None or until_look is None:
            return until_look if until_shown is None else until_shown
        return min(until_shown, until_look)

    def _look_at_held(self) -> float | None:
        soonest: float | None = None
        for held in list(self._held):
            again_in = held.look()
            if again_in is None:
                self._held.pop(held, None)
            elif soonest is None or again_in < soonest:
                soonest = again_in
        return soonest

    def _clean(self, event: _event.Event, secrets: frozenset[str]) -> bytes:
        try:
            line = _event.line(event)
            return _redact.clean_event(line, event, secrets, self._settings.redact, self._history)
        except Exception:
            _guard.swallow("taking secrets out of an event")
            return _redact.clean_line(_event.line(_event.withheld(event)), secrets, ())

    def _clean_start(self, data: bytes) -> bytes:
        return _redact.clean_line(data, self._own_secrets(), self._settings.redact)

    def _own_secrets(self) -> frozenset[str]:
        """The keys in this process's environment, which programs change at times, and the recorder's own."""
        now = time.monotonic()
        if now >= self._look_again_at:
            self._look_again_at = now + ENVIRONMENT_FOR
            own_key = self._settings.api_key
            self._secrets = _redact.of_environment() | ({own_key} if own_key else set())
        return self._secrets
