"""The second run: what has not changed is not read again, and a damaged cache is as good as none."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tessen.crawl import _cache, _reading, _source, crawl

CLIENT = "import anthropic\nclient = anthropic.Anthropic()\n"
USER = "from client import client\ndef f():\n    return client.completions.create(model='m', prompt='')\n"
LONG_AGO_NS = 1_700_000_000 * 10**9


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    put(tmp_path / "client.py", CLIENT)
    put(tmp_path / "user.py", USER)
    put(tmp_path / "other.py", "x = 1\n")
    return tmp_path


@pytest.fixture
def opened(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[str]]:
    """The files that were opened, in order."""
    names: list[str] = []
    real = _source.read

    def read(path: str) -> _source.Source:
        names.append(Path(path).name)
        return real(path)

    monkeypatch.setattr(_reading, "read", read)
    yield names


def put(path: Path, text: str, time_ns: int = LONG_AGO_NS) -> None:
    path.write_text(text)
    os.utime(path, ns=(time_ns, time_ns))


def cache_file() -> Path:
    (path,) = (Path(os.environ["XDG_CACHE_HOME"]) / "tessen" / "crawl").iterdir()
    return path


def found(repository: Path) -> list[Any]:
    return [(site["file"], site["line"]) for site in crawl(repository)["call_sites"]]


def test_what_has_not_changed_is_not_opened(repository: Path, opened: list[str]) -> None:
    first = crawl(repository)
    assert sorted(opened) == ["client.py", "other.py", "user.py", "user.py"], "parsed for what it imports"
    opened.clear()
    second = crawl(repository)
    assert opened == []
    del first["scanned_at"], second["scanned_at"]
    assert first == second


def test_what_has_changed_is_read_alone(repository: Path, opened: list[str]) -> None:
    crawl(repository)
    opened.clear()
    put(repository / "user.py", "\n" + USER, LONG_AGO_NS + 1)
    assert found(repository) == [("user.py", 4)]
    assert set(opened) == {"user.py"}


def test_a_change_in_one_file_changes_what_another_is(repository: Path, opened: list[str]) -> None:
    assert found(repository) == [("user.py", 3)]
    opened.clear()
    put(repository / "client.py", "from twilio.rest import Client\nclient = Client()\n", LONG_AGO_NS + 1)
    assert found(repository) == []
    assert opened == ["client.py"]
    put(repository / "client.py", CLIENT, LONG_AGO_NS + 2)
    (repository / "user.py").rename(repository / "renamed.py")
    assert found(repository) == [("renamed.py", 3)]


def test_the_same_time_and_size_do_not_hide_a_change_just_before_the_last_run(
    repository: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(_cache, "_SETTLED_NS", 3600 * 10**9)  # just before, however slow the machine is
    path = repository / "user.py"
    path.write_text(USER)
    before = path.stat()
    assert found(repository) == [("user.py", 3)]
    path.write_text(USER.replace("create", "craete"))
    os.utime(path, ns=(before.st_mtime_ns, before.st_mtime_ns))
    assert found(repository) == []


@pytest.mark.parametrize(
    "damage",
    [b"", b"{", b"[]", b'{"format": 1}', b"\xff\xfe", b"null", b"[" * 100_000],
    ids=["empty", "open", "list", "format", "bytes", "null", "deep"],
)
def test_a_damaged_cache_is_as_good_as_none(damage: bytes, repository: Path) -> None:
    expected = found(repository)
    cache_file().write_bytes(damage)
    assert found(repository) == expected
    assert found(repository) == expected


@pytest.mark.parametrize(
    ("old", "new"),
    [("[[0", "[[{}"), ("null", "7"), ('"n"', "[]"), ("true", "[1]"), ("anthropic", "openai"), ("3", "4")],
)
def test_a_cache_that_was_tampered_with_harms_nothing(old: str, new: str, repository: Path) -> None:
    expected = found(repository)
    written = cache_file().read_text()
    assert old in written
    cache_file().write_text(written.replace(old, new))
    assert found(repository) == expected


def test_nobody_else_reads_it(repository: Path) -> None:
    crawl(repository)
    assert stat.S_IMODE(cache_file().stat().st_mode) == 0o600
    assert stat.S_IMODE(cache_file().parent.stat().st_mode) == 0o700


def test_where_it_cannot_be_kept_the_map_is_made_all_the_same(
    repository: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (repository / "file").touch()
    monkeypatch.setenv("XDG_CACHE_HOME", str(repository / "file"))
    assert found(repository) == [("user.py", 3)]


def test_without_a_cache_nothing_is_kept(repository: Path) -> None:
    crawl(repository, cache=False)
    assert not (Path(os.environ["XDG_CACHE_HOME"]) / "tessen" / "crawl").exists()
