"""What the screens know of a log: one small interface, wherever its rows come from.

`LocalLog` (local.py) implements it over a log folder. A later source, such as a message stream from a fleet,
implements the same and no screen changes.

The threading rule: everything here is called from one event loop's thread, and returns at once. What takes
time (reading backlogs, searching bodies) happens behind, and arrives as a `Change`.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt

from tessen.inflight import InFlight
from tessen.query import Query
from tessen.sites.called import Calls

RowId = int
"""A row's number in the index: given once, in order of arrival, never reused while the source is open."""


@dataclass(frozen=True, slots=True)
class Row:
    """One event's columns, as values: what a line of the live list needs. Text is raw."""

    id: RowId
    ts: float
    """Start of the call, seconds since the epoch, UTC; 0.0 where the line has none that can be read."""
    agent: str
    provider: str | None
    surface: str | None
    model: str | None
    session: int
    """A 64-bit number that stands for the session id; 0 for none."""
    error: bool
    http_status: int | None
    error_type: str | None
    outcome: str
    """complete, abandoned, cancelled, exception or killed."""
    signals: tuple[str, ...]
    duration_ms: float | None
    ttft_ms: float | None
    input_tokens: int | None
    """All input, cached included."""
    output_tokens: int | None
    cache_read_tokens: int | None
    cache_write_tokens: int | None
    cost_usd: float | None
    """None where the model has no known price."""
    attempts: int
    """HTTP requests made for this call, at least 1."""
    streamed: bool
    size: int
    """Bytes of the line on disk."""
    unpriced: bool = False
    """Whether it has tokens, and no list knows its model's price."""


@dataclass(frozen=True, slots=True)
class LoadedEvent:
    """One event in full, parsed from its line."""

    row: RowId
    event: dict[str, Any]
    raw: bytes
    """The line as it stands on disk, without its newline."""
    path: str
    offset: int
    """Bytes from the start of the file."""


@dataclass(frozen=True, slots=True)
class Progress:
    """How much of the log is in the index."""

    indexed_bytes: int
    total_bytes: int

    @property
    def done(self) -> bool:
        """Whether everything on disk at opening is indexed."""
        return self.indexed_bytes >= self.total_bytes


@dataclass(frozen=True, slots=True)
class Problems:
    """What could not be read, counted for the screen: nothing is ever dropped silently."""

    torn: int = 0
    """Lines that end in the middle (killed writer), or are not JSON."""
    foreign: int = 0
    """Lines that are JSON but not an event object."""
    odd_fields: int = 0
    """Events with a known field of the wrong type; they are shown, that field empty."""
    unreadable_files: tuple[str, ...] = ()
    """Each "path: reason"."""
    no_findings: bool = False
    """Whether patterns over several events are not looked for, because that kept failing."""

    @property
    def total(self) -> int:
        """Everything counted."""
        return self.torn + self.foreign + self.odd_fields + len(self.unreadable_files)


@dataclass(frozen=True, slots=True)
class Change:
    """Something is different: new rows, more of the backlog, a problem, a file gone.

    Changes collapse: however fast events arrive, a consumer sees at most one waiting Change.
    """

    new_rows: Sequence[RowId] | range = ()
    """Rows that arrived live (not from the backlog) since the last Change, in order of arrival."""
    backlog: bool = False
    """Whether the backlog's indexing moved on."""
    reset: bool = False
    """Whether rows were forgotten (a file was deleted, truncated or replaced): views rebuild."""


@dataclass(frozen=True, slots=True)
class PlacedFinding:
    """A pattern over several events (`tessen.reading.findings`), found in the index. Text is raw."""

    kind: str
    agent: str
    says: str
    """What happened, in one sentence without its full stop."""
    advice: str
    """What to do, in one sentence."""
    rows: tuple[RowId, ...]
    """Events that show it, in time order; some of them where there are many, none where only sums do."""
    first_ts: float
    last_ts: float
    """From the start of the first of these calls to the end of the last; 0.0 without rows."""
    cost_usd: float | None
    """What these calls cost, as far as is known."""
    subject: str = ""
    """The tool that it is about, where it is about one."""
    times: int = 0
    """How often that was called so; there may be more times than rows."""
    over: bool = False
    """Whether the session came to an answer since."""


