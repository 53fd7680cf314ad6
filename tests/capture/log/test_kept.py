"""Opening: only the ends are read, the kept index spares the rest, and damage to it is noticed."""

# ruff: noqa: ASYNC240 - small local files; nothing else runs on the loop
import stat
import subprocess
from pathlib import Path

import pytest

from capture.log import LocalLog
from capture.log.backlog import Backlog
from capture.log.follower import FIRST_BYTES
from capture.log.kept import VERSION

from .conftest import Opener, Writer, indexed


@pytest.fixture
def big(folder: Path) -> Writer:
    """About 20 MB of one agent."""
    writer = Writer(folder)
    writer.write(*(writer.event(note="x" * 2000) for _ in range(8000)))
    return writer


async def _ids(log: LocalLog) -> list[int]:
    await indexed(log)
    return log.table["event"][log.timeline].tolist()  # type: ignore[no-any-return]


async def test_opening_reads_only_the_ends(big: Writer, folder: Path, opened: Opener) -> None:
    for number in range(100):
        other = Writer(folder, f"agent-{number}")
        other.write(*(other.event(note="x" * 2000) for _ in range(20)))
    log = LocalLog(folder, cache=None, findings=False)
    rows = log.follower.first()
    assert log.follower.tail_bytes <= FIRST_BYTES
    assert sum(len(each.batch) for each in rows) >= 50
    await log.close()


async def test_reopening_parses_nothing_again(big: Writer, opened: Opener, cache: Path) -> None:
    first = await opened(cache=cache)
    ids = await _ids(first)
    assert len(set(ids)) == 8000
    assert first.follower.backlog_bytes > 15_000_000
    await first.close()
    again = await opened(cache=cache)
    assert await _ids(again) == ids
    assert again.follower.backlog_bytes == 0
    await again.close()
    big.write(big.event())
    grown = await opened(cache=cache)
    assert len(await _ids(grown)) == 8001
    assert grown.follower.backlog_bytes < 100_000


async def test_the_kept_index_is_for_its_owner_alone(big: Writer, opened: Opener, cache: Path) -> None:
    log = await indexed(await opened(cache=cache))
    await log.close()
    (kept,) = cache.iterdir()
    assert stat.S_IMODE(kept.stat().st_mode) == 0o600
    assert stat.S_IMODE(cache.stat().st_mode) == 0o700


@pytest.mark.parametrize("damage", ["cut", "flipped", "other version", "empty", "not an index"])
async def test_a_damaged_index_is_made_anew(big: Writer, opened: Opener, cache: Path, damage: str) -> None:
    log = await opened(cache=cache)
    ids = await _ids(log)
    await log.close()
    (kept,) = cache.iterdir()
    content = kept.read_bytes()
    middle = len(content) // 2
    kept.write_bytes(
        {
            "cut": content[:middle],
            "flipped": content[:middle] + bytes([content[middle] ^ 1]) + content[middle + 1 :],
            "other version": content.replace(b"version" + bytes([VERSION]), b"version\x7f", 1),
            "empty": b"",
            "not an index": b"hello",
        }[damage]
    )
    log = await opened(cache=cache)
    assert await _ids(log) == ids
    assert log.follower.backlog_bytes > 15_000_000


async def test_a_replaced_file_is_not_taken_for_the_kept_one(
    big: Writer, opened: Opener, cache: Path
) -> None:
    await (await indexed(await opened(cache=cache))).close()
    content = big.path.read_bytes()
    with big.path.open("r+b") as same_inode:
        same_inode.write(content.replace(b'"event_id": "', b'"event_id": "f', 1)[: len(content)])
    log = await opened(cache=cache)
    await _ids(log)
    assert log.follower.backlog_bytes > 15_000_000


async def test_problems_are_counted_the_same_from_the_kept_index(
    big: Writer, opened: Opener, cache: Path
) -> None:
    big.write_bytes(b"torn\n17\n")
    big.write(big.event())
    for _ in range(2):
        log = await indexed(await opened(cache=cache))
        assert (log.problems.torn, log.problems.foreign) == (1, 1)
        await log.close()


async def test_a_killed_worker_loses_nothing(
    big: Writer, opened: Opener, monkeypatch: pytest.MonkeyPatch
) -> None:
    killed: list[int] = []
    start = Backlog._start

    def start_and_kill_the_first(self: Backlog) -> subprocess.Popen[bytes]:
        """Its end comes before, or in the midst of, the task it is about to be given."""
        process = start(self)
        if not killed:
            killed.append(process.pid)
            process.kill()
        return process

    monkeypatch.setattr(Backlog, "_start", start_and_kill_the_first)
    log = await opened()
    assert len(set(await _ids(log))) == 8000
    assert log.problems.total == 0
    assert len(killed) == 1


async def test_without_any_process_the_backlog_is_read_here(
    big: Writer, opened: Opener, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sys.executable", "/nowhere/python")
    log = await opened()
    assert len(set(await _ids(log))) == 8000


async def test_closing_in_the_middle_keeps_nothing_half(big: Writer, opened: Opener, cache: Path) -> None:
    await (await opened(cache=cache)).close()
    log = await opened(cache=cache)
    assert len(set(await _ids(log))) == 8000
