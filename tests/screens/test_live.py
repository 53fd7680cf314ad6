"""Live, driven by keys over a real log folder."""

from __future__ import annotations

import json
import stat
from collections.abc import Callable
from pathlib import Path

import pytest

from screens.compare import CompareScreen
from screens.inspector import InspectorScreen
from screens.live import LiveScreen
from tessen.sanitise import is_safe
from tessen_tui.app import TessenApp
from tests.logs import HOSTILE, NOW, answer, make_error, make_event, night, write_log
from tests.running import priced, running, settled, shows, until
from tests.screen_text import lines_of, text_of
from widgets.event_list import EventList

Size = tuple[int, int]
Matches = Callable[..., bool]


@pytest.fixture
def logs(tmp_path: Path) -> Path:
    return write_log(tmp_path / "logs", night())


def events(app: TessenApp) -> EventList:
    return app.query_one(EventList)


def rows(app: TessenApp) -> list[str]:
    """The list's lines, without the scrollbar."""
    return [line[:-1].rstrip() for line in lines_of(app, events(app)) if line.strip()]


def row_at_cursor(app: TessenApp) -> str:
    return next(line for line in rows(app) if line.startswith("▌"))


async def test_the_newest_is_at_the_bottom_and_followed(logs: Path) -> None:
    async with running(logs) as (app, pilot):
        assert rows(app)[-1].startswith("▌ · 03:14:04")
        assert "● following · 120 events" in text_of(app)
        write_log(logs, [make_event(500, "support_triage", NOW)])
        await shows(pilot, "121 events")
        assert rows(app)[-1].startswith("▌ · 03:14:15 support_triage")


async def test_moving_up_stops_following_and_what_arrives_is_counted(logs: Path) -> None:
    async with running(logs) as (app, pilot):
        await priced(pilot)
        await pilot.press("k", "k")
        before = rows(app)
        write_log(logs, [make_event(500 + n, "code_reviewer", NOW + n) for n in range(12)])
        await shows(pilot, "12 new ↓")
        assert rows(app) == before
        assert "paused: G follows" in text_of(app)
        await pilot.press("G")
        await shows(pilot, "● following")
        assert "new ↓" not in text_of(app)
        assert rows(app)[-1].startswith("▌")


async def test_space_pauses_and_follows_again(logs: Path) -> None:
    async with running(logs) as (_, pilot):
        await pilot.press("space")
        await shows(pilot, "paused")
        await pilot.press("space")
        await shows(pilot, "following")


async def test_a_storm_of_the_same_failure_is_one_line_that_opens(logs: Path) -> None:
    async with running(logs) as (app, pilot):
        assert "rate_limited ×14" in text_of(app)
        await pilot.press("e")
        assert "×14" in row_at_cursor(app)
        lines = events(app).line_count
        await pilot.press("right")
        await pilot.pause()
        assert events(app).line_count == lines + 13
        assert "×14" not in text_of(app)
        await pilot.press("left")
        await pilot.pause()
        assert events(app).line_count == lines
        assert "×14" in row_at_cursor(app)
        await pilot.press("u")
        await pilot.pause()
        assert events(app).line_count == 120


async def test_jumps(logs: Path) -> None:
    write_log(logs, [make_error(900, "invoice_ocr", NOW - 40, 529, "OverloadedError")])
    async with running(logs) as (app, pilot):
        await pilot.press("e")
        assert "overloaded" in row_at_cursor(app)
        await pilot.press("E")
        assert "rate_limited ×14" in row_at_cursor(app)
        await pilot.press("E")
        await shows(pilot, "no error above")
        await pilot.press("e")
        assert "overloaded" in row_at_cursor(app)
        await pilot.press("e")
        await shows(pilot, "no error below")
        await pilot.press("G", "a")
        assert "overloaded" in row_at_cursor(app)


async def test_the_filter_narrows_and_escape_clears_it(logs: Path) -> None:
    async with running(logs) as (app, pilot):
        await pilot.press("f", *"status:error", "enter")
        await shows(pilot, "14 of 120 events")
        assert all("rate_limited" in row for row in rows(app))
        await pilot.press("escape")
        await shows(pilot, "following · 120 events")


async def test_a_bad_term_says_why_and_the_others_still_hold(logs: Path) -> None:
    async with running(logs) as (app, pilot):
        await pilot.press("f", *"agent:code* statsu:error", "enter")
        await shows(pilot, "did you mean 'status'?")
        assert all("code_reviewer" in row for row in rows(app))


async def test_search_finds_what_is_not_on_screen(logs: Path) -> None:
    write_log(
        logs,
        [
            make_event(700 + n, "invoice_ocr", NOW - 900 + n, casted_response=answer("x" * 900 + "needle"))
            for n in (0, 1)
        ],
    )
    async with running(logs) as (app, pilot):
        await pilot.press("slash", *"NEEDLE", "enter")
        await until(pilot, lambda: "02:59:16 invoice_ocr" in row_at_cursor(app))
        await pilot.press("N")
        await until(pilot, lambda: "02:59:15 invoice_ocr" in row_at_cursor(app))
        await pilot.press("N")
        await shows(pilot, "no “NEEDLE” above")
        await pilot.press("n")
        await until(pilot, lambda: "02:59:16" in row_at_cursor(app))


