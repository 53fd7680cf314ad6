"""The inspector, driven by its keys; what is asserted is what a person sees."""

from __future__ import annotations

import json
import stat
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from textual.app import App
from textual.pilot import Pilot

from screens.compare import CompareScreen
from screens.editor import editor_command, why_not
from screens.inspector import InspectorScreen
from tessen.sanitise import is_safe
from tests.capture.test_callsites import PROGRAM
from tests.screens.event_samples import answered, limited, truncated
from tests.screens.memory_log import MemoryLog, MemoryView, ScreenApp
from widgets.document import Document
from widgets.headline import Headline
from widgets.search_bar import SearchBar
from widgets.status_line import StatusLine


def inspecting(*events: dict[str, Any], row: int = 0, **options: Any) -> ScreenApp:
    return ScreenApp(MemoryLog(*events, **options), lambda source: InspectorScreen(source, row))


async def loaded(pilot: Pilot[None]) -> None:
    """Wait until the event is read and drawn."""
    await pilot.app.workers.wait_for_complete()
    await pilot.pause()


async def search(pilot: Pilot[None], text: str) -> None:
    """Type a text into the search line, and wait until it was looked for."""
    await pilot.press("slash", *text, "enter")
    await pilot.pause()


def shown(app: App[None]) -> str:
    """The document's visible rows."""
    document = app.screen.query_one(Document)
    return "\n".join(document.render_line(y).text.rstrip() for y in range(document.size.height))


def said(app: App[None]) -> str:
    return str(app.screen.query_one(StatusLine).render())


def headline(app: App[None]) -> str:
    return str(app.screen.query_one(Headline).render())


async def test_the_reason_and_the_advice_come_first() -> None:
    app = inspecting(truncated(), costs={0: 0.021})
    async with app.run_test(size=(80, 24)) as pilot:
        await loaded(pilot)
        rows = shown(app).splitlines()
        assert rows[1].strip() == "▲ truncated_response"
        assert "stopped with max_tokens at 1,024 output tokens" in rows[2]
        assert "Raise the limit on output tokens" in "\n".join(rows[:9])
        assert "truncated_response  billing_agent  claude-sonnet-4-6" in headline(app)
        assert "2.3k → 1.0k tok  $0.02" in headline(app)


async def test_neighbours_in_the_session_keep_the_section() -> None:
    app = inspecting(answered(), truncated(), limited(), row=1)
    async with app.run_test(size=(80, 24)) as pilot:
        await loaded(pilot)
        assert headline(app).splitlines()[0].endswith("2/3")
        await pilot.press("tab", "tab")
        assert app.screen.query_one(Document).section == "Request"
        await pilot.press("right_square_bracket")
        await loaded(pilot)
        assert "RateLimitError 429" in headline(app)
        assert app.screen.query_one(Document).section == "Request"
        await pilot.press("right_square_bracket")
        assert "the session's last event" in said(app)
        await pilot.press("left_square_bracket")
        await loaded(pilot)
        await pilot.press("left_square_bracket")
        await loaded(pilot)
        assert headline(app).splitlines()[0].endswith("1/3")


async def test_e_and_a_go_through_the_troubles_of_the_list() -> None:
    source = MemoryLog(answered(), truncated(), answered(), limited())
    view: Any = MemoryView(source)
    app = ScreenApp(source, lambda log: InspectorScreen(log, 0, view))
    async with app.run_test(size=(80, 24)) as pilot:
        await loaded(pilot)
        seen = []
        for key in ("a", "e", "A"):
            await pilot.press(key)
            await loaded(pilot)
            seen.append(headline(app).split()[1])
        assert seen == ["truncated_response", "RateLimitError", "truncated_response"]
        await pilot.press("A")
        assert "no anomaly before this event in the list" in said(app)


async def test_an_event_without_a_session_is_alone() -> None:
    app = inspecting(answered(session_id=None))
    async with app.run_test(size=(80, 24)) as pilot:
        await loaded(pilot)
        await pilot.press("right_square_bracket")
        assert "only one of its session" in said(app)


async def test_c_shows_the_conversation_and_v_the_json_and_escape_goes_back() -> None:
    app = inspecting(answered())
    async with app.run_test(size=(80, 24)) as pilot:
        await loaded(pilot)
        await pilot.press("c")
        assert shown(app).startswith("▾ System  3 lines\n    You are the billing assistant")
        await pilot.press("v")
        assert shown(app).splitlines()[1].strip() == '"event_id": "0a1b2c3d4e5f60718293a4b5c6d7e8f9",'
        await pilot.press("escape")
        assert shown(app).startswith("▾ Response")
        await pilot.press("escape")
        assert not isinstance(app.screen, InspectorScreen)


