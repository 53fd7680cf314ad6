"""Calls in flight: visible while they last, gone when they end, and evidence when their process is killed."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import stat
import subprocess
import sys
import textwrap
import threading
import time
import weakref
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import aiohttp
import anthropic
import pytest
import requests
import urllib3

import tessen
from capture.scripted import Answer, ScriptedServer
from tessen import _inflight, _process, _recorder, inflight
from tests.gate import Gate

QUESTION: list[dict[str, Any]] = [{"role": "user", "content": "hello"}]
KEY = "sk-ant-api03-secret-key-of-a-subprocess"

ASKING = """
    import os, sys, threading, tessen, anthropic
    tessen.init(agent_name="victim")
    client = anthropic.Anthropic(base_url=sys.argv[1], max_retries=0)
    def ask(**more):
        message = {"role": "user", "content": "x"}
        return client.messages.create(model="claude-haiku-4-5", max_tokens=9, messages=[message], **more)
"""


def ask(client: Any, **more: Any) -> Any:
    return client.messages.create(model="claude-haiku-4-5", max_tokens=9, messages=QUESTION, **more)


def until(condition: Callable[[], Any], seconds: float = 60.0) -> Any:
    end = time.monotonic() + seconds
    while not (found := condition()):
        assert time.monotonic() < end, "waited in vain"
        time.sleep(0.005)
    return found


def files_in(folder: Path) -> list[Path]:
    return sorted(folder.rglob(f"{_inflight.FOLDER}/*"))


def recorded(call: inflight.InFlight, log_dir: Path) -> bool:
    """Whether a call has its event: its file may be there for a moment longer."""
    return any(call.event_id.encode() in path.read_bytes() for path in log_dir.rglob("*.jsonl"))


@contextmanager
def asking(
    code: str, server: ScriptedServer | Gate, log_dir: Path, **more: Any
) -> Iterator[subprocess.Popen[str]]:
    """A process that asks the scripted server and is killed in the end."""
    environment = {**os.environ, "TESSEN_LOG_DIR": str(log_dir), "ANTHROPIC_API_KEY": KEY}
    command = [sys.executable, "-c", textwrap.dedent(ASKING) + textwrap.dedent(code), server.url]
    with subprocess.Popen(command, text=True, env=environment, **more) as process:
        try:
            yield process
        finally:
            process.kill()


def test_a_call_is_visible_while_it_lasts(server: ScriptedServer, clients: Any, log: Any) -> None:
    with Gate(server) as gate:
        thread = threading.Thread(target=ask, args=(clients.anthropic(base_url=gate.url),))
        before = time.time()
        thread.start()
        (call,) = until(lambda: inflight.read(log.folder).calls)
        assert (call.agent_name, call.provider, call.surface) == ("agent", "anthropic", "messages.create")
        assert (call.model, call.pid, call.lost) == ("claude-haiku-4-5", os.getpid(), False)
        assert call.call_site.startswith(f"{__file__}:")
        assert before - 1 < call.ts < time.time() + 1
        assert call.age(call.ts + 3) == 3
        assert call.path.parent == log.folder / "agent" / ".inflight"
        modes = [oct(path.stat().st_mode & 0o777) for path in (call.path, call.path.parent)]
        assert modes == ["0o600", "0o700"]
        assert inflight.read(log.folder / "agent").calls == (call,)
        gate.opened.set()
        thread.join()
    until(lambda: not files_in(log.folder))
    assert log.one()["event_id"] == call.event_id
    assert log.one()["session_id"] == call.session_id


@pytest.mark.parametrize("library", ["requests", "urllib3", "aiohttp"])
def test_a_call_that_only_the_http_library_sees(library: str, server: ScriptedServer, log: Any) -> None:
    body = {"model": "claude-haiku-4-5", "max_tokens": 9, "messages": QUESTION}
    with Gate(server) as gate:
        url = f"{gate.url}/v1/messages"

        async def post() -> None:
            async with aiohttp.ClientSession() as session, session.post(url, json=body) as response:
                await response.read()

        post_by = {
            "requests": lambda: requests.post(url, json=body, timeout=60),
            "urllib3": lambda: urllib3.request("POST", url, json=body),
            "aiohttp": lambda: asyncio.run(post()),
        }
        thread = threading.Thread(target=post_by[library])
        thread.start()
        (call,) = until(lambda: inflight.read(log.folder).calls)
        assert (call.provider, call.surface) == ("anthropic", "messages.create")
        assert call.model == "claude-haiku-4-5"
        gate.opened.set()
        thread.join()
    until(lambda: not files_in(log.folder))
    assert (log.one()["event_id"], log.one()["_tessen_tier"]) == (call.event_id, 3)


def test_a_stream_is_in_flight_until_its_end(server: ScriptedServer, clients: Any, log: Any) -> None:
    server.enqueue(Answer(text="a b c", chunks=3, chunk_delay=0.05))
    stream = ask(clients.anthropic(), stream=True)
    (call,) = until(lambda: inflight.read(log.folder).calls)
    assert call.surface == "messages.stream"
    list(stream)
    until(lambda: not files_in(log.folder))


def test_a_failed_call_is_not_in_flight(server: ScriptedServer, clients: Any, log: Any) -> None:
    server.enqueue(Answer(hang=True))
    with pytest.raises(anthropic.APITimeoutError):
        ask(clients.anthropic(timeout=0.2))
    until(lambda: not files_in(log.folder))
    assert len(log.events()) == 1


def test_quick_calls_leave_no_file_and_do_not_wake_the_thread_each(
    clients: Any, log: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    looks = []
    show = _inflight.Board.show
    monkeypatch.setattr(_inflight.Board, "show", lambda self: (looks.append(1), show(self))[1])
    monkeypatch.setattr(_inflight, "SHOWN_AFTER", 60.0)
    monkeypatch.setattr(_inflight, "QUICK_SHOWN_AFTER", 60.0)
    tessen.init(agent_name="quick", log_dir=log.folder)
    client = clients.anthropic()
    for _ in range(40):
        ask(client)
    assert files_in(log.folder) == []
    assert len(looks) < 40


def test_what_belongs_to_a_call_is_freed_when_it_returns(
    clients: Any, log: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The thread that shows calls comes by later, and must not keep their bodies until then."""
    begun: list[weakref.ref[Any]] = []
    began = _recorder.Recorder.call_began
    monkeypatch.setattr(
        _recorder.Recorder,
        "call_began",
        lambda self, call: (begun.append(weakref.ref(call)), began(self, call))[1],
    )
    monkeypatch.setattr(_inflight, "SHOWN_AFTER", 600.0)
    monkeypatch.setattr(_inflight, "QUICK_SHOWN_AFTER", 600.0)
    client = clients.anthropic()
    for _ in range(3):
        ask(client)
    assert [call() for call in begun] == [None] * 3


