"""`tessen doctor`: healthy and broken environments, each with what it says and how it ends."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

import tessen
from tessen import _checks, _config, _known_good, _ping, _samples, cli, doctor
from tessen._samples import Sample, Samples
from tests.tessen.environments import distribution, empty
from tests.tessen.ingest import Behaviour, Ingest, answer, refusing

KEY = "tk_live_0123456789-secret-of-the-doctor"


@pytest.fixture
def ingest() -> Iterator[Ingest]:
    with Ingest() as server:
        yield server


@pytest.fixture(autouse=True)
def logs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "logs"
    monkeypatch.setenv("TESSEN_LOG_DIR", str(folder))
    return folder


@pytest.fixture
def sampled(monkeypatch: pytest.MonkeyPatch) -> dict[str, Sample]:
    """What the sample calls are said to have come to; they take seconds."""
    taken = {"anthropic": Sample("2.12.0", {"_tessen_tier": 1, "event_id": "e"}, None)}
    monkeypatch.setattr(_samples, "take", lambda names: Samples(taken))
    return taken


def run(*command: str | Path, **variables: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        command,
        env={**os.environ, **variables},
        capture_output=True,
        text=True,
        timeout=200,
        check=False,
        cwd="/",
    )


# ── whole environments ──


def test_this_environment(logs: Path) -> None:
    """The real SDKs: each makes a call, and it is found in the log."""
    done = run(
        sys.executable, "-m", "tessen.doctor", "--json", TESSEN_API_KEY=KEY, HTTP_PROXY="http://127.0.0.1:9"
    )
    said = json.loads(done.stdout)
    report = said["report"]
    assert (done.returncode, done.stderr) == (0, "")
    assert report["recording_works"] is True
    assert {name: report["recorded_by_tier"][name] for name in ("anthropic", "openai", "httpx2")} == {
        "anthropic": 1,
        "openai": 1,
        "httpx2": 3,
    }
    for name in ("anthropic", "openai"):
        assert report["known_good"][name] == "known good", "the table is behind constraints.txt"
    assert said["sample_event"]["agent_name"] == "doctor"
    assert said["sample_event"]["status"] == "ok"
    assert "ping" not in said
    assert list(said)[-3:] == ["schema_version", "tessen_version", "generated_at"]
    assert report["env_config"]["TESSEN_API_KEY"] == "(set)"
    assert KEY not in done.stdout
    assert not logs.exists(), "it leaves the log alone"


def test_an_environment_with_nothing_to_record(tmp_path: Path) -> None:
    python = empty(tmp_path / "venv")
    done = run(sys.executable, "-m", "tessen.exec", "--", python, "-m", "tessen.doctor")
    assert (done.returncode, done.stderr) == (0, "")
    assert f"for {python}" in done.stdout
    assert "there is nothing to record here" in done.stdout
    assert "tessen exec -- /path/to/venv/bin/python -m tessen.doctor" in done.stdout


UNSEEN = """
from urllib.request import Request, urlopen
class ClientV2:
    def __init__(self, api_key, base_url):
        self.url = base_url
    def chat(self, model, messages):
        urlopen(Request(self.url + "/v2/chat", data=b"{}", method="POST")).read()