async def test_a_model_without_a_price_is_unpriced_never_free(logs: Path) -> None:
    write_log(logs, [make_event(700, "invoice_ocr", NOW, model="home-grown"), make_error(701, "x", NOW + 1)])
    async with running(logs) as (app, pilot):
        await shows(pilot, "unpriced")
        unpriced, failed = rows(app)[-2:]
        assert "home-grown" in unpriced
        assert unpriced.split()[-3:] != failed.split()[-3:]
        assert "unpriced" not in failed
        assert "$0 " not in unpriced


async def test_free_text_filters_by_bodies_on_disk(logs: Path) -> None:
    async with running(logs) as (app, pilot):
        await pilot.press("f", *'"Handle case 42"', "enter")
        await shows(pilot, "1 of 120 events")
        assert len(rows(app)) == 1


async def test_enter_inspects_and_escape_comes_back_to_the_same_line(logs: Path) -> None:
    async with running(logs) as (app, pilot):
        await priced(pilot)
        await pilot.press("k", "k", "k")
        at = row_at_cursor(app)
        await pilot.press("enter")
        await until(pilot, lambda: isinstance(app.screen, InspectorScreen))
        write_log(logs, [make_event(500, "support_triage", NOW)])
        await until(pilot, lambda: app.source.count == 121)
        await pilot.press("escape")
        await until(pilot, lambda: isinstance(app.screen, LiveScreen))
        await shows(pilot, "1 new ↓")
        assert row_at_cursor(app) == at


async def test_mark_and_compare(logs: Path) -> None:
    async with running(logs) as (app, pilot):
        await pilot.press("equals_sign")
        await shows(pilot, "nothing marked yet")
        await pilot.press("m")
        assert "▌◆" in row_at_cursor(app)
        await pilot.press("equals_sign")
        await shows(pilot, "this is the marked event")
        await pilot.press("k", "equals_sign")
        await until(pilot, lambda: isinstance(app.screen, CompareScreen))


async def test_s_shows_only_the_session(logs: Path) -> None:
    async with running(logs) as (app, pilot):
        await pilot.press("S")
        await until(pilot, lambda: len(rows(app)) < 10)
        assert "filter session:" in text_of(app)
        agents = {row[13:].split()[0] for row in rows(app)}
        assert len(agents) == 1
        assert rows(app)


def newest_line(logs: Path) -> bytes:
    lines = [line for path in logs.rglob("*.jsonl") for line in path.read_bytes().splitlines()]
    return max(lines, key=lambda line: json.loads(line)["ts"])


def json_files(folder: Path) -> list[Path]:
    return list(folder.glob("*.json"))


