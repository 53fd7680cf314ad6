"""Verdicts of one job: what each judge said of each session, and how far they agree."""

from __future__ import annotations

import asyncio
from pathlib import Path

from textual import work
from textual.app import ComposeResult

from capture.judge.kept import Kept, read_verdicts
from screens.document_screen import DocumentScreen
from widgets.title_line import TitleLine
from widgets.verdicts_document import verdicts_items

FILE = "judge.jsonl"


class VerdictsScreen(DocumentScreen):
    """The verdicts that a job gave.

    Args:
        folder: the session's folder, or a run's with several.
        job: the job's id, which its verdicts bear.
    """

    def __init__(self, folder: Path, job: str) -> None:
        super().__init__()
        self._folder = folder
        self._job = job

    def compose_head(self) -> ComposeResult:
        """Whose verdicts they are."""
        yield TitleLine()

    def on_mount(self) -> None:
        """Read them."""
        self._load()

    @work(exclusive=True, group="load")
    async def _load(self) -> None:
        found, bad = await asyncio.to_thread(_read, self._folder, self._job)
        self.query_one(TitleLine).say(f"Verdicts of job {self._job}", str(self._folder))
        self.show_document(verdicts_items(found, bad))


def _read(folder: Path, job: str) -> tuple[list[tuple[str, list[Kept]]], int]:
    """The job's verdicts by what they are on, and how many lines could not be read."""
    own = folder / FILE
    files = [own] if own.is_file() else sorted(folder.glob(f"session_*/{FILE}"))
    found, bad = [], 0
    for file in files:
        kept, unreadable = read_verdicts(file)
        bad += unreadable
        found.append((file.parent.name, [each for each in kept if each.judge_run == job]))
    return found, bad