async def test_many_at_once(server: ScriptedServer, clients: Any, log: Any) -> None:
    with Gate(server) as gate:
        client = clients.async_anthropic(base_url=gate.url)
        tasks = [asyncio.create_task(ask(client)) for _ in range(40)]
        calls: tuple[inflight.InFlight, ...] = ()
        async with asyncio.timeout(60):
            while len(calls) < 40:
                await asyncio.sleep(0.005)
                calls = inflight.read(log.folder).calls
        gate.opened.set()
        await asyncio.gather(*tasks)
    assert {call.event_id for call in calls} == {event["event_id"] for event in log.events()}
    until(lambda: not files_in(log.folder))
    await clients.close()


@pytest.mark.parametrize("how", ["plain", "streamed"])
def test_a_call_whose_process_is_killed_is_lost(how: str, server: ScriptedServer, tmp_path: Path) -> None:
    server.enqueue(Answer(hang=True) if how == "plain" else Answer(text="a b", chunks=2, chunk_delay=60))
    code = """
        if sys.argv[2] == "plain":
            ask()
        for _ in ask(stream=True): pass
    """
    command_line = [sys.executable, "-c", textwrap.dedent(ASKING) + textwrap.dedent(code), server.url, how]
    environment = {**os.environ, "TESSEN_LOG_DIR": str(tmp_path), "ANTHROPIC_API_KEY": KEY}
    with subprocess.Popen(command_line, env=environment) as process:
        (alive,) = until(lambda: inflight.read(tmp_path).calls)
        assert (alive.lost, alive.pid) == (False, process.pid)
        process.send_signal(signal.SIGKILL)
        unreaped = until(lambda: [call for call in inflight.read(tmp_path).calls if call.lost])
    assert unreaped == [alive._replace(lost=True)]
    assert inflight.read(tmp_path).calls == (alive._replace(lost=True),)
    assert KEY.encode() not in alive.path.read_bytes()


