"""A job outlives the app and the connection: both are killed in the middle; it is found again, and opened."""

from __future__ import annotations

import os
import signal
import threading
from collections.abc import Callable
from pathlib import Path

from capture.scripted import Answer, ScriptedServer
from tests.e2e.pane import Pane
from tests.logs import NOW, make_event, write_log

KEY = "sk-ant-api03-a-key-of-the-environment-0123456789"
EDITOR = """#!/bin/sh
sed -i 's/Handle case 1/Handle case 2/' "$1"
"""


def says_where(server: ScriptedServer) -> Callable[[str], bool]:
    """Whether the dialog says that it will ask the server, below its fields."""
    address = server.url.removeprefix("http://")
    return lambda screen: f"{address}:" in screen.rpartition("max cost")[2]


def resample(pane: Pane, server: ScriptedServer, count: str) -> None:
    """Have the event under the cursor asked again so many times, and go to Jobs."""
    pane.wait_for("support")
    pane.keys("r")
    pane.wait_for("5 samples of event support:")
    pane.keys("BSpace")
    pane.type(count)
    pane.keys("Tab", "Tab", "Tab")
    pane.type(server.url)
    pane.wait_for(says_where(server))
    pane.keys("Enter")
    pane.wait_until_said("started: 4 shows it")
    pane.keys("4")


def test_a_job_goes_on_when_the_app_is_killed_and_is_found_again(
    run_app, log_dir: Path, tmp_path: Path
) -> None:
    write_log(log_dir, [make_event(1, "support", NOW)])
    jobs, first, go_on = str(tmp_path / "jobs"), threading.Event(), threading.Event()

    def hold(_: object) -> None:
        """Keep the server from its second request until the app was killed."""
        if not first.is_set():
            first.set()
            go_on.wait(120)

    with ScriptedServer([Answer(text="One owl."), Answer(text="Two owls.")], on_answered=hold) as server:
        try:
            more = {"HARNESS_JOBS_DIR": jobs, "ANTHROPIC_API_KEY": KEY}
            pane = run_app("support", size=(120, 40), **more)
            resample(pane, server, "2")
            pane.wait_for("1/2")
            assert first.wait(60), pane.screen()
            with pane.attached() as client:
                client.kill()  # the connection is lost
                client.wait()
            pane.wait_for("● running")
            os.kill(pane.pid, signal.SIGKILL)
            pane.wait_until_gone()
            again = run_app(size=(120, 40), **more)
            again.keys("4")
            again.wait_for("● running")
        finally:
            go_on.set()
        again.wait_for("· finished")
        again.wait_for("2/2")
        again.keys("Enter")
        again.wait_for("Sample 2")
        again.keys("q")
        assert again.wait_until_gone() == 0


def test_a_job_is_cancelled_and_what_it_had_opens(run_app, log_dir: Path, tmp_path: Path) -> None:
    write_log(log_dir, [make_event(1, "support", NOW)])
    go_on = threading.Event()
    answers = [Answer(text="One owl."), Answer(text="Two owls.")]
    with ScriptedServer(answers, on_answered=lambda _: go_on.wait(120)) as server:
        try:
            more = {"HARNESS_JOBS_DIR": str(tmp_path / "jobs"), "ANTHROPIC_API_KEY": KEY}
            pane = run_app("support", size=(120, 40), **more)
            resample(pane, server, "5")
            pane.wait_for("1/5")
            pane.keys("x")
            pane.wait_for("x again does")
            pane.keys("x")
            pane.wait_for("▲ cancelled")
            pane.keys("Enter")
            pane.wait_for("One owl.")
        finally:
            go_on.set()


def test_a_request_is_edited_in_the_persons_editor(run_app, log_dir: Path, tmp_path: Path) -> None:
    write_log(log_dir, [make_event(1, "support", NOW)])
    editor = tmp_path / "editor"
    editor.write_text(EDITOR)
    editor.chmod(0o755)
    with ScriptedServer([Answer(text="Two.")] * 5) as server:
        more = {"HARNESS_JOBS_DIR": str(tmp_path / "jobs"), "EDITOR": str(editor), "VISUAL": ""}
        pane = run_app("support", size=(120, 40), **more)
        pane.wait_for("support")
        pane.keys("i")
        pane.wait_for("Edit and resample")
        pane.keys("Tab", "Tab")
        pane.type(server.url)
        pane.wait_for("messages[0].content")
        pane.wait_for(says_where(server))
        pane.keys("Enter")
        pane.wait_until_said("started: 4 shows it")
        pane.keys("4")
        pane.wait_for("· finished")
        pane.keys("Enter")
        pane.wait_for("Handle case 2.")
        assert {each.json["messages"][0]["content"] for each in server.requests} == {"Handle case 2."}
