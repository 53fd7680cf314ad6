"""`harness resample`: what goes over the wire, what is kept, and what a person is told."""

from __future__ import annotations

import json
import os
import pty
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from capture.proxy.dumps import read_request
from capture.scripted import Answer, ErrorAnswer, Received, ScriptedServer, ToolCall, Usage
from tests.capture.resample.conftest import KEY, Harness, holds_secret

HARNESS = [sys.executable, "-P", "-c", "from capture.cli import main; main()"]


def samples(run: Path, request: int = 1) -> dict[str, dict[str, object]]:
    folder = run / f"session_01/resamples/request_{request:03d}"
    return {path.name: json.loads(path.read_bytes()) for path in sorted(folder.iterdir())}


@pytest.mark.parametrize("request_number", [1, 2, 3, 4])
def test_the_same_bytes_go_out_again_with_the_key_of_the_environment(
    run: Path,
    recording: tuple[Path, list[Received]],
    server: ScriptedServer,
    harness: Harness,
    request_number: int,
) -> None:
    recorded = recording[1][request_number - 1]
    code, _, err = harness(
        "resample", run, "--request", request_number, "--count", 2, "--base-url", server.url
    )
    assert (code, err.count("\n")) == (0, 1)
    sent = server.requests
    assert [each.body for each in sent] == [recorded.body] * 2
    assert {each.path for each in sent} == {recorded.path}
    header, key = ("x-api-key", KEY) if request_number < 3 else ("authorization", f"Bearer {KEY}")
    assert [each.headers[header] for each in sent] == [key] * 2
    for name in ("anthropic-version", "user-agent", "content-type"):
        assert sent[0].headers.get(name) == recorded.headers.get(name)
    assert holds_secret(run) == []
    kept = samples(run, request_number)
    assert list(kept) == ["sample_01.json", "sample_02.json"]
    for each in kept.values():
        assert each["stop_reason"] in ("end_turn", "stop", "completed")
        assert each["usage"]["output_tokens"] > 0
        assert each["cost_usd"] > 0
        assert each["duration_ms"] > 0
        assert each["streamed"] is (request_number in (2, 4))
        assert "ok" in json.dumps(each["response"])


def test_only_the_bytes_of_what_is_overridden_differ(
    run: Path, server: ScriptedServer, harness: Harness
) -> None:
    body = read_request(run / "session_01", 2)
    options = ("--request", 2, "--model", "claude-haiku-4-5", "--temperature", 1, "--base-url", server.url)
    code, _, _ = harness("resample", run, *options)
    assert code == 0
    expected = body.replace(b"claude-sonnet-4-5", b"claude-haiku-4-5").replace(b":0.5", b":1.0")
    assert server.requests[-1].body == expected != body
    sample = samples(run, 2)["sample_01.json"]
    assert (sample["model"], sample["overrides"]["temperature"]) == ("claude-haiku-4-5", 1.0)


def test_it_waits_as_asked_and_tries_again(run: Path, server: ScriptedServer, harness: Harness) -> None:
    server.enqueue(ErrorAnswer(429, retry_after=1.5), ErrorAnswer(529), Answer(text="at last"))
    code, _, _ = harness("resample", run, "--request", 1, "--base-url", server.url)
    assert code == 0
    sample = samples(run)["sample_01.json"]
    assert [each["status"] for each in sample["attempts"]] == [429, 529]
    assert sample["attempts"][0]["waited_s"] == 1.5
    first, second = server.requests[:2]
    assert second.received_at - first.received_at >= 1.5


def test_what_fails_is_kept_beside_what_does_not(run: Path, server: ScriptedServer, harness: Harness) -> None:
    server.enqueue(
        Answer(text="good"),
        ErrorAnswer(400, message="no \x1b[2J"),
        Answer(text="half of it was said before", cut_after=1),
    )
    options = ("--request", 2, "--count", 3, "--parallel", 1, "--base-url", server.url)
    code, out, _ = harness("resample", run, *options)
    assert code == 1
    assert "\x1b" not in out
    kept = samples(run, 2)
    assert list(kept) == ["sample_01.json", "sample_02_error.json", "sample_03_error.json"]
    assert (kept["sample_02_error.json"]["status"], kept["sample_02_error.json"]["attempts"]) == (400, [])
    broken = kept["sample_03_error.json"]
    assert broken["response"]["content"][0]["text"].startswith("half")
    assert len(server.requests) == 3


