"""A log folder as an `EventSource`: the table and what hangs on it, fed by the follower's threads.

What belongs here is the event loop's side: taking batches in, telling one consumer of changes, answering
what the screens ask. Everything returns at once; reading and parsing happen elsewhere.
"""

from __future__ import annotations

import asyncio
import threading
import weakref
from collections import OrderedDict
from collections.abc import AsyncIterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import numpy as np

from capture.log import kept, pricing
from capture.log.agents import Agents
from capture.log.calls import calls_by_place
from capture.log.columns import Array, id_number
from capture.log.files import LogFile
from capture.log.findings import Findings
from capture.log.findings.finder import Finder
from capture.log.findings.placed import Placed, Placer
from capture.log.folding import NO_ROWS, Rows
from capture.log.follower import Follower, Forgotten, Looked, Message
from capture.log.follower import Rows as Arrived
from capture.log.load import parse_event, read_line
from capture.log.preview import MAX_LINE, preview, size_only
from capture.log.source import (
    AgentSummary,
    Change,
    LoadedEvent,
    PlacedFinding,
    Problems,
    Progress,
    Row,
    RowId,
)
from capture.log.table import Table
from capture.log.timeline import merge
from capture.log.view import LogView
from tessen import inflight
from tessen.inflight import InFlight
from tessen.prices import Price
from tessen.query import Query
from tessen.sites.called import Calls

_WAITING_BATCHES = 16
"""Batches that may wait for the event loop before the threads that read are held up."""

_PREVIEWS = 4096
"""Previews kept."""


