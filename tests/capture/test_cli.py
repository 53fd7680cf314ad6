"""The `harness` command as a person meets it: what it prints, where, and the exit code."""

from __future__ import annotations

import json
import os
import pty
import signal
import stat
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx2
import pytest

import tessen

HARNESS = [sys.executable, "-c", "from capture.cli import main; main()"]
CHAT = {"model": "gpt-5-mini", "messages": [{"role": "user", "content": "hi"}]}
TIMEOUT_S = 60


@pytest.fixture
def script(tmp_path: Path) -> Path:
    path = tmp_path / "script.yaml"
    path.write_text("rules:\n  - answer: {text: from the script}\n    name: greeting\n")
    return path


def harness(*arguments: str | Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [*HARNESS, *map(str, arguments)], capture_output=True, text=True, timeout=TIMEOUT_S, check=False
    )


@contextmanager
def serving(*arguments: str | Path) -> Iterator[tuple[subprocess.Popen[str], str]]:
    """Run serve-script with a pipe for output; gives the process and the OpenAI URL."""
    command = [*HARNESS, "serve-script", *map(str, arguments)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            assert process.stdout.readline().startswith("ANTHROPIC_BASE_URL=http://127.0.0.1:")
            yield process, process.stdout.readline().strip().removeprefix("OPENAI_BASE_URL=")
        finally:
            process.kill()


def test_help_shows_the_commands_and_an_example() -> None:
    for arguments in ([], ["--help"], ["-h"]):
        done = harness(*arguments)
        assert (done.returncode, done.stderr) == (0, "")
        assert "serve-script" in done.stdout
        assert "Example:" in done.stdout


def test_version() -> None:
    assert harness("version").stdout == f"harness {tessen.__version__}\n"


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (["nope"], 2, "harness: No such command 'nope'"),
        (["serve-script"], 2, "harness: Missing argument"),
        (["serve-script", "none.yaml"], 2, "harness: none.yaml: No such file or directory"),
        (["serve-script", "none.yaml", "--port", "-1"], 2, "harness: Invalid value for '--port'"),
        (["serve-script", "none.yaml", "--wat"], 2, "harness: No such option"),
    ],
)
def test_errors_are_one_line(arguments: list[str], code: int, said: str) -> None:
    done = harness(*arguments)
    assert (done.returncode, done.stdout) == (code, "")
    assert done.stderr.startswith(said)
    assert done.stderr.count("\n") == 1


def test_a_wrong_script_names_line_and_field(tmp_path: Path) -> None:
    path = tmp_path / "wrong.yaml"
    path.write_text("rules:\n  - answer:\n      txt: hi\n")
    done = harness("serve-script", path)
    assert done.returncode == 2
    assert done.stderr == f"harness: {path}:3: rules[0].answer.txt: unknown field; did you mean 'text'?\n"


@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGTERM])
def test_it_serves_until_told_to_end(script: Path, how: signal.Signals) -> None:
    with serving(script) as (process, url):
        answer = httpx2.post(f"{url}/chat/completions", json=CHAT).json()
        process.send_signal(how)
        out, err = process.communicate(timeout=TIMEOUT_S)
    assert answer["choices"][0]["message"]["content"] == "from the script"
    assert (process.returncode, out, err) == (0, "", "")


def test_once_ends_after_one_answer(script: Path) -> None:
    with serving(script, "--once") as (process, url):
        assert httpx2.post(f"{url}/chat/completions", json=CHAT).status_code == 200
        assert process.wait(TIMEOUT_S) == 0


def test_record_keeps_requests_without_credentials(script: Path, tmp_path: Path) -> None:
    record = tmp_path / "requests.jsonl"
    with serving(script, "--once", "--record", record) as (process, url):
        httpx2.post(f"{url}/chat/completions", json=CHAT, headers={"authorization": "Bearer sk-hidden"})
        process.wait(TIMEOUT_S)
    line = json.loads(record.read_text())
    assert (line["path"], line["body"], line["status"], line["rule"]) == (
        "/v1/chat/completions",
        CHAT,
        200,
        "greeting",
    )
    assert "sk-hidden" not in record.read_text()
    assert stat.S_IMODE(record.stat().st_mode) == 0o600


def test_a_record_that_cannot_be_written_is_an_error(script: Path, tmp_path: Path) -> None:
    done = harness("serve-script", script, "--record", tmp_path)
    assert done.returncode == 1
    assert done.stderr == f"harness: {tmp_path}: Is a directory\n"


def test_a_taken_port(script: Path) -> None:
    with serving(script) as (_, url):
        port = url.removesuffix("/v1").rpartition(":")[2]
        done = harness("serve-script", script, "--port", port)
    assert done.returncode == 1
    assert done.stderr == f"harness: cannot listen on 127.0.0.1 port {port}: Address already in use\n"


def test_an_open_address_is_warned_about(script: Path) -> None:
    command = [*HARNESS, "serve-script", str(script), "--host", "0.0.0.0"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        process.stdout.readline()
        process.send_signal(signal.SIGINT)
        _, err = process.communicate(timeout=TIMEOUT_S)
    assert err.startswith("harness: warning: 0.0.0.0 is not a loopback address")


def test_on_a_terminal_each_request_is_a_line_made_harmless(script: Path) -> None:
    ours, theirs = pty.openpty()
    with subprocess.Popen([*HARNESS, "serve-script", str(script)], stdout=theirs, stderr=theirs) as process:
        os.close(theirs)
        try:
            shown = read_until(ours, b"/v1\r\n")
            url = shown.decode().split("OPENAI_BASE_URL=")[1].strip()
            httpx2.post(f"{url}/chat/completions", json=CHAT | {"model": "gpt\x1b[2J\u202e"})
            line = read_until(ours, b"greeting\r\n")
        finally:
            process.send_signal(signal.SIGINT)
            process.wait(TIMEOUT_S)
    os.close(ours)
    assert b"#1  POST  /v1/chat/completions  gpt\xef\xbf\xbd[2J\xef\xbf\xbd  200" in line
    assert b"\x1b" not in line


def read_until(terminal: int, end: bytes) -> bytes:
    seen = b""
    while end not in seen:
        seen += os.read(terminal, 4096)
    return seen
