"""Sending one agent's log: which lines are still to be sent, in which batches, and what became of them.

What belongs here is the work of `tessen upload`, without a word to the user.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import NamedTuple

from tessen import _json, _redact
from tessen._ship import BATCH_BYTES
from tessen._ship_body import events_body, shippable
from tessen._ship_wire import Delivery
from tessen._uploaded import Part, Uploaded
from tessen.paths import log_files, parse_log_name
from tessen.reading import lines

MAX_LINE = 16 << 20
"""A longer line is none that can be sent, in bytes."""

_PIECE = 1 << 20
"""Bytes in which the rest of such a line is passed over."""

HOPELESS = frozenset({"HTTP 401", "HTTP 403", "HTTP 404"})
"""Refusals that do not depend on what was sent."""

Send = Callable[[bytes, str], Delivery]
"""(body, idempotency key) → how it went."""


class Tally(NamedTuple):
    """What became of one agent's events."""

    scanned: int = 0
    """Lines that were looked at, and events known to be there already."""
    shipped: int = 0
    """Acknowledged by the server now; in a dry run, those that would be sent."""
    failed: int = 0
    """Not wanted by the server, or not delivered."""
    skipped: int = 0
    """Acknowledged earlier, or older than asked for."""
    batches: int = 0
    """Requests that were acknowledged; in a dry run, that would be sent."""
    corrupt_lines: int = 0
    """Lines that hold no event."""

    def plus(self, **more: int) -> Tally:
        """Return the tally with some counts higher."""
        return self._replace(**{name: getattr(self, name) + count for name, count in more.items()})


class _Line(NamedTuple):
    """One event to be sent."""

    agent: str
    data: bytes
    file: str
    start: int
    end: int


class Selection(NamedTuple):
    """What of the log is to be sent, and how."""

    since: float | None
    """Seconds since the epoch; None for everything."""
    batch_events: int
    secrets: tuple[str, ...]
    """What must not be sent, besides what looks like a credential."""
    patterns: tuple[_redact.Redactor, ...]
    """The user's own redaction patterns; the log may be older than they are."""


class Upload:
    """One agent's log on its way to one server."""

    def __init__(self, agent_dir: Path, done: Uploaded, selection: Selection, *, remember: bool) -> None:
        """Begin an upload.

        Args:
            agent_dir: The agent's folder.
            done: What the server has already; added to as it acknowledges more.
            selection: What is to be sent.
            remember: Whether acknowledgements are written down; not so in a dry run.
        """
        self.tally = Tally()
        self.stopped_by: str | None = None
        """Why nothing further was tried."""
        self.unreadable: list[str] = []
        """Files that could not be read, each "path: reason"."""
        self._agent_dir = agent_dir
        self._done = done
        self._selection = selection
        self._remember = remember

    def run(self, send: Send) -> Iterator[Tally]:
        """Send everything; yield the tally after each batch.

        Args:
            send: Sends one body.

        Raises:
            OSError: The acknowledgements cannot be written.
        """
        batch: list[_Line] = []
        size = 0
        for line in self._lines():
            other = bool(batch) and line.agent != batch[0].agent
            if other or len(batch) >= self._selection.batch_events or size >= BATCH_BYTES:
                self._send(batch, send)
                yield self.tally
                batch, size = [], 0
                if self.stopped_by:
                    return
            batch.append(line)
            size += len(line.data)
        if batch:
            self._send(batch, send)
        yield self.tally

    def _send(self, batch: list[_Line], send: Send) -> None:
        agent = _redact.clean_text(batch[0].agent, self._selection.secrets)
        body = events_body(agent, [line.data for line in batch])
        went = send(body, hashlib.sha256(body).hexdigest()[:32])
        if went.acknowledged:
            self.tally = self.tally.plus(shipped=len(batch), batches=1)
            if self._remember:
                for line in batch:
                    self._done.add(line.file, Part(line.start, line.end, 1))
                self._done.save()
            return
        self.tally = self.tally.plus(failed=len(batch))
        if not went.refused or went.why in HOPELESS:
            self.stopped_by = went.why

    def _lines(self) -> Iterator[_Line]:
        for path in log_files(self._agent_dir):
            parts = self._done.parts(path.name)
            known = sum(part.events for part in parts)
            self.tally = self.tally.plus(scanned=known, skipped=known)
            if _is_over_before(path.name, self._selection.since):
                continue
            try:
                for start, data in _unacknowledged(path, parts):
                    yield from self._event(path.name, start, data)
            except OSError as problem:
                self.unreadable.append(f"{path}: {problem.strerror or problem}")

    def _event(self, name: str, start: int, data: bytes | None) -> Iterator[_Line]:
        if data is None:
            self.tally = self.tally.plus(scanned=1, corrupt_lines=1)
            return
        line = data.rstrip(b"\r\n")
        if not line:
            return
        self.tally = self.tally.plus(scanned=1)
        try:
            event = json.loads(line)
            agent, ts = event["agent_name"], float(event["ts"])
            sent = shippable(line if _is_json(line) else _json.dumps(event))
        except (ValueError, TypeError, KeyError, RecursionError, OverflowError):
            sent = None
        if sent is None or not isinstance(agent, str):
            self.tally = self.tally.plus(corrupt_lines=1)
            return
        if self._selection.since is not None and ts < self._selection.since:
            self.tally = self.tally.plus(skipped=1)
            return
        clean = _redact.clean_line(sent, self._selection.secrets, self._selection.patterns)
        yield _Line(agent, clean, name, start, start + len(data))


def _unacknowledged(path: Path, parts: list[Part]) -> Iterator[tuple[int, bytes | None]]:
    """Yield the lines outside of these parts, with their offsets.

    One without its newline comes as it is, one that is too long as None.
    """
    with lines.opened(path) as fd, os.fdopen(fd, "rb", closefd=False) as file:
        size = os.fstat(fd).st_size
        at = 0
        for part in [*parts, Part(size, size, 0)]:
            file.seek(at)
            while at < part.start and (data := file.readline(MAX_LINE)):
                too_long = len(data) == MAX_LINE and not data.endswith(b"\n")
                yield at, None if too_long else data
                at += len(data)
                while len(data) >= _PIECE and not data.endswith(b"\n"):
                    data = file.readline(_PIECE)
                    at += len(data)
            at = max(at, part.end)


def _is_json(line: bytes) -> bool:
    """Whether a line that Python can read is JSON by the standard too: old recorders wrote NaN."""
    try:
        _json.parse(line.decode())
    except (ValueError, RecursionError):
        return False
    return True


def _is_over_before(name: str, since: float | None) -> bool:
    """Whether a file of this name was last written before a moment."""
    day = (parse_log_name(name) or ("",))[0]
    if since is None or not day:
        return False
    try:
        after = date.fromisoformat(day) + timedelta(days=1)
    except (ValueError, OverflowError):
        return False
    return datetime(after.year, after.month, after.day, tzinfo=UTC).timestamp() <= since
