"""Following real files: what is appended, torn, rotated, truncated, deleted and recreated is seen so."""

# ruff: noqa: ASYNC240 - small local files; nothing else runs on the loop
import asyncio
import json
import os
import shutil
import sys
from pathlib import Path

import pytest

from capture.log import LocalLog, parse_query

from .conftest import Opener, Writer, indexed, until

POLLING = pytest.mark.parametrize("polling", [False, True])


@POLLING
async def test_appended_events_arrive_as_a_change_with_their_rows(
    writer: Writer, opened: Opener, polling: bool
) -> None:
    writer.write(writer.event())
    log = await indexed(await opened(polling=polling))
    writer.write(writer.event(), writer.event())
    seen: list[int] = []
    async with asyncio.timeout(60):
        async for change in log.changes():
            seen.extend(change.new_rows)
            if log.count == 3:
                break
    assert seen == [1, 2]


@POLLING
async def test_a_folder_an_agent_and_a_rotated_file_appear_by_themselves(
    folder: Path, opened: Opener, polling: bool
) -> None:
    folder.rmdir()
    log = await opened(polling=polling)
    assert not log.exists
    writer = Writer(folder, "late")
    writer.write(writer.event())
    await until(log, lambda: log.count == 1)
    assert log.exists
    writer.path = writer.path.with_name("2026-11-23.1.jsonl")
    writer.write(writer.event())
    other = Writer(folder, "later.still")
    other.write(other.event())
    await until(log, lambda: log.count == 3)
    assert {log.row(row).agent for row in range(3)} == {"late", "later.still"}


async def test_other_agents_and_other_files_are_left_alone(folder: Path, opened: Opener) -> None:
    for agent in ("billing", "triage", ".inflight"):
        writer = Writer(folder, agent)
        writer.write(writer.event())
    (folder / "billing" / "notes.txt").write_text("hello\n")
    (folder / "billing" / "2026-11-23.jsonl.gz").write_bytes(b"\n")
    log = await indexed(await opened(agents=("billing",)))
    assert [log.row(row).agent for row in range(log.count)] == ["billing"]
    assert log.problems.total == 0


async def test_an_agents_own_folder_will_do(writer: Writer, opened: Opener) -> None:
    writer.write(writer.event(agent_name=...))
    log = await indexed(await opened(writer.path.parent))
    assert log.row(0).agent == "billing"


async def test_a_line_in_the_middle_of_being_written_is_waited_for(writer: Writer, opened: Opener) -> None:
    line = json.dumps(writer.event()).encode() + b"\n"
    writer.write(writer.event())
    log = await indexed(await opened())
    writer.write_bytes(line[:100])
    writer.write_bytes(line[100:])
    await until(log, lambda: log.count == 2)
    assert log.problems.total == 0


async def test_a_last_line_that_stays_torn_is_counted_once(writer: Writer, opened: Opener) -> None:
    writer.write(writer.event())
    writer.write_bytes(b'{"event_id": "dead')
    log = await opened()
    await until(log, lambda: log.problems.torn == 1)
    writer.write_bytes(b"\n")
    writer.write(writer.event())
    await until(log, lambda: log.count == 2)
    assert log.problems.torn == 1


async def test_a_last_line_without_its_newline_is_an_event_all_the_same(
    writer: Writer, opened: Opener
) -> None:
    writer.write_bytes(json.dumps(writer.event()).encode())
    log = await opened()
    await until(log, lambda: log.count == 1)
    writer.write_bytes(b"\n")
    writer.write(writer.event())
    await until(log, lambda: log.count == 2)
    assert log.problems.total == 0


@POLLING
async def test_truncated_deleted_and_recreated_files(writer: Writer, opened: Opener, polling: bool) -> None:
    writer.write(writer.event(), writer.event(), writer.event())
    log = await indexed(await opened(polling=polling))
    view = log.view(parse_query(""))

    def shows(count: int) -> bool:
        view.refresh()
        return len(view.rows) == count

    assert shows(3)
    os.truncate(writer.path, 0)
    await until(log, lambda: shows(0))
    writer.write(writer.event())
    await until(log, lambda: shows(1))
    writer.path.unlink()
    await until(log, lambda: shows(0))
    writer.write(writer.event(), writer.event())
    await until(log, lambda: shows(2))
    shutil.rmtree(writer.path.parent.parent)
    await until(log, lambda: shows(0) and not log.exists)