async def test_copy_and_write_give_the_exact_line(
    logs: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    newest = newest_line(logs)
    async with running(logs) as (app, pilot):
        await pilot.press("y")
        await shows(pilot, "copied")
        await pilot.press("w")
        await shows(pilot, "written to")
    (file,) = json_files(tmp_path)
    assert file.read_bytes() == newest + b"\n"
    assert app.clipboard.encode() == newest
    assert stat.S_IMODE(file.stat().st_mode) == 0o600


async def test_what_could_not_be_read_is_counted(logs: Path) -> None:
    write_log(logs, [b'{"event_id": "torn\n', b"[1, 2]\n", b"\x00\xff\x00\n"])
    async with running(logs) as (app, pilot):
        await shows(pilot, "2 torn lines · 1 foreign line")
        assert "120 events" in text_of(app)


async def test_the_columns_follow_the_width(logs: Path) -> None:
    async with running(logs, size=(60, 15)) as (app, pilot):
        assert "cost" not in text_of(app)
        await pilot.resize_terminal(200, 50)
        await settled(pilot)
        assert all(word in text_of(app) for word in ("call", "model", "in→out", "cost", "what happened"))
        assert rows(app)[-1].startswith("▌")


async def test_z_gives_the_list_the_whole_terminal(logs: Path) -> None:
    async with running(logs) as (app, pilot):
        await pilot.press("z")
        await pilot.pause()
        assert "2 Live" not in text_of(app)
        await pilot.press("escape")
        await pilot.pause()
        assert "2 Live" in text_of(app)


async def test_keys_can_be_remapped(logs: Path) -> None:
    async with running(logs, keys={"live.pause": "p", "list.up": "x"}) as (app, pilot):
        await pilot.press("space")
        assert events(app).following
        await pilot.press("p")
        assert not events(app).following
        assert "p Pause" in text_of(app)


async def test_one_move_draws_two_lines(logs: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async with running(logs) as (_, pilot):
        await priced(pilot)
        await pilot.press("k", "k")
        await settled(pilot)
        drawn: list[int] = []
        draw = EventList.render_line
        monkeypatch.setattr(EventList, "render_line", lambda self, y: drawn.append(y) or draw(self, y))
        await pilot.press("k")
        await settled(pilot)
        assert len(drawn) == 2
        assert abs(drawn[0] - drawn[1]) == 1


async def test_a_flood_is_drawn_in_few_frames_and_nothing_is_lost(logs: Path) -> None:
    async with running(logs) as (app, pilot):
        write_log(logs, [make_event(1_000 + n, "support_triage", NOW + n / 1_000) for n in range(5_000)])
        await shows(pilot, "5,120 events")
        assert rows(app)[-1].startswith("▌ · 03:14:19")


class TestEmpty:
    """Nothing to show is explained, with the next command."""

    async def test_no_folder(self, tmp_path: Path) -> None:
        async with running(tmp_path / "nowhere") as (app, pilot):
            await shows(pilot, "No log folder yet")
            assert "import tessen; tessen.init()" in text_of(app)
            write_log(tmp_path / "nowhere", [make_event(1, "billing", NOW)])
            await shows(pilot, "1 event")
            assert "No log folder" not in text_of(app)

    async def test_no_events(self, tmp_path: Path) -> None:
        (tmp_path / "logs").mkdir()
        async with running(tmp_path / "logs") as (_, pilot):
            await shows(pilot, "No events yet")
            await shows(pilot, "tessen-tui --demo")

    async def test_nothing_matches(self, logs: Path) -> None:
        async with running(logs, live={"filter": "agent:nobody"}) as (app, pilot):
            await shows(pilot, "Nothing matches")
            assert "agent:nobody" in text_of(app)
            await pilot.press("escape")
            await shows(pilot, "following")
            await pilot.press("g")
            await shows(pilot, "paused: G follows")


def hostile_log(folder: Path) -> Path:
    """Every hostile text in every field that is drawn."""
    lines = []
    for number, text in enumerate(HOSTILE):
        changes = {"surface": text, "model": text, "outcome": text, "quality_signals": [text]}
        lines.append(make_event(number, text, NOW - 60 + number, casted_response=answer(text), **changes))
        lines.append(make_error(100 + number, "plain", NOW - 30 + number, 500, text))
        lines[-1]["error"]["msg"] = text
    return write_log(folder, lines)


def all_priced(app: TessenApp) -> bool:
    """Whether each line of an answered call says that nobody knows what it cost, which comes behind."""
    return all("unpriced" in line for line in rows(app) if "640ms" in line)


@pytest.mark.snapshot
async def test_live_hostile(tmp_path: Path, matches_baseline: Matches) -> None:
    async with running(hostile_log(tmp_path / "logs"), size=(60, 50)) as (app, pilot):
        for size in ((60, 50), (80, 50), (120, 50), (200, 50), (80, 24), (120, 40)):
            await pilot.resize_terminal(*size)
            await until(pilot, lambda: "cost" not in text_of(app) or all_priced(app))
            await settled(pilot)
            assert all(map(is_safe, text_of(app).split("\n")))
            if size[1] == 50:
                assert len(rows(app)) >= len(HOSTILE)
            else:
                assert matches_baseline(app, f"{size[0]}x{size[1]}")


@pytest.mark.snapshot
async def test_live(logs: Path, size: Size, matches_baseline: Matches) -> None:
    async with running(logs, size=size) as (app, pilot):
        await priced(pilot)
        assert matches_baseline(app)


@pytest.mark.snapshot
async def test_live_filter_error(logs: Path, size: Size, matches_baseline: Matches) -> None:
    async with running(logs, size=size) as (app, pilot):
        await priced(pilot)
        await pilot.press("f", *"agent:bil* statsu:error")
        await shows(pilot, "did you mean")
        await settled(pilot)
        assert matches_baseline(app)


@pytest.mark.snapshot
async def test_live_unfolded(logs: Path, size: Size, matches_baseline: Matches) -> None:
    async with running(logs, size=size) as (app, pilot):
        await priced(pilot)
        await pilot.press("e", "right")
        await settled(pilot)
        assert matches_baseline(app)


@pytest.mark.snapshot
async def test_live_paused(logs: Path, size: Size, matches_baseline: Matches) -> None:
    async with running(logs, size=size) as (app, pilot):
        await priced(pilot)
        await pilot.press("k", "k", "m", "k")
        write_log(logs, [make_event(500 + n, "code_reviewer", NOW + n) for n in range(12)])
        await shows(pilot, "12 new")
        await settled(pilot)
        assert matches_baseline(app)


@pytest.mark.snapshot
async def test_live_empty(tmp_path: Path, size: Size, matches_baseline: Matches) -> None:
    async with running(tmp_path / "nowhere", size=size) as (app, _):
        assert matches_baseline(app)