@dataclass(frozen=True, slots=True)
class AgentSummary:
    """One agent's row: what the log says of it as of a moment."""

    name: str
    state: str
    """failing, looping, stalled, active or idle, in order of trouble."""
    reason: str
    """One clause that says why it has this state, empty when active or idle."""
    last_ts: float
    events: int
    """Events today (UTC day of `now`)."""
    calls_per_minute: float
    """Over the last five minutes."""
    sparkline: tuple[int, ...]
    """Calls in each of the last 30 minutes, oldest first."""
    errors: int
    anomalies: int
    """Events today with an error status, and with any signal."""
    p50_ms: float | None
    p95_ms: float | None
    """Over today's newest calls."""
    input_tokens: int
    output_tokens: int
    cost_today_usd: float
    cost_per_hour_usd: float
    """Over the last hour, or less where the agent is younger."""
    unpriced: int
    """Events today with tokens whose model has no known price."""
    models: tuple[str, ...]
    """Most used first."""
    signals: dict[str, int] = field(default_factory=dict)
    """Today's signals by name, most frequent first."""
    findings: tuple[PlacedFinding, ...] = ()
    """What its recent log shows, what goes on now first, then the most pressing kinds."""


class View(Protocol):
    """The rows that match a query, in time order, kept up with the source.

    With folding on, consecutive failures of one agent that are identical (same type, status, model, surface)
    show as one line: the newest stands for the run and the others are hidden.
    """

    query: Query
    folding: bool

    @property
    def rows(self) -> npt.NDArray[np.int32]:
        """Row ids in time order, oldest first, folded rows left out."""

    @property
    def searching(self) -> bool:
        """Whether a text term is still being looked for in bodies; rows appear as they are found."""

    @property
    def matched(self) -> int:
        """Events that match, folded ones included."""

    def refresh(self) -> bool:
        """Take in what changed in the source; True when `rows` is different. Cheap when little is new."""

    def position(self, row: RowId) -> int | None:
        """Where a row (or the fold that holds it) stands in `rows`; None if it is not there."""

    def fold_count(self, row: RowId) -> int:
        """How many events the line of this row stands for: 1 unless it is a fold."""

    def toggle_fold(self, row: RowId) -> None:
        """Expand or collapse the fold this row stands for."""

    def find(self, position: int, what: str, step: int) -> int | None:
        """The nearest position after (step 1) or before (step -1) that is what is looked for.

        Args:
            position: Where to begin.
            what: "error", "anomaly" or "finding".
            step: 1 or -1.
        """

    async def search(self, text: str, position: int, step: int) -> int | None:
        """The nearest position whose line on disk holds `text`, in either case; None when there is none."""

    def close(self) -> None:
        """Stop background work of this view."""


class EventSource(Protocol):
    """Where events come from."""

    @property
    def name(self) -> str:
        """What to call it on screen, such as the folder's path."""

    @property
    def exists(self) -> bool:
        """Whether there is anything at all yet, so that an empty screen can say what to do."""

    @property
    def count(self) -> int:
        """Rows indexed so far."""

    @property
    def progress(self) -> Progress:
        """How far the index is."""

    @property
    def problems(self) -> Problems:
        """What could not be read."""

    async def open(self) -> None:
        """Index the newest screenfuls of every file, for a first picture; then go on behind."""

    def changes(self) -> AsyncIterator[Change]:
        """Changes as they happen, collapsed; ends when the source is closed. One consumer."""

    def row(self, row: RowId) -> Row:
        """A row's columns as values."""

    def preview(self, row: RowId) -> str:
        """A short raw text of what happened, for the list's last column.

        The answer's first text, the tools called, or the error's message.
        From a cache, or one small read; lines over 1 MiB give their size instead.
        """

    async def load(self, row: RowId) -> LoadedEvent:
        """The event in full.

        Raises:
            LookupError: the line is no longer there, or no longer says what it said; the text says why.
        """

    def agents(self, now: float) -> list[AgentSummary]:
        """A summary an agent, most trouble first."""

    def findings_of(self, row: RowId) -> tuple[PlacedFinding, ...]:
        """The findings that this row is evidence of."""

    async def calls_by_place(self, agent: str | None, since: float) -> tuple[list[Calls], int]:
        """How many calls each place in the code made, by name, and how many in the period name none.

        Args:
            agent: One agent's calls; None for all.
            since: Where the period begins, in seconds since the epoch.
        """

    def in_flight(self) -> Sequence[InFlight]:
        """Calls that have started and not ended, oldest first, as of the last look; looks anew behind."""

    def view(self, query: Query, *, folding: bool = True) -> View:
        """A live view of the rows that match."""

    def session_rows(self, row: RowId) -> npt.NDArray[np.int32]:
        """The rows of this one's session, in time order; just it when it has no session id."""

    def find_event(self, agent: str, event_id: str) -> RowId | None:
        """The row with this event id (or unambiguous prefix of 32 hex digits given whole), if indexed."""

    async def close(self) -> None:
        """Stop following, keep the index on disk."""