async def test_a_renamed_file_keeps_its_rows(writer: Writer, opened: Opener) -> None:
    writer.write(writer.event(), writer.event())
    log = await indexed(await opened())
    writer.path.rename(writer.path.with_name("2026-11-23.1.jsonl"))
    writer.write(writer.event())
    await until(log, lambda: log.count == 3)
    await until(log, lambda: log.path_of(0).endswith(".1.jsonl"))
    assert len(log.timeline) == 3
    assert (await log.load(0)).event["agent_name"] == "billing"


async def test_what_cannot_be_read_is_said(folder: Path, writer: Writer, opened: Opener) -> None:
    writer.write(writer.event())
    (folder / "loop").symlink_to(folder / "loop")
    (folder / "up").symlink_to(folder)
    broken = folder / "billing" / "2026-11-22.jsonl"
    broken.symlink_to(folder / "nowhere")
    log = await indexed(await opened())
    assert log.count == 1
    assert [reason for reason in log.problems.unreadable_files if str(broken) in reason]


async def test_loading_gives_the_line_to_the_byte(writer: Writer, opened: Opener) -> None:
    writer.write(writer.event(), writer.event(model="größe \u2028"))
    log = await indexed(await opened())
    loaded = await log.load(1)
    assert loaded.event["model"] == "größe \u2028"
    assert writer.path.read_bytes()[loaded.offset :] == loaded.raw + b"\n"


async def test_a_line_that_says_something_else_now_is_refused(writer: Writer, opened: Opener) -> None:
    events = [writer.event() for _ in range(3)]
    writer.write(*events)
    log = await indexed(await opened())
    content = writer.path.read_bytes()
    writer.path.write_bytes(content.replace(events[1]["event_id"].encode(), b"f" * 32))
    with pytest.raises(LookupError, match="another event"):
        await log.load(1)
    writer.path.write_bytes(b"")
    with pytest.raises(LookupError, match="cut off"):
        await log.load(2)
    writer.path.unlink()
    with pytest.raises(LookupError, match="No such file"):
        await log.load(2)


async def test_sessions_and_events_are_found(writer: Writer, opened: Opener) -> None:
    events = [writer.event(session_id=f"{number % 2:032x}") for number in range(6)]
    writer.write(*events, writer.event(session_id=None))
    log = await indexed(await opened())
    assert log.session_rows(1).tolist() == [1, 3, 5]
    assert log.session_rows(6).tolist() == [6]
    assert log.find_event("billing", events[4]["event_id"]) == 4
    assert log.find_event("other", events[4]["event_id"]) is None


async def test_costs_fill_in_behind(writer: Writer, opened: Opener) -> None:
    writer.write(writer.event(), writer.event(model="no-such-model"))
    log = await indexed(await opened())
    await until(log, lambda: log.row(0).cost_usd is not None)
    assert log.row(0).cost_usd == pytest.approx(1000 * 1e-6 + 10 * 5e-6)
    assert log.row(1).cost_usd is None


WRITE_MANY = """
import sys, json
from pathlib import Path
sys.path.insert(0, sys.argv[2])
event = json.loads(sys.argv[3])
with open(sys.argv[1], "ab", buffering=0) as out:
    for number in range(20_000):
        event["event_id"] = f"{number:032x}"
        out.write(json.dumps(event).encode() + b"\\n")
"""


async def test_nothing_is_dropped_while_another_process_writes_as_fast_as_it_can(
    writer: Writer, opened: Opener
) -> None:
    writer.write_bytes(b"")
    log = await indexed(await opened())
    view = log.view(parse_query(""))
    arguments = (str(writer.path), str(Path.cwd()), json.dumps(writer.event()))
    process = await asyncio.create_subprocess_exec(sys.executable, "-c", WRITE_MANY, *arguments)
    await until(log, lambda: view.refresh() and len(view.rows) == 20_000)
    assert await process.wait() == 0
    assert log.table["event"].tolist() == [0] * 20_000 or len(set(log.table["offset"].tolist())) == 20_000
    assert view.rows.tolist() == list(range(20_000))


async def test_closing_ends_the_changes(writer: Writer, folder: Path) -> None:
    log = LocalLog(folder, cache=None, findings=False)
    await log.open()
    waiting = asyncio.create_task(_drain(log))
    await log.close()
    async with asyncio.timeout(60):
        await waiting


async def _drain(log: LocalLog) -> None:
    async for _ in log.changes():
        pass
