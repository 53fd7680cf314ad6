"""Lines too long to be held, as every command meets them: found, counted, shown in part and given whole."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

import tessen.events as ev
from tessen.reading import found, long_lines, walk
from tessen.reading.parse import Tally
from tessen.reading.places import places
from tests.logs import NOW, answer, make_event, write_log
from tests.reading_samples import said

LONG = "The order was refunded; お客様 \x7f \U0001f600. " * 150_000 + "needle-at-the-end"
"""Some 6 MB: more than is held."""


def long_event(number: int, **changes: Any) -> dict[str, Any]:
    return make_event(number, "a", NOW + number, casted_response=answer(LONG), **changes)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A long event between short ones; a long one behind a torn one; one that an old recorder wrote."""
    old = long_event(4, request_body={"model": "m", "system": {}, "messages": []})
    del old["v"], old["usage"], old["model"]
    glued = b'{"event_id": "torn", "request' + json.dumps(long_event(3), ensure_ascii=False).encode() + b"\n"
    events = [make_event(1, "a", NOW + 1), long_event(2), glued, old, make_event(5, "a", NOW + 5)]
    return write_log(tmp_path_factory.mktemp("long"), events, agent="a")


@pytest.fixture(autouse=True)
def log(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TESSEN_LOG_DIR", str(folder))


def ids(output: str) -> list[int]:
    return [int(json.loads(line)["event_id"], 16) for line in output.splitlines()]


def test_each_is_found_both_ways(folder: Path) -> None:
    for order, expected in ((walk.oldest_first, [1, 2, 3, 4, 5]), (walk.newest_first, [5, 4, 3, 2, 1])):
        tally = Tally()
        numbers = [int(each.facts.event_id, 16) for each in order(places(None, folder), None, None, tally)]
        assert (numbers, tally.events, tally.corrupt_lines) == (expected, 5, 1)


def test_each_is_counted(capsys: pytest.CaptureFixture[str]) -> None:
    (agent,) = json.loads(said(capsys, "status", "--all", "--json"))["agents"]
    report = json.loads(said(capsys, "analyze", "--json"))
    assert agent["events"] == report["events_total"] == 5
    assert report["tokens"]["input"] == 5 * 4_200
    assert (report["corrupt_lines"], report["foreign_lines"]) == (1, 0)


@pytest.mark.parametrize("query", ['"needle-at-the-end"', '"😀. the ORDER"'])
def test_a_text_is_found_wherever_it_stands(query: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert ids(said(capsys, "tail", "--no-follow", "--json", "--filter", query)) == [2, 3, 4]
    assert ids(said(capsys, "tail", "--no-follow", "--json", f"--filter=-{query}")) == [1, 5]
    assert json.loads(said(capsys, "analyze", "--json", "--filter", query))["events_total"] == 3


def test_tail_says_the_same_of_it_as_of_a_short_one(capsys: pytest.CaptureFixture[str]) -> None:
    lines = said(capsys, "tail", "--no-follow").splitlines()
    assert len(lines) == 5
    assert all("claude-haiku-4-5" in line and "4.2k→310" in line for line in lines)


def test_json_gives_all_of_it(capsys: pytest.CaptureFixture[str]) -> None:
    out = said(capsys, "tail", "--no-follow", "--json", "-n", "4")
    assert out.isascii()
    assert "\x7f" not in out
    events = list(map(json.loads, out.splitlines()))
    texts = [event["casted_response"]["content"][0]["text"] for event in events]
    assert texts[:3] == [LONG] * 3
    assert events[0] == long_event(2)
    assert events[2]["usage"]["input_tokens"] == 4_200  # which is what mending an old one adds
    shown = json.loads(said(capsys, "viewer", "--json", "--event", f"{2:032x}"))["events"]
    assert shown == [long_event(2)]


def test_viewer_says_what_it_leaves_out(capsys: pytest.CaptureFixture[str]) -> None:
    told = said(capsys, "viewer", "--event", f"{2:032x}")
    assert "too long to be shown whole" in told
    assert len(told) < 300_000
    said_left_out = told.split("… ")[-1].split(" bytes more")[0]
    shown = told.count("お客様")
    assert int(said_left_out.replace(",", "")) > 5_000_000
    assert 1_000 < shown < 10_000
    assert "too long" not in said(capsys, "viewer", "--event", f"{1:032x}")


def test_two_that_differ_in_what_is_not_shown_differ(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    events = [make_event(n, "a", NOW + n, casted_response=answer(LONG + end)) for n, end in enumerate("xyy")]
    write_log(tmp_path, events)
    compared = [
        json.loads(said(capsys, "compare", f"{a:032x}", f"{b:032x}", "--json", "--log-dir", str(tmp_path)))
        for a, b in ((0, 1), (1, 2))
    ]
    assert ["answer" in [each["name"] for each in one["differences"]] for one in compared] == [True, False]


def test_python_gets_all_of_it() -> None:
    for events in (list(ev.read("a")), ev.recent("a")):
        assert [int(event["event_id"], 16) for event in events] == [1, 2, 3, 4, 5]
        assert events[1] == long_event(2)


def test_a_picture_has_its_size_though_it_is_cut(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    source = {"type": "base64", "media_type": "image/png", "data": "QUJD" * 3_000_000}
    asked = [{"role": "user", "content": [{"type": "image", "source": source}]}]
    write_log(tmp_path, [make_event(1, "a", NOW, request_body={"model": "m", "messages": asked})])
    assert "[image image/png 9.0 MB]" in said(capsys, "viewer", "--log-dir", str(tmp_path))


def test_many_values_are_many_however_short_the_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Each takes a hundred times as much memory as it takes bytes."""
    event = make_event(1, "a", NOW, casted_response={**answer("x"), "lists": [[]] * 300_000})
    write_log(tmp_path, [event])
    parsed: list[int] = []
    parse = long_lines.parse
    for module in (long_lines, found):
        monkeypatch.setattr(module, "parse", lambda line: parsed.append(len(line)) or parse(line))
    assert "too long to be shown whole" in said(capsys, "viewer", "--log-dir", str(tmp_path))
    assert parsed
    assert max(parsed) < 200_000
    shown = json.loads(said(capsys, "viewer", "--json", "--log-dir", str(tmp_path)))["events"]
    assert shown == [event]
