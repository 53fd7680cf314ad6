"""One agent's recent log, added up as far as it was read, and read on as it grows.

What belongs here is which part of the log counts as recent, and when to begin anew so that memory stays
bounded. The adding up and the judging are `tessen.reading`.
"""

from __future__ import annotations

import os
import time
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from capture.log.files import Found, last_line_end, open_log
from tessen.analyze import periods
from tessen.reading.findings import Finding
from tessen.reading.full_pass import Stretch, read_stretches, stretches
from tessen.reading.places import Place
from tessen.reading.rollup import Rollup

MOST_BYTES = 32 << 20
"""How much of an agent's log is read at first: its newest part, of the last two days."""

GROWN_BYTES = 64 << 20
GROWN_S = 3600.0
"""When the log has grown by so much, or for so long, what has become old is forgotten."""

EVIDENCE = 200
"""So many events are named by one finding."""


class Recent:
    """The recent part of one agent's log; made from its files, read on with `read`.

    Args:
        files: Its files as they lie in the folder now, in any order; at least one.
        most_bytes: How much of them is read at first.
        grown_bytes: By how much they may grow until `outgrown`.

    Attributes:
        added: Bytes read since it was made.
    """

    def __init__(
        self, files: Sequence[Found], most_bytes: int = MOST_BYTES, grown_bytes: int = GROWN_BYTES
    ) -> None:
        place = Place(files[0].agent, tuple(Path(file.path) for file in _oldest_first(files)))
        against = periods([place], None, 0.0)
        self._rollup = Rollup(replace(against, counted_from=against.recent_from), EVIDENCE)
        self._began = time.monotonic()
        self._agent = place.agent
        self._grown_bytes = grown_bytes
        self._read = {(file.device, file.inode): _end(file) for file in files}
        ends = {Path(file.path): self._read[file.device, file.inode] for file in files}
        work = stretches([place], self._rollup.first, self._rollup.tally)
        read_stretches(_newest(work, ends, most_bytes), self._rollup, None)
        self.added = 0

    def follows(self, files: Sequence[Found]) -> bool:
        """Whether these files are those that were read, grown or joined by others, and nothing else."""
        now = {(file.device, file.inode): file.size for file in files}
        return all(now.get(identity, -1) >= end for identity, end in self._read.items())

    def read(self, files: Sequence[Found]) -> bool:
        """Read what was added to the files; whether anything was."""
        added: list[Stretch] = []
        for file in _oldest_first(files):
            identity = file.device, file.inode
            start = self._read.get(identity, 0)
            if file.size > start and (end := _end(file)) > start:
                added.append(Stretch(Path(file.path), start, end))
                self._read[identity] = end
        read_stretches(added, self._rollup, None)
        self.added += sum(stop - start for _, start, stop in added)
        return bool(added)

    @property
    def outgrown(self) -> bool:
        """Whether so much was added that it is time to begin anew."""
        return self.added > self._grown_bytes or time.monotonic() - self._began > GROWN_S

    def findings(self) -> list[Finding]:
        """What this part of the log shows; each names the agent."""
        return [_sendable(each, self._agent) for each in self._rollup.findings()]


def _sendable(finding: Finding, agent: str) -> Finding:
    """A finding that names its agent, without what is no text: a log may name a tool by half a character."""
    texts = finding.says, finding.agent or agent, finding.subject
    says, named, subject = (text.encode("utf-8", "replace").decode() for text in texts)
    return replace(finding, says=says, agent=named, subject=subject)


def _oldest_first(files: Sequence[Found]) -> list[Found]:
    return sorted(files, key=lambda file: (file.mtime, file.path))


def _end(file: Found) -> int:
    """Where the last whole line of a file ends; what follows is still being written."""
    try:
        fd = open_log(file.path)
    except OSError:
        return 0
    try:
        return last_line_end(fd, file.size)
    finally:
        os.close(fd)


def _newest(work: Sequence[Stretch], ends: dict[Path, int], most_bytes: int) -> list[Stretch]:
    """The newest of these stretches, as many as fit, cut at the ends of their files' last lines."""
    kept: list[Stretch] = []
    for path, start, stop in reversed(work):
        if (end := min(stop, ends[path])) > start and most_bytes > 0:
            start = max(start, end - most_bytes)  # noqa: PLW2901 - the rest of it is too old
            kept.append(Stretch(path, start, end))
            most_bytes -= end - start
    return kept[::-1]
