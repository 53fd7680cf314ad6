"""Requests that wait before they go up: nothing of them is sent, and their size says nothing about memory."""

from __future__ import annotations

import asyncio
import hashlib
import json
import subprocess
import sys
from pathlib import Path

import anthropic
import pytest

from capture.proxy import ProxyRequest, held, spool
from capture.proxy.dumps import read_original, read_request
from capture.scripted import ScriptedServer
from tests.capture.proxy.proxied import answer, post, raw_server, watching
from tests.capture.proxy.proxied import read_request as read_raw
from tests.capture.proxy.test_relay import ASK


async def test_nothing_goes_up_before_the_hold_is_over(session: Path, server: ScriptedServer) -> None:
    asked, allowed = asyncio.Event(), asyncio.Event()
    seen: list[ProxyRequest] = []

    async def hold(request: ProxyRequest) -> None:
        seen.append(request)
        asked.set()
        await allowed.wait()

    async with watching(session, server.url, hold=hold) as watched:
        asking = asyncio.create_task(watched.claude().messages.create(**ASK))
        await asyncio.wait_for(asked.wait(), 60)
        await watched.proxy.settled()
        assert server.requests == []
        assert watched.dumped() == {"request_001_headers.json"}
        allowed.set()
        await asking
        row = await watched.capture()
    assert (row.ok, row.rewritten) == (True, False)
    assert seen[0].json["model"] == ASK["model"]
    assert row.request_body() == server.requests[0].body == seen[0].body
    assert read_original(session, 1) is None


async def test_a_held_request_that_is_large_waits_on_the_disk(
    session: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(held, "IN_MEMORY", 1000)
    monkeypatch.setattr(spool, "TAKEN_APART", 100_000)
    shown: list[int] = []
    received: list[bytes] = []

    async def hold(request: ProxyRequest) -> None:
        shown.append(len(request.body))

    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        received.append((await read_raw(reader))[1])
        writer.write(answer(b"{}"))

    bodies = [json.dumps({**ASK, "system": f"{n}" * 60_000 * n}).encode() for n in (1, 2)]
    async with raw_server(talk) as url, watching(session, url, hold=hold) as watched:
        for body in bodies:
            await watched.say(post("/v1/messages", body))
        await watched.proxy.settled()
        left = {path.name for path in watched.files() if path.name.startswith("tmp")}
    assert received == bodies
    assert shown == [len(bodies[0]), 0]  # the second is over the bound
    assert [read_request(session, n) for n in (1, 2)] == bodies
    assert left == set()


async def test_a_hold_that_fails_sends_nothing(session: Path, server: ScriptedServer) -> None:
    async def hold(request: ProxyRequest) -> None:
        raise OSError("no space left")

    async with watching(session, server.url, hold=hold) as watched:
        with pytest.raises(anthropic.InternalServerError, match="could not be held back: no space left"):
            await watched.claude().messages.create(**ASK)
        row = await watched.capture()
    assert server.requests == []
    assert row.outcome == "failed"
    assert json.loads(row.request_body())["model"] == ASK["model"]


async def test_a_held_request_is_rewritten_after_its_wait(session: Path, server: ScriptedServer) -> None:
    order: list[str] = []

    async def hold(request: ProxyRequest) -> None:
        order.append("held")

    def rewrite(request: ProxyRequest) -> bytes:
        order.append("rewritten")
        return request.body.replace(b"hi", b"ho")

    async with watching(session, server.url, hold=hold, rewrite=rewrite) as watched:
        await watched.claude().messages.create(**ASK)
        row = await watched.capture()
    assert order == ["held", "rewritten"]
    assert b'"ho"' in server.requests[0].body
    assert row.rewritten


async def test_an_engine_that_leaves_a_held_request_is_cut(session: Path, server: ScriptedServer) -> None:
    asked = asyncio.Event()

    async def hold(request: ProxyRequest) -> None:
        asked.set()
        await asyncio.Event().wait()

    async with watching(session, server.url, hold=hold) as watched:
        _, writer = await watched.raw()
        writer.write(post("/v1/messages", json.dumps(ASK).encode()))
        await asyncio.wait_for(asked.wait(), 60)
        writer.close()
        row = await watched.capture()
    assert (row.outcome, row.status) == ("cut", None)
    assert server.requests == []


MEASURED = """
import asyncio, pathlib, sys
from capture.proxy import CaptureProxy

async def hold(request):
    assert request.body == b""

async def main():
    async with CaptureProxy(pathlib.Path(sys.argv[1]), sys.argv[2], hold=hold) as proxy:
        print(proxy.url, flush=True)
        await asyncio.to_thread(sys.stdin.readline)
    status = pathlib.Path("/proc/self/status").read_text()
    print(next(line.split()[1] for line in status.splitlines() if line.startswith("VmHWM")))

asyncio.run(main())
"""


async def test_a_held_upload_of_100_mb_takes_a_bounded_memory(session: Path) -> None:
    piece, count = bytes(1 << 20), 100
    digest = hashlib.sha256()

    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        left = len(piece) * count
        while left:
            data = await reader.read(left)
            digest.update(data)
            left -= len(data)
        writer.write(answer(b"{}"))

    async with raw_server(talk) as url:
        command = (sys.executable, "-c", MEASURED, str(session), url)
        pipe = subprocess.PIPE
        proxy = await asyncio.create_subprocess_exec(*command, stdin=pipe, stdout=pipe)
        assert proxy.stdin is not None
        assert proxy.stdout is not None
        port = int((await proxy.stdout.readline()).rpartition(b":")[2])
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(post("/v1/messages", b"").replace(b"length: 0", b"length: %d" % (len(piece) * count)))
        for _ in range(count):
            writer.write(piece)
            await writer.drain()
        assert (await asyncio.wait_for(reader.read(), 60)).endswith(b"{}")
        writer.close()
        said, _ = await proxy.communicate(b"\n")
    assert digest.digest() == hashlib.sha256(piece * count).digest()
    assert (session / "raw_dumps" / "request_001.json").stat().st_size == len(piece) * count
    peak = int(said) / 1024
    assert peak < 140  # MB: the interpreter, the 32 that may be kept, and what is on its way
