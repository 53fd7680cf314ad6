"""The reading commands as a person, a script and a terminal meet them."""

from __future__ import annotations

import contextlib
import json
import os
import pty
import re
import select
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tessen import __version__, cli
from tests import reading_samples
from tests.logs import HOSTILE, NOW, make_error, make_event, write_log
from tests.reading_samples import said

COMMANDS = {
    "status": ["status"],
    "tail": ["tail", "--no-follow"],
    "viewer": ["viewer"],
    "analyze": ["analyze"],
    "compare": ["compare", "a1", "a2"],
    "version": ["version"],
}
PATIENCE_S = 60.0


@pytest.fixture
def log(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = reading_samples.write(tmp_path / "logs")
    monkeypatch.setenv("TESSEN_LOG_DIR", str(folder))
    return folder


def parsed(capsys: pytest.CaptureFixture[str], *arguments: str) -> dict[str, Any]:
    value = json.loads(said(capsys, *arguments, "--json"))
    assert list(value)[-3:] == ["schema_version", "tessen_version", "generated_at"]
    return dict(value)


# ── what each says ──


def test_status_shows_each_agent(log: Path, capsys: pytest.CaptureFixture[str]) -> None:
    told = said(capsys, "status")
    assert "2 agents, 3 events, 1 error" in told
    assert re.search(r"✖ support +2 +1 +1 .*rate_limited", told)
    report = parsed(capsys, "status")
    assert report["log_dir"] == str(log)
    assert (report["hidden_empty"], report["hidden_stale"], report["since"]) == (0, 0, None)
    (support,) = (agent for agent in report["agents"] if agent["agent"] == "support")
    assert support == {
        "agent": "support",
        "events": 2,
        "anomalies": 1,
        "errors": 1,
        "most_recent_ts": reading_samples.NOON + 60,
        "most_recent_signals": ["rate_limited"],
        "most_recent_status": "error",
        "by_provider": {"anthropic": 2},
        "by_surface": {"messages.create": 2},
        "by_anomaly": {"rate_limited": 1},
    }


def test_tail_prints_the_newest_in_order(log: Path, capsys: pytest.CaptureFixture[str]) -> None:
    lines = said(capsys, "tail", "--no-follow").splitlines()
    assert [re.search(r"(a1|a2|b1)0{6}", line)[1] for line in lines] == ["a1", "b1", "a2"]  # type: ignore[index]
    assert "RateLimitError (429)" in lines[-1]
    assert said(capsys, "tail", "support", "-n", "1", "--no-follow").count("\n") == 1
    assert (
        said(capsys, "tail", "--no-follow", "--since", "2026-11-23T12:00:20", "--filter", "status:ok").count(
            "\n"
        )
        == 1
    )
    (event,) = map(json.loads, said(capsys, "tail", "billing", "--no-follow", "--json").splitlines())
    assert event["event_id"].startswith("b1")


def test_viewer_shows_one_event_in_full(log: Path, capsys: pytest.CaptureFixture[str]) -> None:
    told = said(capsys, "viewer", "--event", "a2")
    for words in (
        "✖ failed",
        "rate_limited",
        "Wait as long as",
        "exceeded your per-minute limit",
        "Handle case 2.",
    ):
        assert words in told
    assert "/srv/agent.py:42 in step" in told
    by_index = [
        parsed(capsys, "viewer", "support", "--index", n)["events"][0]["event_id"][:2] for n in ("0", "-1")
    ]
    assert by_index == ["a1", "a2"]
    assert said(capsys, "viewer", "--filter", "status:ok").count("· ok") == 2


def test_analyze_adds_everything_up(log: Path, capsys: pytest.CaptureFixture[str]) -> None:
    told = said(capsys, "analyze")
    for words in ("3 events of 2 agents", "RateLimitError (429)", "claude-haiku-4-5", "2026-11-23", "p95"):
        assert words in told
    report = parsed(capsys, "analyze", "support", "--filter", "status:error")
    assert (report["events_total"], report["error_types"]) == (1, {"RateLimitError (429)": 1})


def test_analyze_holds_a_period_against_the_one_before(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    before = [make_event(n, "a", NOW - 100_000 + n) for n in range(30)]
    recent = [make_error(n, "a", NOW - 5_000 + n * 61) for n in range(30)]
    folder = str(write_log(tmp_path, [*before, *recent]))
    change = parsed(capsys, "analyze", "a", "--log-dir", folder)["change"]
    assert (change["previous"]["events"], change["recent"]["events"]) == (30, 30)
    assert (change["previous"]["errors"], change["recent"]["errors"]) == (0, 30)
    told = said(capsys, "analyze", "a", "--log-dir", folder)
    assert "100% of the calls fail; before, 0% did" in told
    assert re.search(r"errors +0\.0% → +100\.0%", told)


def test_compare_names_what_differs(log: Path, capsys: pytest.CaptureFixture[str]) -> None:
    told = said(capsys, "compare", "a1", "a2")
    assert re.search(r"outcome +complete → RateLimitError \(429\)", told)
    assert re.search(r"message 1 \(user\) +Handle case 1\. → Handle case 2\.", told)
    names = [each["name"] for each in parsed(capsys, "compare", "a1", "a2")["differences"]]
    assert names[0] == "outcome"


def test_compare_aligns_two_sessions(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    def session(name: str, *asked: str) -> list[dict[str, Any]]:
        return [
            make_event(
                n,
                "a",
                NOW + n,
                event_id=name * 16 + f"{n:016x}",
                session_id=name * 32,
                request_body={"messages": [{"role": "user", "content": words}]},
            )
            for n, words in enumerate(asked)
        ]

    write_log(tmp_path, [*session("c", "one", "two", "three"), *session("d", "one", "2", "three")])
    folder = str(tmp_path)
    report = parsed(capsys, "compare", "--session", "ccc", "ddd", "--log-dir", folder)
    assert [pair["same"] for pair in report["calls"]] == [True, False, True]
    assert report["first_difference"] == 1
    assert {"name": "message 1 (user)", "before": "two", "after": "2"} in report["differences"]
    assert re.search(r"≠ +1 ", said(capsys, "compare", "--session", "cc", "dd", "--log-dir", folder))


def test_a_name_a_file_and_a_folder_are_the_same(log: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for target in ("support", str(log / "support"), str(log / "support" / "2026-11-23.jsonl")):
        assert parsed(capsys, "analyze", target)["events_total"] == 2
    assert parsed(capsys, "analyze", str(log))["events_total"] == 3


def test_the_version_comes_in_the_envelope(capsys: pytest.CaptureFixture[str]) -> None:
    assert parsed(capsys, "version")["tessen_version"] == __version__


# ── what goes wrong ──


@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    [
        (["tail", "suport"], 2, "did you mean support?"),
        (["analyze", "nobody"], 2, "there are: billing, support"),
        (["tail", "--filter", "statsu:x"], 2, "did you mean 'status'?"),
        (["analyze", "--since", "soon"], 2, "such as 15m, 24h"),
        (["viewer", "--event", "ffff"], 1, "no event 'ffff'"),
        (["compare", "a1", "ffff"], 1, "no event or session"),
        (["compare", "a", "a1"], 2, "several events begin so"),
        (["status", "--log-dir", "/nowhere"], 1, "no log folder at /nowhere"),
    ],
)
def test_an_error_is_one_line_that_says_what_to_do(
    log: Path, capsys: pytest.CaptureFixture[str], arguments: list[str], code: int, words: str
) -> None:
    assert cli.main(arguments) == code
    told = capsys.readouterr()
    assert told.out == ""
    assert told.err.count("\n") == 1
    assert told.err.startswith(f"tessen {arguments[0]}: ")
    assert words in told.err


@pytest.mark.parametrize("command", COMMANDS)
def test_help_has_an_example(command: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as left:
        cli.main([command, "--help"])
    assert left.value.code == 0
    assert f"$ tessen {command}" in capsys.readouterr().out


@pytest.mark.parametrize("command", COMMANDS)
def test_each_runs_as_a_module(log: Path, command: str) -> None:
    argv = [sys.executable, "-m", f"tessen.{command}", *COMMANDS[command][1:]]
    done = subprocess.run(argv, capture_output=True, text=True, check=True, timeout=PATIENCE_S)
    assert done.stdout
    assert done.stderr == ""


# ── hostile logs, pipes and terminals ──


@pytest.fixture(scope="module")
def hostile(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A log that tries everything in every field."""
    events = []
    for number, text in enumerate(HOSTILE):
        made = (
            make_error(number, "support", NOW + number)
            if number % 2
            else make_event(number, "support", NOW + number)
        )
        block = [{"type": "text", "text": text}, {"type": "tool_use", "name": text, "input": {text: text}}]
        events.append(
            made
            | {
                "agent_name": f"{text}{number}",
                "model": text,
                "surface": text,
                "session_id": text,
                text: text,
            }
            | {"request_body": {"messages": [{"role": text, "content": text}], "system": text, text: [text]}}
            | {"quality_signals": [text], "call_site": {"file": text, "line": 1, "func": text}}
            | ({"casted_response": {"content": block, "stop_reason": text}} if number % 2 == 0 else {})
            | ({"error": {"type": text, "msg": text, "tb": text, "body": {text: text}}} if number % 2 else {})
        )
    return write_log(tmp_path_factory.mktemp("hostile"), events)


def acts(raw: str) -> list[str]:
    """What in an output a terminal would act on, or an eye would not see; line breaks aside."""
    return re.findall("[\x00-\x09\x0b-\x1f\x7f-\x9f\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff]", raw)


HOSTILE_CALLS = [
    *([*COMMANDS[name]] for name in ("status", "tail", "viewer", "analyze")),
    ["tail", "--no-follow", "--json"],
    ["viewer", "--json"],
    ["analyze", "--json"],
    ["compare", f"{0:032x}", f"{1:032x}"],
    ["tail", "\x1b]0;owned\x07"],
    ["viewer", "--event", "\x1b[31m"],
]


@pytest.mark.parametrize("arguments", HOSTILE_CALLS, ids=lambda arguments: repr(" ".join(arguments))[:30])
def test_nothing_a_log_says_reaches_a_pipe_or_terminal_raw(
    hostile: Path, capsys: pytest.CaptureFixture[str], arguments: list[str]
) -> None:
    cli.main([*arguments, "--log-dir", str(hostile)])
    told = capsys.readouterr()
    assert told.out or told.err
    assert acts(told.out) == acts(told.err) == []


@contextlib.contextmanager
def on_a_terminal(*arguments: str, **variables: str) -> Iterator[tuple[subprocess.Popen[bytes], int]]:
    """A command whose input and output are a terminal."""
    ours, theirs = pty.openpty()
    environment = {**os.environ, "TERM": "xterm-256color", "PAGER": "cat", **variables}
    argv = [sys.executable, "-m", "tessen.cli", *arguments]
    process = subprocess.Popen(
        argv, stdin=theirs, stdout=theirs, stderr=theirs, env=environment, start_new_session=True
    )
    os.close(theirs)
    try:
        yield process, ours
    finally:
        process.kill()
        process.wait()
        os.close(ours)


def shown(ours: int, until: str = "") -> str:
    """What the terminal shows until it holds some words, or the command ends."""
    data, deadline = b"", time.monotonic() + PATIENCE_S
    while time.monotonic() < deadline:
        if not select.select([ours], [], [], 1.0)[0]:
            continue
        try:
            piece = os.read(ours, 65_536)
        except OSError:  # the other side is closed
            break
        data += piece
        if not piece or (until and until in data.decode("utf-8", "replace")):
            break
    return data.decode("utf-8", "replace")


COLOUR = re.compile(r"\x1b\[[0-9;]*m")


@pytest.mark.parametrize("command", ["status", "tail", "viewer", "analyze"])
def test_a_terminal_gets_colours_and_nothing_else_that_acts(hostile: Path, command: str) -> None:
    with on_a_terminal(*COMMANDS[command], "--log-dir", str(hostile)) as (_, ours):
        told = shown(ours)
    assert COLOUR.search(told)
    assert acts(COLOUR.sub("", told).replace("\r\n", "\n")) == []


@pytest.mark.parametrize("variables", [{"NO_COLOR": "1"}, {"TERM": "dumb"}])
def test_no_colour_where_none_is_wanted(log: Path, variables: dict[str, str]) -> None:
    with on_a_terminal("analyze", **variables) as (_, ours):
        told = shown(ours)
    assert "3 events" in told
    assert "\x1b" not in told


def test_a_pager_that_is_left_early_ends_quietly(log: Path) -> None:
    write_log(log, [make_event(n, "support", NOW - n) for n in range(200)])
    with on_a_terminal("viewer", PAGER="head -n 3") as (process, ours):
        told = shown(ours)
        assert process.wait(PATIENCE_S) == 0
    assert told.count("\n") == 3


def test_a_closed_pipe_ends_quietly(tmp_path: Path) -> None:
    write_log(tmp_path, [make_event(n, "a", NOW + n) for n in range(3_000)])
    command = (
        f"{sys.executable} -m tessen.cli tail --no-follow --since 2020-01-01 --log-dir {tmp_path} | head -n 1"
    )
    done = subprocess.run(
        ["sh", "-c", command], capture_output=True, text=True, check=True, timeout=PATIENCE_S
    )
    assert done.stdout.count("\n") == 1
    assert done.stderr == ""


def test_following_shows_what_comes_and_ctrl_c_ends_it_cleanly(log: Path) -> None:
    with on_a_terminal("tail", "--filter", "status:error", "-n", "5") as (process, ours):
        assert "a2000000" in shown(ours, "a2000000")
        write_log(log, [make_error(0xC1 << 120, "support", reading_samples.NOON + 90)])
        assert "c1000000" in shown(ours, "c1000000")
        (log / "late").mkdir()
        line = json.dumps(make_error(0xC2 << 120, "late", NOW)).encode()
        with (log / "late" / "2026-11-24.jsonl").open("wb", buffering=0) as out:
            out.write(line[:100])
            out.write(line[100:] + b"\n")
        assert "c2000000" in shown(ours, "c2000000")
        os.killpg(process.pid, signal.SIGINT)
        rest = shown(ours)
        assert process.wait(PATIENCE_S) == 130
    assert "Traceback" not in rest


def test_following_waits_for_a_log_that_has_not_begun(tmp_path: Path) -> None:
    folder = tmp_path / "logs"
    with on_a_terminal("tail", "--log-dir", str(folder)) as (_, ours):
        write_log(folder, [make_event(0xC3 << 120, "new", NOW)])
        assert "c3000000" in shown(ours, "c3000000")