"""


def test_an_sdk_that_slips_through_is_a_failure(tmp_path: Path) -> None:
    python = empty(tmp_path / "venv")
    distribution(tmp_path / "packages", "cohere", "99.0.0", UNSEEN)
    distribution(tmp_path / "packages", "httpx", "0.1", "raise ImportError('of its own')")
    distribution(tmp_path / "packages", "tessen", "0.4.0", "")
    shutil.rmtree(tmp_path / "packages" / "tessen")
    command = (sys.executable, "-m", "tessen.exec", "--", python, "-m", "tessen.doctor")
    done = run(*command, PYTHONPATH=str(tmp_path / "packages"))
    assert done.returncode == 1
    assert "WRONG: a call of cohere 99.0.0 was not recorded" in done.stdout
    assert "note: httpx 0.1 could not be tried: 'ImportError: of its own'" in done.stdout
    assert "note: tessen 0.4.0 is installed here too" in done.stdout
    assert done.stdout.endswith("Recording does not work here; see above.\n")


def test_sample_calls_that_crash_are_a_failure(tmp_path: Path) -> None:
    python = empty(tmp_path / "venv")
    distribution(tmp_path / "packages", "cohere", "99.0.0", "import os; os._exit(3)")
    command = (sys.executable, "-m", "tessen.exec", "--", python, "-m", "tessen.doctor")
    done = run(*command, PYTHONPATH=str(tmp_path / "packages"))
    assert done.returncode == 1
    assert "WRONG: the sample calls ended with 3: no word of why" in done.stdout


def parts_of(secret: str, said: str) -> list[str]:
    return [secret[at : at + 6] for at in range(len(secret) - 5) if secret[at : at + 6] in said]


def test_a_key_at_the_limit_of_what_a_library_says(tmp_path: Path) -> None:
    """Half of it would not be known for one any more."""
    python = empty(tmp_path / "venv")
    failing = ("cohere", "httpx", "requests", "urllib3", "aiohttp")
    for name, before in zip(failing, (100, 130, 136, 140, 143), strict=True):
        code = f"raise ImportError({'x ' * before + KEY + ' y' * 200!r})"
        distribution(tmp_path / "packages", name, "99.0.0", code)
    command = (sys.executable, "-m", "tessen.exec", "--", python, "-m", "tessen.doctor")
    done = run(*command, PYTHONPATH=str(tmp_path / "packages"), TOOL_API_KEY=KEY)
    assert done.stdout.count("could not be tried: 'ImportError: x x x") == len(failing)
    assert parts_of(KEY, done.stdout) == []


def test_a_key_at_the_limit_of_what_the_sample_calls_die_of(tmp_path: Path) -> None:
    python = empty(tmp_path / "venv")
    code = f"import os; os.write(2, {b'x ' * 144 + KEY.encode() + b' y' * 200!r}); os._exit(3)"
    distribution(tmp_path / "packages", "cohere", "99.0.0", code)
    command = (sys.executable, "-m", "tessen.exec", "--", python, "-m", "tessen.doctor")
    done = run(*command, PYTHONPATH=str(tmp_path / "packages"), TOOL_API_KEY=KEY)
    assert "WRONG: the sample calls ended with 3: x x x" in done.stdout
    assert parts_of(KEY, done.stdout) == []


# ── what is said ──


@pytest.mark.usefixtures("sampled")
@pytest.mark.parametrize("options", [[], ["--json"]])
def test_secrets_of_addresses_are_not_said(
    options: list[str], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("TESSEN_API_KEY", KEY)
    monkeypatch.setenv("TESSEN_INGEST_URL", f"https://me:pass-of-mine@h.example/v1?token={KEY}&a=b")
    assert cli.main(["doctor", *options]) == 0
    said = capsys.readouterr().out
    assert "h.example/v1" in said
    assert "pass-of-mine" not in said
    assert KEY not in said
    assert not options or json.loads(said)["report"]["recording_works"]


def test_in_plain_words(sampled: dict[str, Sample], logs: Path, capsys: pytest.CaptureFixture[str]) -> None:
    sampled["openai"] = Sample("99.1", {"_tessen_tier": 3}, None)
    sampled["httpx2"] = Sample("2.16", {"_tessen_tier": 3}, None)
    assert cli.main(["doctor"]) == 0
    said = capsys.readouterr().out
    first, *lines = said.splitlines()
    assert first.startswith(f"tessen {tessen.__version__} for {sys.executable} (Python 3.")
    assert lines[1].startswith(f"log        {str(logs)!r} (made with the first event): can be written, ")
    assert "agent      by the module or script that calls tessen.init()" in lines
    assert "shipping   off: TESSEN_API_KEY is not set, no socket is opened" in lines
    assert "  anthropic      2.12.0    recorded in its base client (tier 1); known good" in lines
    assert any(
        line.startswith("  openai         99.1      recorded in the HTTP library (tier 3); newer")
        for line in lines
    )
    assert "  httpx2         2.16      recorded in the HTTP library (tier 3)" in lines
    assert "  cohere         not installed" in lines
    assert any(line.startswith("note: openai 99.1 is only seen in the HTTP library") for line in lines)
    assert lines[-1] == "Recording works here."
    assert "\x1b" not in said


@pytest.mark.usefixtures("sampled")
def test_colour_is_for_terminals(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setenv("TESSEN_LOGDIR", "x")
    monkeypatch.setattr(sys.stdout, "isatty", lambda: True)
    cli.main(["doctor"])
    assert "\x1b[33mnote\x1b[0m: 'TESSEN_LOGDIR'" in capsys.readouterr().out
    monkeypatch.setenv("NO_COLOR", "1")
    cli.main(["doctor"])
    assert "\x1b" not in capsys.readouterr().out


@pytest.mark.usefixtures("sampled")
def test_settings_are_shown_and_the_key_and_escapes_are_not(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("TESSEN_API_KEY", KEY)
    monkeypatch.setenv("TESSEN_AGENT_NAME", "a\x1b]0;b\x07")
    monkeypatch.setenv("TESSEN_\x1b[2J", "x")
    assert cli.main(["doctor"]) == 0
    said = capsys.readouterr().out
    assert "variable   TESSEN_API_KEY='(set)'" in said
    assert "shipping   on, to 'https://api.tessen.dev/v1/ingest'" in said
    assert KEY not in said
    assert "\x1b" not in said
    assert "\x07" not in said


@pytest.mark.parametrize(
    ("version", "said"),
    [
        ("2.12.0", "known good"),
        ("2.13.0", "known good"),
        ("1.17.0", "known good"),
        ("2.99.0", "newer than 2.13.0"),
        ("3.0.0rc1", "newer than 2.13.0"),
        ("1.18.0", "between releases"),
        ("0.39.0", "older than 1.17.0"),
    ],
)
def test_how_a_version_stands(version: str, said: str) -> None:
    sdk = _known_good.Sdk("anthropic", "anthropic", (("1.17.0", "1.17.0"), ("2.12.0", "2.13.0")))
    assert _known_good.standing(sdk, version).startswith(said)
    assert _known_good.standing(sdk._replace(good=()), version) == "no release was checked yet"


# ── the surroundings ──


def findings_of(**variables: str) -> list[str]:
    with pytest.MonkeyPatch.context() as patch:
        for name, value in variables.items():
            patch.setenv(name, value)
        return [f"{finding.what} → {finding.fix}" for finding in _checks.of_variables()]


@pytest.mark.parametrize(
    ("name", "value", "said"),
    [
        (
            "TESSEN_LOGDIR",
            "x",
            "is not a variable of tessen's and has no effect → did you mean TESSEN_LOG_DIR?",
        ),
        ("TESSEN_APIKEY", "x", "did you mean TESSEN_API_KEY?"),
        ("tessen_agent_name", "x", "did you mean TESSEN_AGENT_NAME?"),
        ("TESEN_API_KEY", "x", "did you mean TESSEN_API_KEY?"),
        ("TESSEN_ZZZ", "x", "unset it"),
        ("TESSEN_DISABLE_FSYNC", "ture", "is 'ture' and is read as off → set TESSEN_DISABLE_FSYNC=1"),
        ("TESSEN_QUEUE_MAX", "ten", "the default 1024 is used → give it a whole number that is not below 1"),
        ("TESSEN_BATCH_MAX_EVENTS", "0", "the default 64 is used"),
        ("TESSEN_RETRY_MAX", "2.7", "is '2.7' and is read as 2"),
        ("TESSEN_HTTP_TIMEOUT_SEC", "inf", "the default 10.0 is used"),
        (
            "TESSEN_QUEUE_MAX",
            "1e12",
            "the default 1024 is used → give it a whole number that is not below 1, and",
        ),
        ("TESSEN_REDACT", "a{99999999999999999999}", "is ignored (the repetition number is too large)"),
        ("TESSEN_AGENT_NAME", "  ", "is empty and counts as not set"),
        ("TESSEN_LOG_DIR", "$HOME/logs", "a variable that was not expanded"),
        ("TESSEN_API_KEY", "$KEY", "TESSEN_API_KEY is (its value), a variable that was not expanded"),
        ("TESSEN_REDACT", "fine\n(broken", "TESSEN_REDACT, line 2: '(broken' is ignored"),
    ],
)
def test_a_misread_variable_is_pointed_out(name: str, value: str, said: str) -> None:
    (finding,) = findings_of(**{name: value})
    assert said in finding


def test_good_variables_are_no_finding() -> None:
    good = {
        "DISABLE_FSYNC": " YES ",
        "DISABLE_CRAWL": "off",
        "QUEUE_MAX": " 12 ",
        "FLUSH_INTERVAL_SEC": "0.5",
    }
    assert findings_of(**{f"TESSEN_{name}": value for name, value in good.items()}) == []
    assert findings_of(TESSEN_EXEC_AGENT="internal", TENSOR_LOG_DIR="of another tool") == []


def wrong(log_dir: Path) -> list[tuple[bool, str]]:
    return [(finding.fatal, finding.what) for finding in _checks.of_folder(_checks.folder(log_dir))]


def test_a_folder_that_can_be_written_is_left_as_it_is(tmp_path: Path) -> None:
    (tmp_path / "logs").mkdir(mode=0o700)
    assert wrong(tmp_path / "logs") == []
    assert wrong(tmp_path / "deep" / "down") == []
    assert [path.name for path in tmp_path.rglob("*")] == ["logs"]


@pytest.mark.usefixtures("sampled")
def test_a_folder_that_cannot_be_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "file").touch()
    monkeypatch.setenv("TESSEN_LOG_DIR", str(tmp_path / "file" / "logs"))
    assert cli.main(["doctor"]) == 1
    said = capsys.readouterr().out
    assert "CANNOT BE WRITTEN" in said
    assert f"WRONG: the log cannot be written: {tmp_path}/file is not a folder" in said
    assert wrong(Path("/proc/self/logs"))[0][0], "a file system that takes no files"


def test_a_folder_that_one_may_not_look_into(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """As it is for anybody but root, who runs this test."""

    def refused(*_: Any, **__: Any) -> Any:
        raise PermissionError(13, "Permission denied")

    (tmp_path / "dangling").symlink_to(tmp_path / "nowhere")
    assert wrong(tmp_path / "dangling") == [
        (True, f"the log cannot be written: {tmp_path}/dangling is not a folder")
    ]
    monkeypatch.setattr(Path, "stat", refused)
    monkeypatch.setattr("tempfile.TemporaryFile", refused)
    found = _checks.folder(tmp_path / "theirs" / "logs")
    assert (found.exists, found.problem) == (False, f"{tmp_path}: Permission denied")


def test_a_disk_that_is_nearly_full(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    usage = shutil.disk_usage(tmp_path)
    for free, fatal in ((500_000_000, False), (5_000_000, True)):
        monkeypatch.setattr(shutil, "disk_usage", lambda path, free=free: usage._replace(free=free))
        assert wrong(tmp_path / "logs") == [
            (fatal, f"{free // 10**6} MB are free where the log goes ({tmp_path}/logs)")
        ]


def test_a_folder_that_others_may_look_into(tmp_path: Path) -> None:
    tmp_path.chmod(0o755)
    ((fatal, what),) = wrong(tmp_path)
    assert not fatal
    assert what == f"others may look into {tmp_path}, which holds prompts"


def test_a_key_that_would_travel_in_the_clear() -> None:
    def found(url: str) -> list[str]:
        return [each.what for each in _checks.of_shipping(_config.load(api_key=KEY, ingest_url=url))]

    assert found("http://ingest.example.com/v1") == [
        "the key and all events go to 'ingest.example.com' unencrypted"
    ]
    assert found("http://127.0.0.1:80/v1") == found("http://localhost/") == found("https://x.example/") == []
    assert found("x") == ["nothing is shipped: TESSEN_INGEST_URL is not an http or https address"]


# ── the ping ──


@pytest.mark.parametrize(
    ("behaviour", "key", "fatal", "said"),
    [
        (answer(202), KEY, None, ""),
        (answer(422), KEY, None, ""),
        (answer(401), KEY, True, "refuses TESSEN_API_KEY (HTTP 401)"),
        (answer(401), "", False, "wants a key, and TESSEN_API_KEY is not set (HTTP 401)"),
        (answer(404), KEY, True, "takes no events at this address (HTTP 404)"),
        (answer(301), KEY, True, "redirects are not followed"),
        (answer(503), KEY, False, "has trouble of its own (HTTP 503)"),
    ],
)
def test_what_the_servers_answer_means(
    behaviour: Behaviour, key: str, fatal: bool | None, said: str, ingest: Ingest
) -> None:
    ingest.expect(behaviour)
    settings = _config.load(api_key=key, ingest_url=ingest.url)
    result = _ping.ping(settings)
    finding = _ping.finding(settings, result)
    assert result.reachable
    assert (finding and finding.fatal) is fatal
    assert finding is None or said in f"{finding.what}; {finding.fix}"
    (request,) = ingest.requests
    assert request.events == []
    assert ("Authorization" in request.headers) is bool(key)


@pytest.mark.usefixtures("sampled")
def test_a_server_that_is_not_there(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    with refusing() as port:
        monkeypatch.setenv("TESSEN_INGEST_URL", f"http://127.0.0.1:{port}/ingest?secret=in-the-address")
        assert cli.main(["doctor", "--ping", "--json"]) == 1
    said = json.loads(capsys.readouterr().out)
    assert said["ping"] == {
        "url": f"http://127.0.0.1:{port}",
        "reachable": False,
        "status": None,
        "duration_ms": None,
        "problem": "Connection refused",
    }
    assert said["report"]["findings"][-1]["fatal"] is True


@pytest.mark.usefixtures("sampled")
def test_a_ping_that_is_answered(
    ingest: Ingest, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("TESSEN_INGEST_URL", ingest.url)
    monkeypatch.setenv("TESSEN_API_KEY", KEY)
    assert cli.main(["doctor", "--ping"]) == 0
    assert "; it answers HTTP 202 in " in capsys.readouterr().out


def test_ctrl_c(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    def interrupted(*, ping: bool) -> Any:
        raise KeyboardInterrupt

    monkeypatch.setattr(doctor, "examine", interrupted)
    assert cli.main(["doctor"]) == 130
    assert capsys.readouterr().err == ""