async def test_search_goes_into_what_is_folded() -> None:
    app = inspecting(answered())
    async with app.run_test(size=(80, 24)) as pilot:
        await loaded(pilot)
        await search(pilot, "required")
        assert app.screen.query_one(Document).line_text == '"required": ["order_id"]'
        await search(pilot, "nothing like it")
        assert "'nothing like it' is nowhere" in said(app)
        await pilot.press("escape")
        assert isinstance(app.screen, InspectorScreen)
        assert not app.screen.query_one(SearchBar).has_focus_within


async def test_y_copies_what_the_cursor_is_in() -> None:
    app = inspecting(answered())
    async with app.run_test(size=(80, 24)) as pilot:
        await loaded(pilot)
        await pilot.press("j", "y")
        await pilot.press("j", "j", "j", "y")
        assert app.copied[0] == "It is late, so a refund is due."
        assert json.loads(app.copied[1])["order_id"] == "A-17"
        assert "copied arguments" in said(app)
        await pilot.press("Y")
        assert json.loads(app.copied[2]) == answered()


async def test_what_is_copied_cannot_act_when_it_is_pasted() -> None:
    body = {"content": [{"type": "thinking", "thinking": "a\x1b[201~rm -rf /\nb"}], "stop_reason": "end_turn"}
    app = inspecting(answered(response_body=body))
    async with app.run_test(size=(80, 24)) as pilot:
        await loaded(pilot)
        await pilot.press("j", "y")
        assert app.copied == ["a␛[201~rm -rf /\nb"]


async def test_what_is_too_big_for_a_clipboard_is_not_cut() -> None:
    app = inspecting(answered(request_body={"messages": [{"role": "user", "content": "x" * 200_000}]}))
    async with app.run_test(size=(80, 24)) as pilot:
        await loaded(pilot)
        await pilot.press("Y")
        assert app.copied == []
        assert "too much for a clipboard: w writes a file" in said(app)


