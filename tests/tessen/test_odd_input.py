"""What a hostile log and a careless user bring, through every reading command."""

from __future__ import annotations

import contextlib
import json
import os
import re
import shlex
import socket
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from rich.cells import cell_len

import tessen.events as ev
from tessen import _uploading, cli
from tessen.columns import PIPE_WIDTH
from tessen.reading.found import in_line
from tessen.reading.lines import Line
from tessen.reading.parse import Tally
from tessen.reading.scan import expect_many
from tests import reading_samples
from tests.logs import HOSTILE, NOW, make_error, make_event, write_log
from tests.reading_samples import said

DAY = "2026-11-23.jsonl"
LONG = "L" * 100_000
NAMES = (
    *HOSTILE,
    *(LONG, "", "\ud800", "\0", "日本語" * 2_000, "a\nb\tc", "[red]x[/red]", "e" + "\u0301" * 50_000),
)
ODD = (
    *("NaN", "Infinity", "-Infinity", "1e400", "-5", '"7"', "true", "[1]", "{}", "null", "1e18", "-1e18"),
    *("0", "9" * 40, "9" * 5_000, "253402300800", "-62135596800"),
    *("[" * 60 + "]" * 60, '{"a":' * 1_010 + "1" + "}" * 1_010),
)
KEYS = (
    *("event_id", "session_id", "agent_name", "ts", "_tessen_tier", "provider", "surface", "call_site"),
    *("duration_ms", "request_body", "streamed", "status", "casted_response", "response_body", "error"),
    *("attempts", "outcome", "usage", "model", "quality_signals", "ttft_ms", "v", "unheard_of"),
)
FOREIGN = (b"[]", b'"x"', b"null", b"1", b"NaN", b"{}", b"{", b"\0" * 1_000, b"\xff\xfe", b"[" * 100_000)


def hostile_events() -> list[dict[str, Any]]:
    """One event a name, which stands wherever there is room for one."""
    events = []
    for number, name in enumerate(NAMES):
        made = (make_error if number % 2 else make_event)(number, name, NOW + number)
        block = [{"type": "text", "text": name}, {"type": "tool_use", "name": name, "input": {name: name}}]
        made |= {"model": name, "surface": name, "session_id": name, "outcome": name, name: name}
        made |= {"quality_signals": [name] * 3, "call_site": {"file": name, "line": 1, "func": name}}
        made |= {"request_body": {"model": name, "messages": [{"role": name, "content": name}]}}
        if number % 2:
            made["error"] |= {"type": name, "msg": name, "tb": name, "body": {name: name}}
        else:
            made["casted_response"] = {"content": block, "stop_reason": name, "model": name}
        events.append(made)
    return events