def test_killed_between_its_event_and_the_end_of_its_file(server: ScriptedServer, tmp_path: Path) -> None:
    """The event counts: the call is not lost."""
    code = """
        from tessen import _inflight
        _inflight._delete = lambda path: os.kill(os.getpid(), 9)
        write = _inflight.Board._write
        _inflight.Board._write = lambda *flight: (write(*flight), print("shown", flush=True))
        ask()
    """
    with Gate(server) as gate, asking(code, gate, tmp_path, stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "shown\n"
        gate.opened.set()
        assert process.wait(60) == -signal.SIGKILL
    assert len(files_in(tmp_path)) == 1
    assert inflight.read(tmp_path) == inflight.Found((), 0)


def test_a_forked_child_leaves_the_parents_files_alone(server: ScriptedServer, tmp_path: Path) -> None:
    """The first calls import what an SDK puts off, and the parent's second has left when the process forks:
    no thread of it may then hold an import's lock, which the child would wait for and never get."""
    server.enqueue(Answer(text="first"), Answer(hang=True), Answer(text="child", delay=0.2))
    code = """
        ask()
        threading.Thread(target=ask, daemon=True).start()
        sys.stdin.readline()
        if os.fork() == 0:
            client = anthropic.Anthropic(base_url=sys.argv[1], max_retries=0)
            ask()
            tessen.shutdown()
            os._exit(0)
        status = os.wait()[1]
        shown = os.listdir(os.environ["TESSEN_LOG_DIR"] + "/victim/.inflight")
        print(status, os.getpid(), *shown, flush=True)
    """
    with asking(code, server, tmp_path, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        server.wait_for_requests(2, 60)
        until(lambda: [call for call in inflight.read(tmp_path).calls if not recorded(call, tmp_path)])
        until(lambda: len(files_in(tmp_path)) == 1)
        said, _ = process.communicate("go\n", timeout=60)
    status, pid, name = said.split()
    assert status == "0"
    assert name.startswith(f"{pid}-")
    assert files_in(tmp_path) == []
    events = [
        json.loads(line) for line in next((tmp_path / "victim").glob("*.jsonl")).read_bytes().splitlines()
    ]
    assert [event.get("outcome") for event in events] == [None, None, "killed"]


def test_a_call_under_way_when_the_program_ends_has_an_event(server: ScriptedServer, tmp_path: Path) -> None:
    server.enqueue(Answer(hang=True))
    code = """
        os.umask(0)
        threading.Thread(target=ask, daemon=True).start()
        from tessen import inflight, paths
        import time
        while not inflight.read(paths.default_log_dir()).calls: time.sleep(0.005)
    """
    folder = tmp_path / "logs"
    with asking(code, server, folder, stderr=subprocess.PIPE) as process:
        assert process.communicate(timeout=60) == (None, "")
        assert process.returncode == 0
    assert files_in(folder) == []
    made = (folder, folder / "victim", folder / "victim" / _inflight.FOLDER)
    assert [stat.S_IMODE(each.stat().st_mode) for each in made] == [0o700] * 3
    (line,) = next((folder / "victim").glob("*.jsonl")).read_bytes().splitlines()
    event = json.loads(line)
    assert (event["status"], event["outcome"], event["error"]["type"]) == ("error", "killed", "ProcessEnded")
    assert event["duration_ms"] > 0


def test_a_folder_that_cannot_be_made_harms_nothing(
    server: ScriptedServer, clients: Any, log: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    (log.folder / "agent").mkdir(parents=True)
    (log.folder / "agent" / ".inflight").write_text("a file where a folder should be")
    server.enqueue(Answer(text="hi", delay=0.2))
    assert ask(clients.anthropic()).content[0].text == "hi"
    assert len(log.events()) == 1
    assert capsys.readouterr().err == ""


# ── reading ──


def entry(folder: Path, name: str = "1-1.json", **changes: Any) -> Path:
    """A file as a recorder of this machine would have written it."""
    said = {
        "event_id": "0" * 32,
        "session_id": "1" * 32,
        "agent_name": "x",
        "ts": 1.5,
        "provider": "openai",
        "surface": None,
        "model": "m",
        "call_site": None,
        "pid": os.getpid(),
        "pid_started": _process.started(os.getpid()),
        **_process.machine()._asdict(),
        **changes,
    }
    path = folder / "x" / ".inflight" / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(said) + "\n")
    return path


@pytest.mark.parametrize(
    ("changes", "lost"),
    [
        ({}, False),
        ({"pid_started": 1}, True),
        ({"pid": 2**22 + 5}, True),
        ({"boot_id": "before the last start of the machine"}, True),
        ({"host": "elsewhere", "pid": 2**22 + 5}, None),
        ({"pid_namespace": "pid:[1]", "pid": 2**22 + 5}, None),
    ],
    ids=["alive", "number reused", "gone", "rebooted", "another machine", "another container"],
)
def test_whether_a_call_is_lost(changes: dict[str, Any], lost: bool | None, tmp_path: Path) -> None:
    entry(tmp_path, **changes)
    (call,) = inflight.read(tmp_path).calls
    assert call.lost is lost


def test_without_proc_a_number_in_use_counts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_process.os.path, "isdir", lambda path: False)
    entry(tmp_path, "1-1.json", pid_started=0)
    entry(tmp_path, "1-2.json", pid=2**22 + 5, pid_started=0)
    assert [call.lost for call in inflight.read(tmp_path).calls] == [False, True]


def test_foreign_files_are_counted_and_half_written_ones_are_not_yet_there(tmp_path: Path) -> None:
    folder = entry(tmp_path, ts=5.0).parent
    entry(tmp_path, "1-2.json", ts=3.0)
    (folder / "1-3.json").write_bytes(b"")
    (folder / "1-4.json").write_bytes(b"[" * 100_000)
    (folder / "1-5.json").write_text('{"event_id": 1}')
    (folder / "1-6.json").symlink_to(folder / "1-1.json")
    os.mkfifo(folder / "1-7.json")
    (folder / "notes.txt").write_text("of somebody else")
    found = inflight.read(tmp_path)
    assert [call.ts for call in found.calls] == [3.0, 5.0]
    assert found.unreadable == 2
    assert inflight.read(tmp_path / "nowhere") == inflight.Found((), 0)
