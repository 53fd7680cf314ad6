"""How much is done while an engine waits: writes, and nothing of the recording."""

from __future__ import annotations

import asyncio
import threading
from pathlib import Path

import h11
import pytest

from capture.proxy.answers import AnswerReader
from capture.proxy.line import Line
from capture.proxy.spool import Spool
from tests.capture.proxy.proxied import post, raw_server, read_request, watching

EVENT = b'event: ping\ndata: {"type": "ping"}\n\n'
COUNT = 200


async def test_what_comes_together_goes_on_together(session: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    sent: list[tuple[h11.Event, ...]] = []
    send = Line.send

    def counted(line: Line, *parts: h11.Event) -> None:
        sent.append(parts)
        send(line, *parts)

    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await read_request(reader)
        head = b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ntransfer-encoding: chunked\r\n\r\n"
        writer.write(head + b"%x\r\n%s\r\n" % (len(EVENT), EVENT) * COUNT + b"0\r\n\r\n")
        await writer.drain()

    monkeypatch.setattr(Line, "send", counted)
    async with raw_server(talk) as url, watching(session, url) as watched:
        said = await watched.say(post("/v1/messages", b"{}"))
        await watched.capture()
    assert said.count(EVENT) == COUNT
    assert watched.dump("response_001.txt") == EVENT * COUNT
    assert len(sent[0]) == 3  # the request: head, body, end
    assert len(sent) <= 4  # and the answer, in as many pieces as the network has made of it


async def test_nothing_is_recorded_in_the_thread_that_relays(
    session: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    threads: set[str] = set()
    add, feed = Spool.add, AnswerReader.feed

    def noted_add(spool: Spool, data: bytes) -> None:
        threads.add(threading.current_thread().name)
        add(spool, data)

    def noted_feed(reader: AnswerReader, data: bytes, arrived: float) -> None:
        threads.add(threading.current_thread().name)
        feed(reader, data, arrived)

    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await read_request(reader)
        writer.write(b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\n\r\n" + EVENT)
        writer.close()

    monkeypatch.setattr(Spool, "add", noted_add)
    monkeypatch.setattr(AnswerReader, "feed", noted_feed)
    async with raw_server(talk) as url, watching(session, url) as watched:
        await watched.say(post("/v1/messages", b"{}"))
        await watched.capture()
    assert watched.dump("response_001.txt") == EVENT
    assert len(threads) == 1
    assert threading.main_thread().name not in threads


async def test_an_answer_that_goes_wrong_after_a_part_gives_that_part(session: Path) -> None:
    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await read_request(reader)
        head = b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ntransfer-encoding: chunked\r\n\r\n"
        writer.write(head + b"%x\r\n%s\r\n" % (len(EVENT), EVENT) + b"nonsense\r\n")
        await reader.read()

    async with raw_server(talk) as url, watching(session, url) as watched:
        said = await watched.say(post("/v1/messages", b"{}"))
        row = await watched.capture()
    assert EVENT in said
    assert not said.endswith(b"0\r\n\r\n")
    assert (row.outcome, row.status) == ("failed", 200)
    assert watched.dump("response_001.txt") == EVENT
