"""The keys that go back, from events and from runs: dialogs, the jobs they start, what comes of them."""

from __future__ import annotations

import os
import shutil
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from textual.app import App
from textual.pilot import Pilot
from textual.widgets import Input

from capture.jobs import Job, cancel, list_jobs
from capture.scripted import Answer, ScriptedServer, ToolCall
from screens.launch import LaunchScreen
from screens.launches import EditDialog, ResampleDialog
from screens.run import RunScreen
from screens.run_place import RunPlace
from screens.samples import SamplesScreen
from screens.verdicts import VerdictsScreen
from tests.app_runs import make_runs
from tests.logs import NOW, make_event, write_log
from tests.running import running, settled, shows, until
from tests.screen_text import text_of

Matches = Callable[[App[Any]], bool]
KEY = "sk-ant-api03-a-key-of-the-environment-0123456789"
THOUGHT = [
    {"role": "user", "content": "Where is my order?"},
    {"role": "assistant", "content": [{"type": "thinking", "thinking": "look", "signature": "sig"}]},
    {"role": "user", "content": "Well?"},
]


@pytest.fixture(scope="module")
def runs_dir(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_runs(tmp_path_factory.mktemp("runs"))


@pytest.fixture(autouse=True)
def jobs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A folder for jobs, of which none outlives the test."""
    monkeypatch.setenv("HARNESS_JOBS_DIR", str(tmp_path / "jobs"))
    for name in list(os.environ):
        if name.endswith(("_API_KEY", "_AUTH_TOKEN")):
            monkeypatch.delenv(name)
    yield
    for folder, job in list_jobs().jobs:
        if not job.ended:
            cancel(folder, grace_s=0)


@pytest.fixture
def logs(tmp_path: Path) -> Path:
    """A log of one event, which holds a thought."""
    body = {"model": "claude-haiku-4-5", "max_tokens": 1024, "messages": THOUGHT}
    return write_log(tmp_path / "logs", [make_event(1, "support", NOW - 60, request_body=body)])


def dialog(pilot: Pilot[None]) -> LaunchScreen:
    assert isinstance(pilot.app.screen, LaunchScreen)
    return pilot.app.screen


async def opened(pilot: Pilot[None], key: str) -> None:
    """Press a key that opens a dialog, and wait until it says what it would do."""
    await pilot.press(key)
    await until(pilot, lambda: isinstance(pilot.app.screen, LaunchScreen))
    await until(pilot, lambda: said(pilot) != "…")


def said(pilot: Pilot[None]) -> str:
    return str(pilot.app.screen.query_one("#said").render()).strip()


async def typed(pilot: Pilot[None], field: str, text: str) -> None:
    """Put a text into a field of the dialog."""
    dialog(pilot).query_one(f"#{field}", Input).value = text
    await pilot.pause()


async def done(pilot: Pilot[None], state: str = "finished") -> None:
    """Go to Jobs, and wait until the newest job is in a state."""
    await until(pilot, lambda: not isinstance(pilot.app.screen, LaunchScreen))
    await shows(pilot, "started: 4 shows it")
    await pilot.press("4")
    await until(pilot, lambda: [job.state for _, job in list_jobs().jobs][:1] == [state])
    await shows(pilot, state)


async def test_an_event_is_asked_again_and_its_samples_open(
    logs: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    answers = [
        Answer(text="It is late by four days."),
        Answer(tool_calls=[ToolCall("refund", {"order": "A-17"})]),
        Answer(text="It is late by four days, sorry."),
    ]
    with ScriptedServer(answers) as server:
        async with running(logs, (120, 40)) as (app, pilot):
            await opened(pilot, "r")
            await shows(pilot, "set ANTHROPIC_API_KEY for anthropic")
            await pilot.press("enter")
            assert list_jobs().jobs == []
            monkeypatch.setenv("ANTHROPIC_API_KEY", KEY)
            await typed(pilot, "count", "many")
            await shows(pilot, "many: not a whole number 1 or more")
            await typed(pilot, "count", "3")
            await shows(pilot, "3 samples of event support:")
            await until(pilot, lambda: "at api.anthropic.com: about $0.0" in said(pilot))
            await typed(pilot, "temperature", "9")
            await shows(pilot, "9: not a number from 0 to 2")
            await typed(pilot, "temperature", "0.5")
            await until(pilot, lambda: "at api.anthropic.com: about $0.0" in said(pilot))
            dialog(pilot).query_one("#to", Input).value = server.url
            dialog(pilot).prepare_again()  # as the change does, with `enter` right behind
            dialog(pilot).action_start()
            await done(pilot)
            await shows(pilot, "3/3")
            await pilot.press("enter")
            await until(pilot, lambda: isinstance(app.screen, SamplesScreen))
            for words in ("stopped with", "end_turn", "2/3", "tool_use", "1/3", "refund", "Sample 2"):
                await shows(pilot, words)
            assert all(each.json["temperature"] == 0.5 for each in server.requests)
            await pilot.press("right_square_bracket")
            await until(pilot, lambda: "no more differences" not in text_of(app))
            await pilot.press("escape")
            await shows(pilot, "line 1 of 1")
        assert KEY not in "".join(
            each.read_text() for each in (logs.parent / "jobs").rglob("*.*") if each.is_file()
        )


async def test_one_job_is_started_whatever_follows_enter(logs: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A second `enter`, `escape`, or the news of a change that was made before, while the dialog goes."""
    monkeypatch.setenv("ANTHROPIC_API_KEY", KEY)
    going = threading.Event()
    left = LaunchScreen.dismiss

    def leave(screen: LaunchScreen, job: Job | None) -> Any:
        answer = left(screen, job)
        if not going.is_set():
            going.set()
            screen.action_start()
            screen.prepare_again()
            screen.action_leave()
        return answer

    monkeypatch.setattr(LaunchScreen, "dismiss", leave)
    with ScriptedServer([Answer(text="It is late.")] * 2) as server:
        async with running(logs) as (_, pilot):
            await opened(pilot, "r")
            await typed(pilot, "count", "1")
            await typed(pilot, "to", server.url)
            await until(pilot, lambda: "1 sample of event support:" in said(pilot))
            await pilot.press("enter")
            await done(pilot)
            assert len(list_jobs().jobs) == len(server.requests) == 1


async def test_a_dialog_that_was_left_starts_nothing(logs: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """`escape` right behind `enter`, while what would be done is still being looked at."""
    monkeypatch.setenv("ANTHROPIC_API_KEY", KEY)
    going, prepare = threading.Event(), ResampleDialog.prepare
    prepared = threading.Event()

    def slow(screen: ResampleDialog, values: dict[str, str]) -> Any:
        going.wait(60)
        made = prepare(screen, values)
        prepared.set()
        return made

    async with running(logs) as (app, pilot):
        await opened(pilot, "r")
        await typed(pilot, "to", "http://127.0.0.1:9")
        await until(pilot, lambda: "samples of event support:" in said(pilot))
        monkeypatch.setattr(ResampleDialog, "prepare", slow)
        screen = dialog(pilot)
        screen.prepare_again()
        screen.action_start()
        screen.action_leave()
        going.set()
        await until(pilot, prepared.is_set)
        await until(pilot, lambda: not isinstance(app.screen, LaunchScreen))
        await settled(pilot)
        assert list_jobs().jobs == []


async def test_a_session_is_judged_from_the_inspector_and_the_verdicts_open(
    logs: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ANTHROPIC_API_KEY", KEY)
    (tmp_path / "rubric.txt").write_text("it promises a date")
    verdict = '{"flagged": true, "reason": "it says Friday", "confidence": 0.8}'
    with ScriptedServer([Answer(text=verdict), Answer(text=verdict)]) as server:
        async with running(logs) as (app, pilot):
            await pilot.press("enter")
            await shows(pilot, "claude-haiku-4-5")
            await opened(pilot, "J")
            await shows(pilot, "name the rubric")
            await typed(pilot, "rubric", str(tmp_path / "nowhere.txt"))
            await shows(pilot, "No such file or directory")
            await typed(pilot, "rubric", str(tmp_path / "rubric.txt"))
            await shows(pilot, "says no model")
            await typed(pilot, "model", "claude-haiku-4-5")
            await typed(pilot, "to", server.url)
            await typed(pilot, "count", "2")
            await until(pilot, lambda: "2 verdicts on session support:" in said(pilot))
            await pilot.press("enter")
            await done(pilot)
            await pilot.press("enter")
            await until(pilot, lambda: isinstance(app.screen, VerdictsScreen))
            for words in ("2 of 2 flag it, judges agree to 100%", "flagged", "it says Friday"):
                await shows(pilot, words)


async def test_what_is_signed_cannot_be_edited_and_the_dialog_says_why(logs: Path) -> None:
    with ScriptedServer([Answer(text="Kinder.")]) as server:
        async with running(logs) as (app, pilot):
            from capture.commands.prepared import request_text

            here = await app.screen.pointed()  # type: ignore[attr-defined]
            text = request_text(here.at)
            app.screen.launch(EditDialog(here.at, text.replace('"look"', '"do not look"')))  # type: ignore[attr-defined]
            await shows(pilot, "a thinking block cannot be edited, moved or added")
            await pilot.press("enter", "escape")
            assert list_jobs().jobs == []
            app.screen.launch(EditDialog(here.at, text.replace("Well?", "Please?")))  # type: ignore[attr-defined]
            await until(pilot, lambda: isinstance(app.screen, LaunchScreen))
            await typed(pilot, "label", "kinder")
            await typed(pilot, "to", server.url)
            await until(pilot, lambda: "edited: messages[2].content" in said(pilot))
            await pilot.press("enter")
            await done(pilot)
            await pilot.press("enter")
            for words in (
                "Variant  kinder",
                "- Well?",
                "+ Please?",
                "the recorded request was not asked again yet",
            ):
                await shows(pilot, words)


async def test_a_turn_of_a_run_is_replayed_and_the_replay_opens(runs_dir: Path, tmp_path: Path) -> None:
    place = runs_dir / "mend-basket", RunPlace(1, step=3)
    async with running(tmp_path / "logs", (120, 40), "runs", runs_dir, place) as (app, pilot):
        await shows(pilot, "session 1 · step 3")
        await opened(pilot, "r")
        await until(
            pilot, lambda: "5 samples of request 2" in said(pilot) or "request 2, 5 samples" in said(pilot)
        )
        await pilot.press("escape")
        await opened(pilot, "R")
        await until(pilot, lambda: "replaying turn 2 of session 1 once" in said(pilot))
        await typed(pilot, "continue-sessions", "perhaps")
        await shows(pilot, "perhaps: say yes or no")
        await typed(pilot, "continue-sessions", "no")
        await until(pilot, lambda: "no cost, the model is scripted" in said(pilot))
        await pilot.press("enter")
        await done(pilot)
        await pilot.press("enter")
        await until(pilot, lambda: isinstance(app.screen, RunScreen))
        await shows(pilot, "replay")


@pytest.mark.snapshot
async def test_resample_dialog(
    logs: Path, size: tuple[int, int], matches_baseline: Matches, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ANTHROPIC_API_KEY", KEY)
    async with running(logs, size) as (app, pilot):
        await opened(pilot, "r")
        await shows(pilot, "5 samples of event support:")
        await settled(pilot)
        assert matches_baseline(app)


async def test_samples_stand_in_the_runs_pane_when_one_comes_back(runs_dir: Path, tmp_path: Path) -> None:
    shutil.copytree(runs_dir / "mend-basket", tmp_path / "runs" / "mend-basket")
    place = tmp_path / "runs" / "mend-basket", RunPlace(1, step=3)
    async with running(tmp_path / "logs", (120, 40), "runs", tmp_path / "runs", place) as (_, pilot):
        await shows(pilot, "session 1 · step 3")
        await pilot.press("8")
        await shows(pilot, "request 2 was not asked again")
        await opened(pilot, "r")
        await until(pilot, lambda: "no cost, it is a script" in said(pilot))
        await pilot.press("enter")
        await done(pilot)
        await pilot.press("3")
        await shows(pilot, "5 samples")