def odd_lines() -> list[bytes]:
    """One line for each odd value of each member; and lines that are no events."""
    lines = []
    for number, (key, value) in enumerate((key, value) for key in KEYS for value in ODD):
        event = {**make_event(1_000 + number, "odd", NOW), key: "@"}
        lines.append(json.dumps(event).replace('"@"', value).encode() + b"\n")
    return [*lines, *(line + b"\n" for line in FOREIGN), b'{"event_id": "torn']


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A log of all that, and of files that are none."""
    root = write_log(tmp_path_factory.mktemp("odd"), [*hostile_events(), *odd_lines()], agent="odd")
    for name in ("fifo", "loop", "gone", "folder/" + DAY, "socket", "nul"):
        (root / name).mkdir(parents=True)
    os.mkfifo(root / "fifo" / DAY)
    (root / "loop" / DAY).symlink_to(DAY)
    (root / "gone" / DAY).symlink_to("/nowhere/at/all")
    (root / "nul" / DAY).write_bytes(b"\0" * 1_000_000)
    here = os.open(root / "socket", os.O_RDONLY)
    with socket.socket(socket.AF_UNIX) as made:
        made.bind(f"/proc/self/fd/{here}/{DAY}")
    os.close(here)
    return root


def acts(raw: str) -> list[str]:
    """What in an output a terminal would act on, or an eye would not see; line breaks aside."""
    return re.findall("[\0-\x09\x0b-\x1f\x7f-\x9f\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff]", raw)


def strict(text: str) -> Any:
    """The value of JSON as the standard has it."""

    def refuse(constant: str) -> None:
        raise ValueError(f"{constant} is not JSON")

    return json.loads(text, parse_constant=refuse)


COMMANDS = [
    ["status"],
    ["status", "--json"],
    ["tail", "--no-follow", "-n", "99999"],
    ["tail", "--no-follow", "-n", "99999", "--json"],
    ["tail", "--no-follow", "--since", "2020-01-01", "--filter", "dur>0 status:error"],
    ["viewer"],
    ["viewer", "--json", "-n", "99999"],
    ["viewer", "--index", "0"],
    ["analyze"],
    ["analyze", "--json", "--since", "2020-01-01"],
    ["upload", "--all", "--dry-run"],
    ["upload", "--all", "--dry-run", "--json"],
]


@pytest.mark.parametrize("arguments", COMMANDS, ids=" ".join)
def test_whatever_a_log_holds_is_shown(
    folder: Path, capsys: pytest.CaptureFixture[str], arguments: list[str]
) -> None:
    code = cli.main([*arguments, "--log-dir", str(folder)])
    out, err = capsys.readouterr()
    assert code == (1 if arguments[0] == "upload" else 0)
    assert acts(out) == acts(err) == []
    if "--json" not in arguments:
        assert arguments[0] == "viewer" or max(map(cell_len, out.splitlines())) < 400
    elif arguments[0] == "tail":
        assert len([strict(line) for line in out.splitlines()]) > 400
    else:
        assert list(strict(out))[-3:] == ["schema_version", "tessen_version", "generated_at"]


@pytest.mark.parametrize("command", ["status", "tail", "viewer", "analyze", "upload"])
def test_what_cannot_be_read_is_said(folder: Path, capsys: pytest.CaptureFixture[str], command: str) -> None:
    more = {"tail": ["--no-follow", "-n", "99999"], "upload": ["--all", "--dry-run"]}.get(command, [])
    cli.main([command, *more, "--log-dir", str(folder)])
    out, err = capsys.readouterr()
    for name in ("fifo", "loop", "gone", "folder", "socket"):
        assert f"{folder / name / DAY}: " in err
    assert re.search(r"[1-9]\d* (lines could not be read|unreadable lines)", err + out)


def test_columns_stay_columns(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    cli.main(["status", "--all", "--log-dir", str(folder)])
    _, _, head, *rows = capsys.readouterr().out.splitlines()
    place = cell_len(head[: head.index("seen") + len("seen")])
    for row in rows:
        assert cell_len(row) <= PIPE_WIDTH
        ends = [cell_len(row[: match.end()]) for match in re.finditer(r" (?:\d+[smhd]|now|–)(?=  )", row)]
        assert place in ends


def test_a_name_is_whole_in_json(folder: Path) -> None:
    names = {event["agent_name"] for event in ev.read(log_dir=folder) if isinstance(event["agent_name"], str)}
    assert LONG in names


def test_python_reads_all_of_it(folder: Path) -> None:
    stats: dict[str, Any] = {}
    events = list(ev.read(log_dir=folder, stats=stats))
    assert stats["events"] == len(events)
    assert stats["corrupt_lines"] >= 5
    assert len(stats["unreadable_files"]) == 5
    report = ev.aggregate([*events, None, 1, {}, {"ts": float("nan"), "usage": float("inf")}])  # type: ignore[list-item]
    assert report["events_total"] >= len(events)
    assert len(ev.recent(log_dir=folder, n=10**30)) == len(events)
    assert list(ev.filter_events(events, query="model:*haiku* dur>0 any-text")) == []


@pytest.mark.parametrize("name", ["a\0b", "x" * 5_000, "", "~nobody-here/x", "/dev/null", "\x1b]0;x\x07"])
def test_names_that_no_path_can_hold_are_not_there(folder: Path, name: str) -> None:
    assert list(ev.read(name or "no", log_dir=folder)) == []
    assert ev.recent(name or "no", log_dir=folder) == []
    assert list(ev.read(log_dir=name or "/nowhere")) == ev.list_agents(name or "/nowhere") == []


def test_a_line_that_proves_to_be_no_json_is_told_by_its_ends() -> None:
    lines = [json.dumps(make_event(n, "a", NOW + n)).encode() for n in range(40)]
    expect_many()
    for line in lines:
        in_line(-1, Path("log"), Line(0, line, len(line)), Tally())
    spoiled = lines[7].replace(b'[{"role"', b'[}{"role"')
    (found,) = in_line(-1, Path("log"), Line(0, spoiled, len(spoiled)), Tally())
    assert (found.event["event_id"], found.event["agent_name"]) == (f"{7:032x}", "a")
    assert "no JSON" in found.event["unreadable"]


def test_a_sentence_says_only_the_beginning_of_a_long_name(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    failed = [make_error(n, "a", NOW + n, kind=LONG) for n in range(9)]
    report = strict(said(capsys, "analyze", "--json", "--log-dir", str(write_log(tmp_path, failed))))
    (storm,) = (finding for finding in report["findings"] if finding["kind"] == "error_storm")
    assert re.fullmatch(r"9 calls failed within one minute \(L{79}…\)", storm["says"])
    assert list(report["error_types"]) == [f"{LONG} (429)"]


def test_an_impossible_clock_displaces_nothing(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    asks = [{"type": "tool_use", "id": "t", "name": "look", "input": {}}]
    asking = make_event(1, "a", NOW, casted_response={"content": asks, "stop_reason": "tool_use"})
    mad = [json.dumps(make_event(n, "a", 10.0**n)).encode() + b"\n" for n in range(12, 19)]
    write_log(tmp_path, [make_event(2, "a", NOW - 3 * 86_400), asking, *mad], agent="a")
    report = strict(said(capsys, "analyze", "--json", "--log-dir", str(tmp_path)))
    assert "stall" not in [finding["kind"] for finding in report["findings"]]
    assert (report["change"]["recent"]["events"], report["change"]["previous"]["events"]) == (8, 0)
    told = said(capsys, "analyze", "--log-dir", str(tmp_path))
    assert "2026-11-20" in told
    assert "and 7 calls at a time that is no date" in told


# ── what a careless user types ──


@pytest.fixture
def log(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    root = reading_samples.write(tmp_path / "logs")
    monkeypatch.setenv("TESSEN_LOG_DIR", str(root))
    return root


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["tail", "-n", "-1"], "-n: takes a whole number, 0 or more, not '-1'"),
        (["tail", "-n", "x" * 9_000], "-n: takes a whole number"),
        (["viewer", "-n", "1.5"], "-n: takes a whole number, 0 or more, not '1.5'"),
        (["viewer", "--index", "first"], "--index: takes a whole number such as 0 or -1"),
        (["analyze", "--since=--"], "--since: takes a duration or a date"),
        (["status", "--since", ""], "--since: '' is neither"),
        (["status", "--since=\x1b[31m"], "--since: '\\x1b[31m' is neither"),
        (["viewer", "--nope\x1b[31m"], "unrecognized arguments: --nope␛[31m; see tessen viewer --help"),
        (["tail", "x" * 9_000], "there are: billing, support"),
        (["upload", "support", "--batch-size", "0"], "--batch-size: takes a whole number, 1 or more"),
        (["upload", "support", "--dry-run", "--since", "soon"], "--since: 'soon' is neither"),
        (["upload", "support", "--dry-run", "--ingest-url", "ftp://x"], "--ingest-url"),
    ],
    ids=lambda value: " ".join(value)[:40].replace("\x1b", "") if isinstance(value, list) else "",
)
def test_what_makes_no_sense_is_one_line(
    log: Path, capsys: pytest.CaptureFixture[str], arguments: list[str], words: str
) -> None:
    with contextlib.suppress(SystemExit):
        assert cli.main(arguments) == 2
    told = capsys.readouterr()
    assert told.out == ""
    assert words in told.err
    assert (told.err.count("\n"), acts(told.err)) == (1, [])
    assert len(told.err) < 1_000


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        (["tail", "-n", "0"], 0),
        (["tail", "-n", "9" * 30], 0),
        (["viewer", "-n", "9" * 30], 0),
        (["viewer", "-n", "0", "--json"], 0),
        (["viewer", "--index", "9" * 30], 1),
        (["viewer", "--index", "-" + "9" * 30], 1),
        (["viewer", "--event", ""], 2),
        (["tail", "--filter=--"], 0),
        (["analyze", "--log-dir", "~nobody-here/logs"], 1),
        (["tail", "--log-dir", "y" * 5_000], 1),
    ],
    ids=lambda value: " ".join(value)[:40] if isinstance(value, list) else "",
)
def test_what_is_out_of_range_ends_as_it_should(
    log: Path, capsys: pytest.CaptureFixture[str], arguments: list[str], code: int
) -> None:
    assert cli.main([*arguments, *(["--no-follow"] if arguments[0] == "tail" else [])]) == code
    told = capsys.readouterr()
    assert told.err.count("\n") == bool(code)


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["tail", "--no-follow", "--filter", "agent:nobody"], "no event matches"),
        (["tail", "--no-follow", "--since", "2999-01-01"], "no event matches"),
        (["status", "--since", "2999-01-01"], "nothing was seen then"),
        (["analyze", "--since", "2999-01-01"], "nothing to add up"),
        (["viewer", "--since", "2999-01-01"], "no event matches"),
    ],
    ids=lambda value: " ".join(value)[:40] if isinstance(value, list) else "",
)
def test_nothing_that_matches_is_said(
    log: Path, capsys: pytest.CaptureFixture[str], arguments: list[str], words: str
) -> None:
    cli.main(arguments)
    told = capsys.readouterr()
    assert words in told.out + told.err


@pytest.fixture
def told_of(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A log of what the examples name."""
    ids = {"51872a06": "07a0b2ce", "99611ca1": "e07804db"}
    events = [
        make_event(number, "my_agent", NOW + number, event_id=f"{event:0<32}", session_id=f"{session:0<32}")
        for number, (event, session) in enumerate(ids.items())
    ]
    asked = make_error(9, "my_agent", NOW + 9) | {"quality_signals": ["truncated_response", "rate_limited"]}
    monkeypatch.setenv("TESSEN_LOG_DIR", str(tmp_path))
    monkeypatch.delenv("TESSEN_API_KEY", raising=False)
    return write_log(tmp_path, [*events, asked])