async def test_w_writes_the_line_for_its_owner_only(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    app = inspecting(answered())
    async with app.run_test(size=(120, 24)) as pilot:
        await loaded(pilot)
        await pilot.press("w")
        path = tmp_path / "billing_agent-0a1b2c3d4e5f60718293a4b5c6d7e8f9.json"
        assert json.loads(path.read_text()) == answered()
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
        assert "written to" in said(app)


async def test_o_lends_the_terminal_to_the_editor(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    program = tmp_path / "agent.py"
    program.write_text("x = 1\n")
    app = inspecting(answered(call_site={"file": str(program), "line": 7, "func": "f"}))
    monkeypatch.setenv("VISUAL", f"{sys.executable} -c pass")
    async with app.run_test(size=(80, 24)) as pilot:
        await loaded(pilot)
        await pilot.press("o")
        assert "this terminal cannot be lent to an editor" in said(app)  # a test's screen is no terminal


async def test_o_says_that_the_program_is_elsewhere() -> None:
    app = inspecting(answered())
    async with app.run_test(size=(80, 24)) as pilot:
        await loaded(pilot)
        await pilot.press("o")
        assert "/srv/billing/agent.py is not on this machine" in said(app)


def test_a_path_that_could_be_an_option_is_never_opened() -> None:
    assert why_not("-c:!id") == "-c:!id is not a full path"
    assert why_not("/etc/\0passwd") is not None
    assert why_not(__file__) is None


def test_the_editor_is_the_persons_own() -> None:
    assert editor_command({"VISUAL": "code -w", "EDITOR": "vi"}) == ["code", "-w"]
    assert editor_command({"VISUAL": "", "EDITOR": "emacs -nw"}) == ["emacs", "-nw"]
    assert editor_command({"EDITOR": "broken 'quote"}) != ["broken 'quote"]


async def test_mark_and_compare() -> None:
    app = inspecting(answered(), truncated())
    async with app.run_test(size=(80, 24)) as pilot:
        await loaded(pilot)
        await pilot.press("equals_sign")
        assert "nothing marked yet" in said(app)
        await pilot.press("m")
        assert app.marked == 0
        assert "◆ 1/2" in headline(app)
        await pilot.press("equals_sign")
        assert "this is the marked event" in said(app)
        await pilot.press("right_square_bracket")
        await loaded(pilot)
        await pilot.press("equals_sign")
        await loaded(pilot)
        assert isinstance(app.screen, CompareScreen)
        await pilot.press("escape")
        assert isinstance(app.screen, InspectorScreen)


async def test_an_event_that_is_gone_says_why() -> None:
    app = inspecting(answered())
    app.source.lost.add(0)
    async with app.run_test(size=(80, 24)) as pilot:
        await loaded(pilot)
        assert "the file was truncated since" in shown(app)
        await pilot.press("y", "Y", "w", "o", "v", "c", "slash", "escape")
        assert isinstance(app.screen, InspectorScreen)


async def test_zoom_gives_the_document_every_line() -> None:
    app = inspecting(answered())
    async with app.run_test(size=(80, 24)) as pilot:
        await loaded(pilot)
        await pilot.press("z")
        await pilot.pause()
        assert app.screen.query_one(Document).size.height == 24
        await pilot.press("escape")
        await pilot.pause()
        assert app.screen.query_one(Document).size.height == 19


async def test_a_short_terminal_gives_its_lines_to_the_document() -> None:
    app = inspecting(limited())
    async with app.run_test(size=(60, 15)) as pilot:
        await loaded(pilot)
        assert app.screen.query_one(Document).size.height == 12
        assert "retry-after: 12 s" in shown(app)


async def test_nothing_hostile_is_drawn_raw() -> None:
    evil = "\x1b]0;owned\x07\u202e[red]x[/red]\x00"
    event = answered(agent_name=evil, surface=evil, quality_signals=[evil], model=evil)
    event["error"] = {"type": evil, "msg": evil, "tb": evil, "body": evil}
    app = inspecting(event)
    async with app.run_test(size=(80, 24)) as pilot:
        await loaded(pilot)
        for key in ("tab", "c", "v"):
            await pilot.press(key)
            await pilot.pause()
            drawn = [strip.text for strip in app.screen._compositor.render_strips()]
            assert drawn
            assert all(is_safe(text) for text in drawn)
        assert "[red]x[/red]" in headline(app) + shown(app)


async def test_ten_megabytes_are_walked_like_any_other() -> None:
    app = inspecting(answered(request_body={"messages": [{"role": "user", "content": "word " * 2_000_000}]}))
    async with app.run_test(size=(80, 24)) as pilot:
        await loaded(pilot)
        await pilot.press("tab", "G", "v", "G", "escape")
        await search(pilot, "more; w writes")
        assert "MB more; w writes all of it to a file" in app.screen.query_one(Document).line_text


@pytest.mark.snapshot
@pytest.mark.parametrize("kind", ["healthy", "truncated", "limited"])
async def test_inspector_picture(
    kind: str, size: tuple[int, int], matches_baseline: Callable[[App[Any]], bool]
) -> None:
    event = {"healthy": answered, "truncated": truncated, "limited": limited}[kind]()
    app = inspecting(event, answered(event_id="9" * 32), costs={0: 0.0123})
    async with app.run_test(size=size) as pilot:
        await loaded(pilot)
        assert matches_baseline(app)


@pytest.mark.snapshot
@pytest.mark.parametrize("key", ["c", "v"])
async def test_inspector_looks_picture(
    key: str, size: tuple[int, int], matches_baseline: Callable[[App[Any]], bool]
) -> None:
    app = inspecting(answered(), costs={0: 0.0123})
    async with app.run_test(size=size) as pilot:
        await loaded(pilot)
        await pilot.press(key)
        await pilot.pause()
        assert matches_baseline(app)


async def test_the_map_entry_of_the_call_site(tmp_path: Path) -> None:
    program = tmp_path / "agent.py"
    program.write_text(PROGRAM)
    site = {"file": str(program), "line": 11, "func": "settle"}
    app = inspecting(answered(call_site=site), answered(call_site={**site, "line": 20}))
    async with app.run_test(size=(100, 30)) as pilot:
        await loaded(pilot)
        assert "Map" not in shown(app)
        await pilot.press("M")
        await loaded(pilot)
        assert app.screen.query_one(Document).section == "Map"
        lines = [line.strip() for line in shown(app).splitlines()]
        assert lines[1].startswith("rule        tool_use_loop_anthropic, tool_use_step")
        assert "called by   main" in lines
        assert "Settle one transfer." in lines
        assert "tool_use_loop_anthropic: agent.py:11" in said(app)
        await pilot.press("right_square_bracket")
        await loaded(pilot)
        await pilot.press("M")
        await loaded(pilot)
        assert "no call of a model at agent.py:20" in said(app)


async def test_an_event_without_a_call_site_has_no_map_entry() -> None:
    app = inspecting(answered(call_site=None))
    async with app.run_test(size=(100, 30)) as pilot:
        await loaded(pilot)
        await pilot.press("M")
        await loaded(pilot)
        assert "does not say where it was called from" in said(app)
