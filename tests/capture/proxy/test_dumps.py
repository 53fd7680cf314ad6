"""Requests on the disk: small, byte-exact, readable by others, and never lost."""

from __future__ import annotations

import json
import random
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest

from capture.proxy.dumps import (
    DumpError,
    export,
    read_original,
    read_request,
    request_numbers,
    store_difference,
)
from capture.proxy.shrinking import CHAIN, Shrinker
from capture.scripted import Answer, ScriptedServer
from tests.capture.proxy.proxied import Watched
from tests.capture.proxy.test_relay import ASK

rng = random.Random(5)


def words(count: int) -> str:
    return " ".join(f"{rng.getrandbits(32):x}" for _ in range(count))


def conversation(turns: int) -> list[bytes]:
    """The requests of a conversation that grows; what surrounds it moves, as it does in real ones."""
    messages: list[dict[str, Any]] = [{"role": "user", "content": words(200)}]
    tools = [{"name": f"tool_{n}", "description": words(80)} for n in range(10)]
    bodies = []
    for _ in range(turns):
        bodies.append(
            json.dumps({"model": "m", "messages": messages, "system": "s", "tools": tools}).encode()
        )
        messages.append({"role": "assistant", "content": words(20)})
        messages.append({"role": "user", "content": words(40)})
    return bodies


@pytest.fixture
def dumps(session: Path) -> Path:
    folder = session / "raw_dumps"
    folder.mkdir(parents=True)
    return folder


def record(session: Path, bodies: list[bytes], agent: str = "main") -> None:
    shrinker = Shrinker(session)
    for number, body in enumerate(bodies, 1):
        (session / "raw_dumps" / f"request_{number:03d}.json").write_bytes(body)
        shrinker.follow(agent, number, body)


def test_a_growing_conversation_takes_a_fraction_and_reads_back_exactly(session: Path, dumps: Path) -> None:
    bodies = conversation(CHAIN + 8)
    record(session, bodies)
    stored = sum(path.stat().st_size for path in dumps.iterdir())
    assert stored * 8 < sum(map(len, bodies))
    assert request_numbers(session) == list(range(1, len(bodies) + 1))
    assert [read_request(session, n + 1) for n in range(len(bodies))] == bodies
    plain = sorted(path.name for path in dumps.glob("*.json"))
    assert plain == ["request_001.json", f"request_{CHAIN + 2:03d}.json", f"request_{len(bodies):03d}.json"]


def test_export_gives_the_plain_files_that_others_read(session: Path, dumps: Path, tmp_path: Path) -> None:
    bodies = conversation(12)
    record(session, bodies)
    assert export(session, tmp_path / "out") == 10
    assert len(list((tmp_path / "out").iterdir())) == 10
    assert export(session) == 10
    assert sorted(path.name for path in dumps.iterdir()) == [f"request_{n:03d}.json" for n in range(1, 13)]
    assert [(dumps / f"request_{n:03d}.json").read_bytes() for n in range(1, 13)] == bodies
    assert export(session) == 0


def test_the_zstd_program_reads_a_difference(session: Path, dumps: Path, tmp_path: Path) -> None:
    program = shutil.which("zstd")
    assert program is not None, "`make zstd` installs it"
    bodies = conversation(3)
    record(session, bodies)
    out = tmp_path / "out.json"
    patched = dumps / "request_002.json.from_001.zst"
    command = [
        program,
        "-q",
        "-d",
        f"--patch-from={dumps / 'request_001.json'}",
        str(patched),
        "-o",
        str(out),
    ]
    subprocess.run(command, check=True)
    assert out.read_bytes() == bodies[1]


def test_agents_that_take_turns_are_kept_apart(session: Path, dumps: Path) -> None:
    one, other = conversation(6), conversation(6)
    bodies = [body for pair in zip(one, other, strict=True) for body in pair]
    shrinker = Shrinker(session)
    for number, body in enumerate(bodies, 1):
        (dumps / f"request_{number:03d}.json").write_bytes(body)
        shrinker.follow(number % 2, number, body)
    assert (dumps / "request_006.json.from_004.zst").exists()
    assert [read_request(session, n + 1) for n in range(12)] == bodies


def test_what_repeats_nothing_stays_plain(session: Path, dumps: Path) -> None:
    bodies = [json.dumps({"messages": words(1000)}).encode() for _ in range(4)]
    record(session, bodies)
    assert not list(dumps.glob("*.zst"))


def test_files_of_agentlens_are_read_as_they_are(session: Path, dumps: Path) -> None:
    (dumps / "request_001.json").write_bytes(b'{"model":"m"}')
    (dumps / "request_001_headers.json").write_bytes(b"{}")
    assert read_request(session, 1) == b'{"model":"m"}'
    assert request_numbers(session) == [1]
    assert read_original(session, 1) is None


def test_numbers_beyond_three_digits(session: Path, dumps: Path) -> None:
    body = conversation(1)[0]
    (dumps / "request_1000.json").write_bytes(body)
    assert store_difference(dumps / "request_1000.json", body, 999, body)
    (dumps / "request_999.json").write_bytes(body)
    assert read_request(session, 1000) == body
    assert request_numbers(session) == [999, 1000]


def test_a_kill_in_the_middle_loses_nothing(session: Path, dumps: Path) -> None:
    """Between any two steps of the storing there is a plain file, or a whole difference."""
    one, two = conversation(2)
    (dumps / "request_001.json").write_bytes(one)
    plain = dumps / "request_002.json"
    plain.write_bytes(two)
    assert store_difference(plain, two, 1, one)
    difference = dumps / "request_002.json.from_001.zst"
    plain.write_bytes(two)
    (dumps / ".half-written").write_bytes(difference.read_bytes()[:50])
    assert read_request(session, 2) == two
    difference.write_bytes(b"")
    assert read_request(session, 2) == two


@pytest.mark.parametrize("damage", ["base", "difference", "missing", "ring", "nothing"])
def test_damage_is_an_error_that_names_the_file(session: Path, dumps: Path, damage: str) -> None:
    bodies = conversation(3)
    record(session, bodies)
    base, difference = dumps / "request_001.json", dumps / "request_002.json.from_001.zst"
    if damage == "base":
        base.write_bytes(bodies[0].replace(b"user", b"USER"))
    elif damage == "difference":
        difference.write_bytes(difference.read_bytes()[:-20])
    elif damage == "missing":
        base.unlink()
    elif damage == "ring":
        base.unlink()
        difference.with_name("request_001.json.from_002.zst").write_bytes(b"")
    with pytest.raises(DumpError, match="request_00"):
        read_request(session, 9 if damage == "nothing" else 2)


async def test_a_session_through_the_proxy_shrinks_behind_it(
    server: ScriptedServer, watched: Watched
) -> None:
    server.enqueue(*[Answer(text="yes")] * 5)
    claude = watched.claude()
    messages: list[Any] = [{"role": "user", "content": words(1000)}]
    for _ in range(5):
        await claude.messages.create(**{**ASK, "messages": list(messages)})
        row = await watched.capture()
        messages += [{"role": "assistant", "content": "yes"}, {"role": "user", "content": words(5)}]
    await watched.proxy.settled()
    assert watched.dumped() >= {"request_001.json", "request_005.json", "request_004.json.from_003.zst"}
    assert "request_004.json" not in watched.dumped()
    sent = [request.body for request in server.requests]
    assert [read_request(watched.session, n) for n in range(1, 6)] == sent
    assert row.request_body() == sent[-1]