@pytest.mark.parametrize("command", ["status", "tail", "viewer", "analyze", "compare", "version", "upload"])
def test_the_examples_of_the_help_work_when_they_are_pasted(
    told_of: Path, capsys: pytest.CaptureFixture[str], command: str
) -> None:
    with pytest.raises(SystemExit):
        cli.main([command, "--help"])
    examples = re.findall(r"^  \$ tessen ([^|\n]+)", capsys.readouterr().out, re.MULTILINE)
    assert examples
    ends = {"tail": ["--no-follow"], "upload": ["--dry-run"]}.get(command, [])
    for example in examples:
        assert cli.main([*shlex.split(example), *ends]) == 0, example
    assert capsys.readouterr().out


@pytest.mark.parametrize("command", ["status", "tail", "viewer", "analyze"])
def test_a_terminal_without_the_characters_gets_the_rest(log: Path, command: str) -> None:
    write_log(log, [make_event(9, "日本", NOW)])
    argv = [sys.executable, "-m", f"tessen.{command}", *(["--no-follow"] if command == "tail" else [])]
    environment = {**os.environ, "PYTHONIOENCODING": "ascii"}
    done = subprocess.run(argv, capture_output=True, text=True, check=True, timeout=60, env=environment)
    assert done.stdout.isascii()
    assert "?" in done.stdout
    assert done.stderr == ""


def test_a_pager_that_is_no_command_is_said(
    log: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys.stdout, "isatty", lambda: True)
    monkeypatch.setenv("PAGER", "less '")
    assert cli.main(["viewer"]) == 2
    assert (
        capsys.readouterr().err == "tessen viewer: PAGER: No closing quotation; mend it, or use --no-pager\n"
    )


def test_upload_passes_over_what_is_too_long(
    log: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(_uploading, "MAX_LINE", 5_000)
    monkeypatch.setattr(_uploading, "_PIECE", 1_000)
    path = log / "support" / DAY
    clock = b'{"event_id": "c", "agent_name": "support", "ts": 1%s}\n' % (b"0" * 400)
    path.write_bytes(b'{"x": "%s"}\n' % (b"y" * 12_345) + clock + path.read_bytes())
    report = strict(said(capsys, "upload", "support", "--dry-run", "--json"))["per_agent"]["support"]
    assert (report["scanned"], report["shipped"], report["corrupt_lines"]) == (4, 2, 2)