class LocalLog:
    """The events of a log folder, followed.

    Args:
        folder: The log folder; need not exist yet. One agent's own folder will do too.
        agents: Names of the agents to read; all when empty.
        cache: Where indexes are kept; the platform's cache folder when not given, nowhere when None.
        polling: Do without file-system events.
        findings: Look for patterns over several events, too.

    Attributes:
        table: The index.
        timeline: All rows in time order.
        epoch: Goes up when rows are forgotten.
        cost_epoch: Goes up when costs of old rows become known.
        found: The patterns over several events, as of the last look.
        found_epoch: Goes up when these are others.
    """

    def __init__(
        self,
        folder: Path,
        agents: Sequence[str] = (),
        *,
        cache: Path | str | None = "default",
        polling: bool = False,
        findings: bool = True,
    ) -> None:
        self.folder = Path(folder)
        self.table = Table()
        self.timeline: Rows = NO_ROWS
        self.epoch = 0
        self.cost_epoch = 0
        self.found = Placed()
        self.found_epoch = 0
        self._cache = kept.default_folder() if cache == "default" else Path(cache) if cache else None
        self._follower = Follower(self.folder, agents, self._cache, self._post, polling=polling)
        self._room = threading.Semaphore(_WAITING_BATCHES)
        self._loop: asyncio.AbstractEventLoop | None = None
        self._closing = self._closed = False
        self._done_bytes = 0
        self._gone: set[int] = set()
        self._agents = Agents(self)
        self._views: weakref.WeakSet[LogView] = weakref.WeakSet()
        self._previews: OrderedDict[RowId, str] = OrderedDict()
        self._prices: dict[pricing.Pair, Price | None] = {}
        self._asked: set[pricing.Pair] = set()
        self._to_ask: set[pricing.Pair] = set()
        self._asking = False
        self._side = ThreadPoolExecutor(1, "log-side")
        self._only = frozenset(agents)
        self._flights: tuple[InFlight, ...] = ()
        self._flights_asked: Future[inflight.Found] | None = None
        self._placer = Placer(self.table)
        self._finder = Finder(self.folder, agents, self._place)
        self._wants_findings = findings
        self._changed = asyncio.Event()
        self._live: list[range] = []
        self._backlog_moved = False
        self._reset = False

    # -- what there is

    @property
    def name(self) -> str:
        """The folder's path."""
        return str(self.folder)

    @property
    def exists(self) -> bool:
        """Whether the folder is there."""
        return self._follower.exists

    @property
    def count(self) -> int:
        """Rows indexed so far."""
        return self.table.count

    @property
    def progress(self) -> Progress:
        """How far the index is."""
        total = self._follower.total_bytes
        return Progress(min(total, self._done_bytes), total)

    @property
    def settled(self) -> bool:
        """Whether the backlog is in."""
        return self.progress.done

    @property
    def problems(self) -> Problems:
        """What could not be read."""
        here = [file for file in self._follower.files if not file.gone]
        torn, foreign, odd = (sum(file.problems[place] for file in here) for place in range(3))
        torn += sum(file.torn_tail for file in here)
        return Problems(torn, foreign, odd, self._follower.unreadable, self._finder.failed)

    @property
    def finder(self) -> Finder:
        """What looks for patterns over several events; for measuring its work, and for waiting for it."""
        return self._finder

    @property
    def follower(self) -> Follower:
        """The threads that read; for measuring their work."""
        return self._follower

    def path_of(self, file: int) -> str:
        """The path of a file's number."""
        return self._follower.files[file].path

    def alive(self, rows: Rows) -> Array:
        """Whether each row's file is still there."""
        if not self._gone:
            return np.ones(len(rows), bool)
        return ~np.isin(self.table["file"][rows], list(self._gone))

    # -- opening, following, closing

    async def open(self) -> None:
        """Index the newest screenfuls of every file, for a first picture; then go on behind."""
        self._loop = asyncio.get_running_loop()
        for rows in await asyncio.to_thread(self._follower.first):
            self._take(rows)
        self._live.clear()
        self._follower.start()

    async def changes(self) -> AsyncIterator[Change]:
        """Changes as they happen, collapsed; ends when the log is closed."""
        while True:
            await self._changed.wait()
            self._changed.clear()
            if self._closed:
                return
            new = _joined(self._live)
            change = Change(new, self._backlog_moved, self._reset)
            self._live, self._backlog_moved, self._reset = [], False, False
            yield change

    async def close(self) -> None:
        """Stop following, keep the index on disk."""
        if self._closing:
            return
        self._closing = True
        for view in list(self._views):
            view.close()
        await asyncio.to_thread(self._follower.close)
        await asyncio.to_thread(self._finder.close)
        await asyncio.sleep(0)  # what was posted until then is taken in before the index is written
        self._closed = True
        await asyncio.to_thread(self._keep)
        self._side.shutdown(wait=False, cancel_futures=True)
        self._changed.set()

    # -- what arrives

    def _post(self, message: Message) -> None:
        """Hand a message to the event loop; called from the follower's threads."""
        loop = self._loop
        if loop is None or self._closed:
            return
        while not self._closing and not self._room.acquire(timeout=0.2):
            pass
        try:
            loop.call_soon_threadsafe(self._receive, message)
        except RuntimeError:  # the loop has ended without a close
            self._closed = True

    def _receive(self, message: Message) -> None:
        self._room.release()
        self._take(message)

    def _take(self, message: Message) -> None:
        if self._closed:
            return
        match message:
            case Arrived():
                self._take_rows(message)
            case Forgotten():
                self._forget(message.file)
            case Looked():
                self._done_bytes += message.weight
                self._backlog_moved = True
        if self._wants_findings and self.settled:
            self._finder.want()
        self._changed.set()

    def _take_rows(self, arrived: Arrived) -> None:
        file, batch = arrived.file, arrived.batch
        self._done_bytes += arrived.weight
        if not arrived.live:
            self._backlog_moved = True
        if file.number in self._gone or not len(batch):
            return
        batch.strings["agent"] = [name or file.agent for name in batch.strings["agent"]]
        rows = self.table.append(batch, file.number, file.mtime)
        self.timeline, _ = merge(self.table, self.timeline, np.arange(rows.start, rows.stop, dtype="i4"))
        self._price(rows)
        if arrived.live:
            self._live.append(rows)

    def _forget(self, file: LogFile) -> None:
        self._gone.add(file.number)
        before = len(self.timeline)
        self.timeline = self.timeline[self.table["file"][self.timeline] != file.number]
        if len(self.timeline) != before:
            self.epoch += 1
            self._reset = True

    # -- prices

    def _price(self, rows: range) -> None:
        pairs = pricing.pairs_in(self.table, rows.start, rows.stop)
        if new := pairs - self._asked:
            self._asked |= new
            self._to_ask |= new
            self._ask()
        if pairs & self._prices.keys():
            pricing.fill(self.table, rows.start, rows.stop, self._prices)

    def _ask(self) -> None:
        """Ask for the prices that are still wanted, unless an answer is awaited: a question is a process."""
        if self._asking or not self._to_ask:
            return
        names = self.table.strings
        asked = {
            pair: (names["provider"].texts[pair[0]], names["model"].texts[pair[1]]) for pair in self._to_ask
        }
        self._asking = True
        self._to_ask.clear()
        self._side.submit(self._ask_prices, asked)

    def _ask_prices(self, asked: dict[pricing.Pair, tuple[str, str]]) -> None:
        """Ask for prices; runs in a thread."""
        found = dict(zip(asked, pricing.ask(list(asked.values())), strict=True))
        if self._loop is not None and not self._closing:
            self._loop.call_soon_threadsafe(self._priced, found)

    def _priced(self, found: dict[pricing.Pair, Price | None]) -> None:
        """Fill in the costs of rows that came before their prices."""
        self._prices |= found
        self._asking = False
        self._ask()
        if any(price is not None for price in found.values()) and not self._closed:
            for start in range(0, self.table.count, _PRICED_ROWS):
                pricing.fill(self.table, start, min(start + _PRICED_ROWS, self.table.count), found)
            self.cost_epoch += 1
            self._placed(self.found.priced(self.table))
        self._backlog_moved = True
        self._changed.set()

    # -- patterns over several events

    def _place(self, said: Findings) -> None:
        """Find what was said in the index, and hand it to the event loop; runs in the finder's thread."""
        findings = (each for found in said.values() for each in found)
        placed = self._placer.place(findings, frozenset(self._gone))
        if self._loop is not None and not self._closing:
            self._loop.call_soon_threadsafe(self._placed, placed)

    def _placed(self, placed: Placed) -> None:
        if placed.findings != self.found.findings and not self._closed:
            self.found, self.table.evidence = placed, placed.evidence()
            self.found_epoch += 1
            self._backlog_moved = True
            self._changed.set()
        if self._finder.failed:
            self._changed.set()

    # -- what is asked

    def row(self, row: RowId) -> Row:
        """A row's columns as values."""
        found = self.table.row(row)
        if found.cost_usd is not None or (found.input_tokens is None and found.output_tokens is None):
            return found
        pair = int(self.table["provider"][row]), int(self.table["model"][row])
        return replace(found, unpriced=self._prices.get(pair, _NOT_YET) is None)

    def preview(self, row: RowId) -> str:
        """A short raw text of what happened; see `preview.py`."""
        if (known := self._previews.get(row)) is not None:
            self._previews.move_to_end(row)
            return known
        if self.table["length"][row] > MAX_LINE:
            said = size_only(int(self.table["length"][row]))
        else:
            try:
                said = preview(self._line(row))
            except LookupError:
                said = ""
        self._previews[row] = said
        if len(self._previews) > _PREVIEWS:
            self._previews.popitem(last=False)
        return said

    def _line(self, row: RowId) -> bytes:
        table = self.table
        path = self.path_of(int(table["file"][row]))
        return read_line(path, int(table["offset"][row]), int(table["length"][row]))

    async def load(self, row: RowId) -> LoadedEvent:
        """The event in full.

        Raises:
            LookupError: the line is no longer there, or no longer says what it said; the text says why.
        """
        if not 0 <= row < self.table.count:
            raise LookupError(f"no row {row}")
        path, offset = self.path_of(int(self.table["file"][row])), int(self.table["offset"][row])
        event = int(self.table["event"][row])
        raw = await asyncio.to_thread(self._line, row)
        where = f"{path} at byte {offset}"
        parsed = await asyncio.to_thread(parse_event, raw, event, where)
        return LoadedEvent(row, parsed, raw, path, offset)

    def agents(self, now: float) -> list[AgentSummary]:
        """A summary an agent, most trouble first."""
        return self._agents.summaries(now)

    def findings_of(self, row: RowId) -> tuple[PlacedFinding, ...]:
        """The findings that this row is evidence of."""
        return self.found.by_row.get(row, ())

    async def calls_by_place(self, agent: str | None, since: float) -> tuple[list[Calls], int]:
        """How many calls each place in the code made, and how many name none; counted in a thread."""
        return await asyncio.to_thread(calls_by_place, self.table, frozenset(self._gone), agent, since)

    def in_flight(self) -> tuple[InFlight, ...]:
        """Calls that have started and not ended, oldest first, as of the last look; looks anew behind."""
        asked = self._flights_asked
        if asked is None or asked.done():
            if asked is not None and not asked.cancelled() and asked.exception() is None:
                calls = asked.result().calls
                self._flights = tuple(c for c in calls if not self._only or c.agent_name in self._only)
            if not self._closing:
                self._flights_asked = self._side.submit(inflight.read, self.folder)
        return self._flights

    def view(self, query: Query, *, folding: bool = True) -> LogView:
        """A live view of the rows that match."""
        view = LogView(self, query, folding=folding)
        self._views.add(view)
        return view

    def forget_view(self, view: LogView) -> None:
        """A view is closed."""
        self._views.discard(view)

    def found_text(self) -> None:
        """A view's search in bodies has moved on; called from its thread."""
        if self._loop is not None and not self._closed:
            self._loop.call_soon_threadsafe(self._found_text)

    def _found_text(self) -> None:
        self._backlog_moved = True
        self._changed.set()

    def session_rows(self, row: RowId) -> Rows:
        """The rows of this one's session, in time order; just it when it has no session id."""
        session = self.table["session"]
        if not session[row]:
            return np.array([row], "i4")
        own: Rows = self.timeline[session[self.timeline] == session[row]]
        return own

    def find_event(self, agent: str, event_id: str) -> RowId | None:
        """The row with this event id, if indexed."""
        found = np.flatnonzero(self.table["event"] == np.uint64(id_number(event_id.strip().lower())))
        found = found[self.alive(found.astype("i4"))]
        own = [int(row) for row in found if self.table.text("agent", int(row)) == agent]
        return own[-1] if own else None

    # -- keeping

    def _keep(self) -> None:
        """Write the index of every file that grew or was indexed anew."""
        if self._cache is None:
            return
        changed = [file for file in self._follower.files if _worth_keeping(file)]
        if not changed:
            return
        files = self.table["file"]
        by_file = np.argsort(files, kind="stable")
        borders = files[by_file].searchsorted(np.array([[f.number, f.number + 1] for f in changed]))
        for file, (start, stop) in zip(changed, borders.tolist(), strict=True):
            kept.save(self._cache, file, kept.rows_of(self.table, by_file[start:stop], file), file.high)


_PRICED_ROWS = 65_536
_NOT_YET = Price(0.0, 0.0, 0.0, 0.0)
"""Stands for the price of a model that was not asked for yet, or not answered."""


def _worth_keeping(file: LogFile) -> bool:
    whole = not file.gone and not file.backlog_left and not file.unterminated
    return whole and file.high > file.kept_high and file.indexed


def _joined(ranges: list[range]) -> Sequence[RowId] | range:
    """Rows that arrived, as one range where they follow each other."""
    if not ranges:
        return ()
    whole = range(ranges[0].start, ranges[-1].stop)
    return whole if len(whole) == sum(map(len, ranges)) else [row for part in ranges for row in part]