def test_no_sample_is_begun_beyond_the_limit(run: Path, server: ScriptedServer, harness: Harness) -> None:
    for _ in range(5):  # $0.60 each, which the record does not let expect
        server.enqueue(Answer(text="dear", usage=Usage(input=100_000, output=20_000)))
    options = ("--request", 1, "--count", 5, "--parallel", 1, "--max-cost", "1.0", "--base-url", server.url)
    code, out, err = harness("resample", run, *options, "--json")
    assert code == 1
    said = json.loads(out)
    assert (len(said["samples"]), said["stopped_at_max_cost"]) == (1, True)
    assert said["total_cost_usd"] == pytest.approx(0.6)
    assert "stopping at $1.0000" in err
    assert "stopped at --max-cost $1.0000 after 1 of 5" in err


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ((), "the request went to 127.0.0.1"),
        (("--provider", "cohere"), "cohere does not speak this request's protocol"),
        (("--provider", "nobody"), "unknown provider; there are anthropic"),
        (("--base-url", "host"), "not an address such as"),
        (
            ("--max-cost", "1", "--model", "nobody-1", "--base-url", "http://x"),
            "no price is known for nobody-1",
        ),
    ],
)
def test_a_key_goes_nowhere_the_user_has_not_named(
    run: Path, server: ScriptedServer, harness: Harness, options: tuple[str, ...], said: str
) -> None:
    code, out, err = harness("resample", run, "--request", 1, *options)
    assert (code, out, err.count("\n")) == (1, "", 1)
    assert said in err
    assert len(server.requests) == 0
    assert not (run / "session_01/resamples").exists()


def test_ctrl_c_keeps_what_is_there_and_no_more_than_so_many_are_under_way(
    run: Path, server: ScriptedServer
) -> None:
    server.enqueue(Answer(text="first"), *[Answer(hang=True)] * 4)
    options = ("--request", "1", "--count", "9", "--parallel", "2", "--base-url", server.url)
    with subprocess.Popen(
        [*HARNESS, "resample", str(run), *options], stderr=subprocess.PIPE, text=True
    ) as process:
        server.wait_for_requests(3)
        process.send_signal(signal.SIGINT)
        _, err = process.communicate(timeout=60)
    assert process.returncode == 130
    assert "interrupted: 1 sample kept in" in err
    assert "2 under way lost" in err
    assert len(server.requests) == 3
    assert list(samples(run)) == ["sample_01.json"]


def test_two_jobs_on_one_request_number_their_samples_together(run: Path, server: ScriptedServer) -> None:
    options = ("--request", "1", "--count", "12", "--parallel", "6", "--base-url", server.url)
    both = [
        subprocess.Popen([*HARNESS, "resample", str(run), *options], stderr=subprocess.DEVNULL)
        for _ in range(2)
    ]
    assert [each.wait(60) for each in both] == [0, 0]
    assert list(samples(run)) == [f"sample_{number:02d}.json" for number in range(1, 25)]
    folder = run / "session_01/resamples/request_001"
    assert folder.stat().st_mode & 0o777 == 0o700
    assert {path.stat().st_mode & 0o777 for path in folder.iterdir()} == {0o600}


def test_it_says_how_the_answers_differ(run: Path, server: ScriptedServer, harness: Harness) -> None:
    ls = ToolCall("Bash", {"command": "ls"})
    server.enqueue(
        Answer(text="I will look at the files first.", tool_calls=[ls]),
        Answer(text="I will look at all the files first.", tool_calls=[ToolCall("Read", {"path": "a"})]),
        Answer(text="That is not for me to do."),
    )
    options = ("--request", 1, "--count", 3, "--parallel", 1, "--base-url", server.url)
    _, out, _ = harness("resample", run, *options)
    lines = [" ".join(line.split()) for line in out.splitlines()]
    assert "stop reasons tool_use ×2 end_turn ×1" in lines
    assert "tools Bash ×1 Read ×1 none ×1" in lines
    assert 'Bash ×1 {"command": "ls"}' in lines
    assert "text ×2 (01, 02) I will look at the files first." in lines
    assert "text ×1 (03) That is not for me to do." in lines


