"""`tessen upload` against a real server: what is sent, what is remembered, how it ends."""

from __future__ import annotations

import json
import os
import pty
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tessen import _ship_wire, cli
from tests.tessen.ingest import Hanging, Ingest, answer

KEY = "tk_live_0123456789-secret-of-the-upload"


@pytest.fixture
def ingest() -> Iterator[Ingest]:
    with Ingest() as server:
        yield server


@pytest.fixture(autouse=True)
def logs(tmp_path: Path, ingest: Ingest, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(_ship_wire, "FIRST_WAIT", 0.01)
    monkeypatch.setenv("TESSEN_LOG_DIR", str(tmp_path))
    monkeypatch.setenv("TESSEN_API_KEY", KEY)
    monkeypatch.setenv("TESSEN_INGEST_URL", ingest.url)
    return tmp_path


def event(number: int, **more: Any) -> bytes:
    said = {"event_id": f"{number:032x}", "agent_name": "agent", "ts": 1_700_000_000.0 + number, **more}
    return json.dumps(said).encode() + b"\n"


def write(logs: Path, *lines: bytes, name: str = "2023-11-14.jsonl", agent: str = "agent") -> Path:
    path = logs / agent / name
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("ab") as file:
        file.write(b"".join(lines))
    return path


def sent(ingest: Ingest) -> list[int]:
    return [int(each["event_id"], 16) for each in ingest.events()]


def upload(*arguments: str) -> int:
    return cli.main(["upload", *(arguments or ("agent",))])


def counts(capsys: pytest.CaptureFixture[str], *arguments: str) -> dict[str, int]:
    upload(*arguments, "agent", "--json")
    report = json.loads(capsys.readouterr().out)
    return dict(report["per_agent"]["agent"])


def test_all_files_in_order_and_every_line_as_it_is(
    ingest: Ingest, logs: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    write(logs, event(3), name="2023-11-15.jsonl")
    write(logs, event(2), name="2023-11-14.10.jsonl")
    write(logs, event(0, text="a\u2028b"), event(1), name="2023-11-14.2.jsonl")
    assert upload() == 0
    (request,) = ingest.requests
    assert sent(ingest) == [0, 1, 2, 3]
    assert request.json["type"] == "events"
    assert request.json["agent_name"] == "agent"
    assert ingest.events()[0]["text"] == "a\u2028b"
    said = capsys.readouterr()
    assert said.out == (f"agent: 4 events sent to http://localhost:{ingest.port} in 1 requests, 0 skipped\n")
    assert said.err == ""


def test_the_documented_json(ingest: Ingest, logs: Path, capsys: pytest.CaptureFixture[str]) -> None:
    write(logs, *map(event, range(5)), b'{"torn": \n')
    write(logs, event(9, agent_name="b"), agent="b")
    assert upload("--all", "--json", "--batch-size", "2") == 0
    report = json.loads(capsys.readouterr().out)
    names = ("scanned", "shipped", "failed", "skipped", "batches", "corrupt_lines")
    agent, b = (
        dict(zip(names, (6, 5, 0, 0, 3, 1), strict=True)),
        dict(zip(names, (1, 1, 0, 0, 1, 0), strict=True)),
    )
    assert report["per_agent"] == {"agent": agent, "b": b}
    assert report["aggregate"] == {**{name: agent[name] + b[name] for name in names}, "agents_processed": 2}
    assert report["dry_run"] is False
    assert list(report)[-3:] == ["schema_version", "tessen_version", "generated_at"]


def test_only_what_is_new_is_sent_again(
    ingest: Ingest, logs: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = write(logs, event(0), b"torn\n", event(1))
    assert counts(capsys)["shipped"] == 2
    write(logs, event(2))
    assert counts(capsys) == {
        "scanned": 4, "shipped": 1, "failed": 0, "skipped": 2, "batches": 1, "corrupt_lines": 1
    }  # fmt: skip
    assert sent(ingest) == [0, 1, 2]
    path.write_bytes(event(7) + event(8))
    assert counts(capsys)["shipped"] == 2, "a new file of an old name"
    with Ingest() as other:
        assert counts(capsys, "--ingest-url", other.url)["shipped"] == 2, "another server has nothing"
    assert counts(capsys)["shipped"] == 0


def test_a_line_that_is_still_being_written_is_sent_when_it_is_whole(
    ingest: Ingest, logs: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    write(logs, event(0), event(1)[:-9])
    assert counts(capsys)["corrupt_lines"] == 1
    write(logs, event(1)[-9:])
    assert counts(capsys) == {
        "scanned": 2, "shipped": 1, "failed": 0, "skipped": 1, "batches": 1, "corrupt_lines": 0
    }  # fmt: skip
    assert sent(ingest) == [0, 1]


def test_shipped_means_acknowledged(ingest: Ingest, logs: Path, capsys: pytest.CaptureFixture[str]) -> None:
    write(logs, *map(event, range(6)))
    ingest.expect(answer(), *[answer(500)] * 4)
    assert upload("agent", "--batch-size", "2") == 1
    said = capsys.readouterr()
    assert "2 events sent" in said.out
    assert "2 failed" in said.out
    assert said.err.endswith(": HTTP 500; run it again to go on from there\n")
    assert len(ingest.requests) == 5
    assert len({request.headers["Idempotency-Key"] for request in ingest.requests[1:]}) == 1
    assert upload("agent", "--batch-size", "2") == 0
    assert sent(ingest)[-4:] == [2, 3, 4, 5]
    assert ingest.requests[5].headers["Idempotency-Key"] == ingest.requests[4].headers["Idempotency-Key"]


def test_a_refused_batch_does_not_hold_up_the_others(
    ingest: Ingest, logs: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    write(logs, *map(event, range(3)))
    ingest.expect(answer(), answer(422))
    found = counts(capsys, "--batch-size", "1")
    assert (found["shipped"], found["failed"]) == (2, 1)
    ingest.expect(answer(401))
    assert upload() == 1
    assert "HTTP 401" in capsys.readouterr().err


def test_since(ingest: Ingest, logs: Path, capsys: pytest.CaptureFixture[str]) -> None:
    write(logs, event(0), name="2023-11-10.jsonl")
    write(logs, event(1), event(2), event(3))
    found = counts(capsys, "--since", "2023-11-14T22:13:22")
    assert (found["shipped"], found["skipped"]) == (2, 1)
    assert sent(ingest) == [2, 3]
    assert counts(capsys)["shipped"] == 2, "the older ones, which were not sent before"


def test_a_dry_run_sends_and_remembers_nothing(
    ingest: Ingest, logs: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("TESSEN_API_KEY")
    path = write(logs, event(0), event(1))
    assert upload("agent", "--dry-run") == 0
    assert "2 events would be sent" in capsys.readouterr().out
    assert ingest.connections == 0
    assert list(path.parent.iterdir()) == [path]


def test_secrets_of_old_logs_and_source_stay_here(
    ingest: Ingest, logs: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TESSEN_REDACT", r"card \d+")
    trace = 'Traceback (most recent call last):\n  File "a.py", line 1, in f\n    the_source()\nE: no'
    write(
        logs,
        event(0, request_body={"key": "sk-proj-0123456789abcdefgh", "say": f"card 4711 {KEY}"}),
        event(1, error={"tb": trace}),
        event(2)[:-2] + b',"duration_ms":NaN}\n',
    )
    assert upload() == 0
    first, second, third = ingest.events()
    assert first["request_body"] == {"key": "[redacted]", "say": "[redacted] [redacted]"}
    assert second["error"]["tb"] == trace.replace("    the_source()\n", "")
    assert third["duration_ms"] == "nan"
    kept = [path.read_bytes() for path in logs.rglob(".*") if path.is_file()]
    assert kept
    assert not any(KEY.encode() in data for data in kept)
    assert all(path.stat().st_mode & 0o077 == 0 for path in logs.rglob(".*"))


@pytest.mark.parametrize("data", [b"", b"{", b"[]", b'{"servers": {"x": {"y": 1}}}', b'{"servers": []}'])
def test_a_torn_memory_means_that_nothing_was_acknowledged(
    data: bytes, ingest: Ingest, logs: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = write(logs, event(0))
    path.with_name(".uploaded.json").write_bytes(data)
    assert counts(capsys)["shipped"] == 1
    assert counts(capsys)["shipped"] == 0


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (["--all", "agent"], 2, "name one agent, or say --all"),
        (["--json"], 2, "name one agent, or say --all"),
        (["agnet"], 1, "there is no log of 'agnet'; did you mean agent?"),
        (["\x1b]0;x\x07"], 1, r"there is no log of '\x1b]0;x\x07'; there are: agent"),
        (["agent", "--since", "yesterday"], 2, "'yesterday' is neither a duration nor a date"),
        (["agent", "--ingest-url", "there"], 2, "TESSEN_INGEST_URL is not an http or https address"),
        (["--all", "--log-dir", "/nowhere"], 1, "/nowhere: there is no log in this folder"),
    ],
)
def test_what_cannot_be_done_is_one_line(
    arguments: list[str], code: int, said: str, logs: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    write(logs, event(0))
    assert upload(*arguments) == code
    err = capsys.readouterr().err
    assert err.startswith("tessen upload: ")
    assert said in err
    assert err.count("\n") == 1


def test_without_a_key(
    logs: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("TESSEN_API_KEY")
    write(logs, event(0))
    assert upload() == 2
    assert "TESSEN_API_KEY is not set" in capsys.readouterr().err


def test_two_uploads_of_one_log(ingest: Ingest, logs: Path, capsys: pytest.CaptureFixture[str]) -> None:
    hanging = Hanging()
    ingest.expect(hanging)
    write(logs, event(0))
    first = threading.Thread(target=upload)
    first.start()
    ingest.wait_for(1)
    assert upload() == 1
    assert "another upload of this log is running" in capsys.readouterr().err
    hanging.go.set()
    first.join()
    assert sent(ingest) == [0]


def test_ctrl_c_and_going_on(ingest: Ingest, logs: Path) -> None:
    write(logs, *map(event, range(4)))
    ingest.expect(answer(), Hanging())
    command = [sys.executable, "-m", "tessen.upload", "agent", "--batch-size", "1"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        ingest.wait_for(2)
        process.send_signal(signal.SIGINT)
        out, err = process.communicate(timeout=60)
    assert process.returncode == 130
    assert "1 events sent" in out
    assert err == "tessen upload: interrupted; run it again to go on from there\n"
    assert upload() == 0
    assert sent(ingest) == [0, 1, 1, 2, 3]


def test_progress_is_for_terminals(ingest: Ingest, logs: Path) -> None:
    write(logs, *map(event, range(3)))
    ours, its = pty.openpty()
    command = [sys.executable, "-m", "tessen.upload", "agent", "--batch-size", "1"]
    subprocess.run(command, stdout=subprocess.DEVNULL, stderr=its, check=True, timeout=60)
    os.close(its)
    shown = os.read(ours, 10_000)
    os.close(ours)
    assert shown.count(b"\r\x1b[K") == 4
    assert b"agent: 3 sent, 0 skipped, 0 failed" in shown
    assert shown.endswith(b"\r\x1b[K")


def test_a_closed_pipe_ends_quietly(logs: Path) -> None:
    write(logs, event(0))
    command = f"{sys.executable} -m tessen.upload agent | true; exit ${{PIPESTATUS[0]}}"
    done = subprocess.run(["bash", "-c", command], capture_output=True, text=True, timeout=60, check=False)
    assert (done.returncode, done.stderr) == (0, "")


def test_a_large_log_is_sent_in_bounded_memory(ingest: Ingest, logs: Path) -> None:
    import tracemalloc

    write(logs, *(event(number, text="x" * 10_000) for number in range(1500)))
    tracemalloc.start()
    assert upload("agent", "--dry-run") == 0
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 4_000_000
