"""The keys that go back: ask again, edit and ask, replay, judge; from any event, and any turn of a run."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import ClassVar, NamedTuple

from textual import work
from textual.binding import Binding, BindingType
from textual.screen import Screen

from capture.commands.prepared import Place, request_text
from capture.commands.typed import NotReadyError
from capture.jobs import Job
from capture.log.source import LoadedEvent
from screens.editor import edit_text
from screens.launch import LaunchScreen
from screens.launches import EditDialog, JudgeDialog, ReplayDialog, ResampleDialog
from tessen.sanitise import one_line
from widgets.status_line import Tone


class Pointed(NamedTuple):
    """What the keys would go back to."""

    at: Place
    model: str = ""
    """Which model it was, raw."""
    script: str = ""
    """The scripted model's file, if it was one."""


class LaunchKeys(Screen[None]):
    """A screen with a place that can be gone back to."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding(
            "r", "resample", "Resample", id="launch.resample", tooltip="Resample: ask this request again"
        ),
        Binding(
            "i", "edit_request", "Edit", show=False, id="launch.edit-request", tooltip="Edit and resample"
        ),
        Binding("J", "judge", "Judge", show=False, id="launch.judge", tooltip="Judge this session"),
    ]

    async def pointed(self) -> Pointed | None:
        """Where one is; None, and a word on why, where nothing can be gone back to."""
        raise NotImplementedError

    def flash(self, words: str, tone: Tone = "plain") -> None:
        """Say one thing for a few seconds."""
        raise NotImplementedError

    @work(exclusive=True, group="launch")
    async def action_resample(self) -> None:
        """Ask the request again."""
        if (here := await self.pointed()) is not None:
            self.launch(ResampleDialog(here.at, here.model, here.script))

    @work(exclusive=True, group="launch")
    async def action_edit_request(self) -> None:
        """Edit the request, and ask what was made of it."""
        if (here := await self.pointed()) is None:
            return
        try:
            text = await asyncio.to_thread(request_text, here.at)
        except NotReadyError as error:
            self.flash(one_line(str(error), 300), "warning")
            return
        edited, problem = edit_text(self.app, text)
        if problem or edited == text:
            self.flash(one_line(problem or "nothing was edited: r asks the same again", 300), "warning")
        else:
            self.launch(EditDialog(here.at, edited, here.script))

    @work(exclusive=True, group="launch")
    async def action_judge(self) -> None:
        """Have the session judged."""
        if (here := await self.pointed()) is not None:
            self.launch(JudgeDialog(here.at, here.script))

    def launch(self, dialog: LaunchScreen) -> None:
        """Open a dialog, and say which job came of it."""
        self.app.push_screen(dialog, self.launched)

    def launched(self, job: Job | None) -> None:
        """Say which job a dialog has started, if it has."""
        if job is not None:
            self.flash(f"job {job.id} started: 4 shows it", "good")


class RunLaunchKeys(LaunchKeys):
    """A place in a run, whose session can be replayed from there besides."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("R", "replay", "Replay", id="launch.replay", tooltip="Replay the session from this turn")
    ]

    @work(exclusive=True, group="launch")
    async def action_replay(self) -> None:
        """Go on live from the turn."""
        if (here := await self.pointed()) is not None:
            self.launch(ReplayDialog(here.at))


def pointed_at_event(loaded: LoadedEvent) -> Pointed:
    """An event of a log as a place that can be gone back to."""
    event = loaded.event
    folder = Path(loaded.path).parent
    body = event.get("request_body")
    model = body.get("model") if isinstance(body, dict) else None
    name = f"{folder.name}:{event.get('event_id') or ''}"
    return Pointed(Place(event=name, log_dir=folder.parent), model if isinstance(model, str) else "")