def test_requests_are_listed_also_of_a_folder_that_another_program_recorded(
    run: Path, harness: Harness
) -> None:
    code, out, _ = harness("resample", run, "--list-requests", "--json")
    listed = json.loads(out)["requests"]
    assert code == 0
    assert [each["request_index"] for each in listed] == [1, 2, 3, 4]
    assert {each["stop_reason"] for each in listed} == {"end_turn", "stop", "completed"}
    plain = run / "session_02_r01/raw_dumps"
    plain.mkdir(parents=True)
    body = b'{"model": "claude-haiku-4-5", "max_tokens": 5, "messages": [{"role": "user", "content": "x"}]}'
    (plain / "request_001.json").write_bytes(body)
    (run / "session_02_r02").symlink_to(plain.parent)
    script = run / "script.yaml"
    script.write_text("otherwise: {text: done}\n")
    options = ("--session", 2, "--request", 1, "--script", script)
    code, _, err = harness("resample", run, *options)
    assert (code, "session 2 has 2 replicates; choose one with --replicate" in err) == (1, True)
    code, out, err = harness("resample", run, *options, "--replicate", 1, "--json")
    assert (code, err) == (0, "")
    assert json.loads(out)["samples"][0]["response"]["content"] == [{"type": "text", "text": "done"}]


@pytest.mark.parametrize(
    ("options", "code", "said"),
    [
        ((), 2, "say which request with --request"),
        (("--request", 9), 1, "there is no request 9; use --list-requests"),
        (("--session", 3), 1, "there is no session 3; there are: 1"),
    ],
)
def test_what_is_wrong_is_said_in_one_line(
    run: Path, harness: Harness, options: tuple[object, ...], code: int, said: str
) -> None:
    ended, out, err = harness("resample", run, *options)
    assert (ended, out, err.count("\n")) == (code, "", 1)
    assert said in err


@pytest.mark.parametrize(("answer", "code", "sent"), [("n", 130, 0), ("y", 0, 1)])
def test_on_a_terminal_it_asks_before_money_is_spent(
    run: Path, server: ScriptedServer, answer: str, code: int, sent: int
) -> None:
    ours, theirs = pty.openpty()
    options = ("--request", "1", "--base-url", server.url)
    with subprocess.Popen(
        [*HARNESS, "resample", str(run), *options], stdin=theirs, stdout=theirs, stderr=theirs
    ) as process:
        os.close(theirs)
        shown = b""
        while b"Go on?" not in shown:
            shown += os.read(ours, 65536)
        assert server.requests == []
        assert b"1 sample of request 1 from claude-sonnet-4-5 at 127.0.0.1" in shown
        assert b"about $0.0" in shown
        assert b"at most $0.0" in shown
        os.write(ours, answer.encode() + b"\n")
        while shown:
            try:
                shown = os.read(ours, 65536)
            except OSError:  # the other end is closed
                break
        os.close(ours)
    assert (process.returncode, len(server.requests)) == (code, sent)


def test_a_folder_that_cannot_be_written_is_said_in_one_line(
    run: Path, server: ScriptedServer, harness: Harness
) -> None:
    (run / "session_01/resamples").write_bytes(b"in the way")
    code, _, err = harness("resample", run, "--request", 1, "--count", 3, "--base-url", server.url)
    assert code == 1
    assert err.splitlines()[-1].startswith(f"harness: {run}/session_01/resamples")


def test_without_a_key_it_says_which_one_is_missing(
    run: Path, harness: Harness, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("OPENAI_API_KEY")
    code, _, err = harness("resample", run, "--request", 3, "--provider", "openai")
    assert code == 1
    assert "set OPENAI_API_KEY for openai" in err


def test_a_key_that_the_server_repeats_is_not_kept(
    run: Path, server: ScriptedServer, harness: Harness
) -> None:
    server.enqueue(ErrorAnswer(529, message=f"busy, {KEY}"), ErrorAnswer(401, message=f"I do not know {KEY}"))
    code, out, err = harness("resample", run, "--request", 3, "--base-url", server.url)
    assert code == 1
    assert KEY not in out + err
    assert "I do not know [redacted]" in out
    assert holds_secret(run) == []
