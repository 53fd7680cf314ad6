"""The recorder under stress: crowds, full disks, huge answers, odd requests; the program sees no difference.

Threads, forks and kills are in `test_recorder.py`, the ends of streams in `test_stream.py`.
"""

from __future__ import annotations

import asyncio
import gc
import json
import multiprocessing
import os
import subprocess
import sys
import textwrap
import weakref
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import anthropic
import httpx2
import pytest

import tessen
from tessen import _recorder, _writer

KEY = "sk-ant-api03-0123456789-secret-of-the-test"
QUESTION: list[dict[str, Any]] = [{"role": "user", "content": "hello"}]

ALONE = """
    import os, sys, tessen, anthropic, httpx2
    def serve(request):
        message = {"id": "m", "type": "message", "role": "assistant"}
        return httpx2.Response(200, json={**message, "content": [{"type": "text", "text": "hi"}]})
    def ask(text="hello"):
        message = client.messages.create(
            model="m", max_tokens=9, messages=[{"role": "user", "content": text}]
        )
        return message.content[0].text
    client = anthropic.Anthropic(http_client=httpx2.Client(transport=httpx2.MockTransport(serve)))
"""
"""The beginning of a program that needs no server."""


def program(code: str, log_dir: Path, *arguments: str) -> subprocess.Popen[str]:
    environment = {**os.environ, "TESSEN_LOG_DIR": str(log_dir), "ANTHROPIC_API_KEY": KEY}
    command = [sys.executable, "-c", textwrap.dedent(ALONE) + textwrap.dedent(code), *arguments]
    return subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=environment
    )


def run(code: str, log_dir: Path, *arguments: str) -> tuple[str, str]:
    with program(code, log_dir, *arguments) as process:
        said, complained = process.communicate(timeout=120)
    assert process.returncode == 0, complained
    return said, complained


def events_in(folder: Path) -> list[dict[str, Any]]:
    files = folder.rglob("*.jsonl")
    return [json.loads(line) for file in files for line in file.read_bytes().splitlines() if line]


def message(text: str) -> dict[str, Any]:
    usage = {"input_tokens": 3, "output_tokens": 2}
    content = [{"type": "text", "text": text}]
    return {
        "id": "msg",
        "type": "message",
        "role": "assistant",
        "model": "m",
        "content": content,
        "stop_reason": "end_turn",
        "usage": usage,
    }


def sse(*events: dict[str, Any]) -> bytes:
    return b"".join(
        b"event: %s\ndata: %s\n\n" % (event["type"].encode(), json.dumps(event).encode()) for event in events
    )


def streamed(*pieces: str) -> bytes:
    def delta(text: str) -> dict[str, Any]:
        return {"type": "content_block_delta", "index": 0, "delta": {"type": "text_delta", "text": text}}

    return sse(
        {"type": "message_start", "message": {**message(""), "content": [], "stop_reason": None}},
        {"type": "content_block_start", "index": 0, "content_block": {"type": "text", "text": ""}},
        *map(delta, pieces),
        {"type": "content_block_stop", "index": 0},
        {"type": "message_delta", "delta": {"stop_reason": "end_turn"}, "usage": {"output_tokens": 2}},
        {"type": "message_stop"},
    )


def answering(answer: Callable[[httpx2.Request], httpx2.Response]) -> dict[str, Any]:
    """Arguments of a client whose requests never leave the process."""
    transport = httpx2.MockTransport(answer)
    return {"api_key": KEY, "max_retries": 0, "http_client": httpx2.Client(transport=transport)}


def ask(client: Any, **more: Any) -> Any:
    return client.messages.create(**{"model": "m", "max_tokens": 9, "messages": QUESTION, **more})


# ── crowds ──


async def test_a_thousand_tasks_at_once(log: Any) -> None:
    waiting = asyncio.Event()
    arrived = 0

    async def serve(request: httpx2.Request) -> httpx2.Response:
        nonlocal arrived
        arrived += 1
        if arrived == 1000:
            waiting.set()
        await waiting.wait()
        asked = json.loads(request.content)["messages"][0]["content"]
        return httpx2.Response(200, json=message(f"answer to {asked}"))

    transport = httpx2.MockTransport(serve)
    http_client = httpx2.AsyncClient(transport=transport, limits=httpx2.Limits(max_connections=None))
    client = anthropic.AsyncAnthropic(api_key=KEY, http_client=http_client)
    asked = [[{"role": "user", "content": f"question {n}"}] for n in range(1000)]
    answers = await asyncio.gather(*(ask(client, messages=messages) for messages in asked))
    assert [answer.content[0].text for answer in answers] == [f"answer to question {n}" for n in range(1000)]
    pairs = [
        (event["request_body"]["messages"][0]["content"], event["casted_response"]["content"][0]["text"])
        for event in log.events()
    ]
    assert sorted(pairs) == sorted((f"question {n}", f"answer to question {n}") for n in range(1000))
    async with asyncio.timeout(60):  # a file that was being written when its call ended goes a moment later
        while list((log.folder / "agent" / ".inflight").glob("*")):  # noqa: ASYNC110 - of another thread
            await asyncio.sleep(0.005)
    await client.close()


def test_workers_forked_before_the_first_call(tmp_path: Path) -> None:
    """As gunicorn does with a preloaded application: the parent prepares everything, the workers ask."""
    code = """
        tessen.init(agent_name="web")
        workers = []
        for number in range(4):
            if (pid := os.fork()) == 0:
                assert [ask(f"{number}-{n}") for n in range(5)] == ["hi"] * 5
                sys.exit()
            workers.append(pid)
        print([os.waitpid(pid, 0)[1] for pid in workers])
        ask("parent")
    """
    assert run(code, tmp_path) == ("[0, 0, 0, 0]\n", "")
    asked = [event["request_body"]["messages"][0]["content"] for event in events_in(tmp_path)]
    assert sorted(asked) == ["0-0", *sorted(f"{n}-{k}" for n in range(4) for k in range(5))[1:], "parent"]


def _ask_in_spawned_process(folder: str) -> None:
    tessen.init(agent_name="agent", log_dir=folder)
    ask(anthropic.Anthropic(**answering(lambda request: httpx2.Response(200, json=message("hi")))))


def test_spawned_processes_start_their_own_recorder(log: Any) -> None:
    spawn = multiprocessing.get_context("spawn")
    children = [spawn.Process(target=_ask_in_spawned_process, args=(str(log.folder),)) for _ in range(2)]
    for child in children:
        child.start()
    for child in children:
        child.join(120)
    assert [child.exitcode for child in children] == [0, 0]
    assert [event["agent_name"] for event in log.events()] == ["agent", "agent"]


# ── disks ──


def full_disk(agent_dir: Path) -> Callable[[], None]:
    """A device that is always full, under the name of today's file."""
    writer = _writer.LogWriter(agent_dir.parent)
    writer.write(agent_dir.name, b"{}")
    (log,) = agent_dir.glob("*.jsonl")
    log.unlink()
    log.symlink_to("/dev/full")
    return log.unlink


def folder_in_the_way(agent_dir: Path) -> Callable[[], None]:
    agent_dir.parent.mkdir(parents=True)
    agent_dir.write_text("a file where the folder should be")
    return agent_dir.unlink


@pytest.mark.parametrize("trouble", [full_disk, folder_in_the_way])
def test_a_log_that_cannot_be_written(
    trouble: Callable[[Path], Callable[[], None]],
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """One warning, then silence, and the log is taken up again when it can be."""
    monkeypatch.setattr(_writer, "RETRY_AFTER", 0.0)
    mend = trouble(tmp_path / "logs" / "agent")
    tessen.init(agent_name="agent", log_dir=tmp_path / "logs")
    client = anthropic.Anthropic(**answering(lambda request: httpx2.Response(200, json=message("hi"))))
    assert [ask(client).content[0].text for _ in range(5)] == ["hi"] * 5
    said = capsys.readouterr().err
    assert said.count("\n") == 1
    assert said.startswith(f"tessen: cannot write to {tmp_path}/logs/agent (")
    mend()
    assert [ask(client).content[0].text for _ in range(2)] == ["hi"] * 2
    assert capsys.readouterr().err == "tessen: the log can be written again; 5 event(s) were lost\n"
    tessen.shutdown()
    assert len(events_in(tmp_path)) == 2


def test_a_log_folder_that_the_user_may_not_write(tmp_path: Path) -> None:
    code = """
        tessen.init(agent_name="agent")
        ask()
        os.chmod(sys.argv[1], 0o500)
        if os.geteuid() == 0:
            os.seteuid(65534)
        tessen.init(agent_name="another")
        print([ask(), ask(), ask()])
    """
    folder = tmp_path / "logs"
    said, complained = run(code, folder, str(folder))
    assert said == "['hi', 'hi', 'hi']\n"
    assert complained.count("\n") == 1
    assert complained.startswith(f"tessen: cannot write to {folder}/another (Permission denied)")
    assert len(events_in(folder)) == 1


def test_a_log_folder_that_vanishes_is_made_again(log: Any, capsys: pytest.CaptureFixture[str]) -> None:
    client = anthropic.Anthropic(**answering(lambda request: httpx2.Response(200, json=message("hi"))))
    ask(client)
    for path in sorted(log.folder.rglob("*"), reverse=True):
        path.rmdir() if path.is_dir() else path.unlink()
    log.folder.rmdir()
    ask(client)
    assert len(log.events()) == 1
    assert capsys.readouterr().err == ""


# ── sizes ──


def test_an_answer_of_fifty_megabytes(log: Any) -> None:
    text = "wörd " * 10_000_000
    body = json.dumps(message(text), ensure_ascii=False).encode()
    client = anthropic.Anthropic(
        **answering(
            lambda request: httpx2.Response(200, content=body, headers={"content-type": "application/json"})
        )
    )
    assert ask(client).content[0].text == text
    (line,) = log.lines()
    assert body in line
    assert json.loads(line)["quality_signals"] == []


# ── collected ──


def trickling(served: list[int]) -> Callable[[httpx2.Request], httpx2.Response]:
    """Answers whose pieces come one by one, as they are asked for."""
    body = streamed("one ", "two ", "three")
    parts = [part + b"\n\n" for part in body.split(b"\n\n") if part]

    class Pieces(httpx2.SyncByteStream):
        def __iter__(self) -> Iterator[bytes]:
            for number, part in enumerate(parts):
                served.append(number)
                yield part

    kind = {"content-type": "text/event-stream"}
    return lambda request: httpx2.Response(200, headers=kind, stream=Pieces())


def test_what_a_stream_held_is_released_at_its_end(log: Any) -> None:
    client = anthropic.Anthropic(**answering(trickling([])))
    assert _recorder.active is not None
    records = []
    for how in ("read", "half read", "closed", "dropped"):
        stream = ask(client, stream=True)
        (record,) = _recorder.active._streams
        records.append(weakref.ref(record))
        del record
        if how == "read":
            list(stream)
        elif how == "half read":
            next(iter(stream))
            stream.close()
        elif how == "closed":
            stream.close()
        del stream
        gc.collect()
        assert not _recorder.active._streams
    assert _recorder.active.flush(60)
    assert [record() for record in records] == [None] * 4
    assert [event.get("outcome") for event in log.events()] == [None, *["abandoned"] * 3]


def test_a_generator_over_a_stream_that_is_dropped_with_its_client(log: Any) -> None:
    def texts() -> Iterator[str]:
        with ask(anthropic.Anthropic(**answering(trickling([]))), stream=True) as stream:
            for event in stream:
                if event.type == "content_block_delta":
                    yield event.delta.text

    generator = texts()
    assert next(generator) == "one "
    del generator
    gc.collect()
    assert tessen.flush(60)
    event = log.one()
    assert (event["status"], event["outcome"]) == ("ok", "abandoned")
    assert event["response_body"]["content"] == [{"type": "text", "text": "one "}]


def test_a_client_collected_before_its_stream_is_read(log: Any) -> None:
    client = anthropic.Anthropic(**answering(trickling([])))
    stream = ask(client, stream=True)
    del client
    gc.collect()
    assert len(list(stream)) == 8
    assert "outcome" not in log.one()


def test_recording_reads_no_faster_than_the_program(log: Any) -> None:
    served: list[int] = []
    stream = ask(anthropic.Anthropic(**answering(trickling(served))), stream=True)
    next(iter(stream))
    assert served == [0]
    stream.close()
    assert served == [0]


# ── the same with recording on and off ──


class Circular(dict[str, Any]):
    """An object that holds itself."""

    def __init__(self) -> None:
        super().__init__(me=self)


class Hostile:
    """An object that fails at whatever it is asked."""

    def __repr__(self) -> str:
        raise RuntimeError("no")

    __str__ = __repr__

    def __bool__(self) -> bool:
        raise RuntimeError("no")


ODD: dict[str, Callable[[], Any]] = {
    "circular": Circular,
    "an object": object,
    "hostile": Hostile,
    "bytes": lambda: b"\xff",
    "not a number": lambda: float("nan"),
    "a lone surrogate": lambda: "\ud800",
    "very deep": lambda: json.loads("[" * 900 + "]" * 900),
    "a set": lambda: {1, 2},
    "text": lambda: "plain",
}


def seen_of(work: Callable[[], Any]) -> Any:
    """What the program sees: a result and its type, or an exception, its text and its causes' types."""
    try:
        result = work()
    except BaseException as problem:
        chain = []
        cause: BaseException | None = problem
        while cause is not None and len(chain) < 5:
            chain.append(type(cause))
            cause = cause.__cause__ or cause.__context__
        return chain, "" if isinstance(problem, RecursionError) else str(problem)
    return type(result), result


@pytest.mark.parametrize("kind", ODD)
def test_odd_objects_in_a_request(kind: str, log: Any) -> None:
    def work() -> str:
        client = anthropic.Anthropic(**answering(lambda request: httpx2.Response(200, json=message("hi"))))
        answer = ask(client, metadata={"odd": ODD[kind]()})
        return str(answer.content[0].text)

    recorded = seen_of(work)
    (event,) = log.events()
    assert (event["status"] == "ok") == (recorded == (str, "hi"))
    tessen.shutdown()
    assert recorded == seen_of(work)
    assert len(log.events()) == 1


def raising_inside(stream: Any) -> None:
    with stream:
        for _ in stream:
            raise LookupError("of the program")


def leaving_early(stream: Any) -> str:
    for event in stream:
        return str(event.type)
    return ""


def throwing_in(stream: Any) -> Any:
    generator = (event.type for event in stream)
    next(generator)
    return generator.throw(KeyError("thrown in"))


@pytest.mark.parametrize("read", [raising_inside, leaving_early, throwing_in, list])
def test_ways_of_reading_a_stream(read: Callable[[Any], Any], log: Any) -> None:
    def work() -> Any:
        stream = ask(anthropic.Anthropic(**answering(trickling([]))), stream=True)
        response = stream.response
        types = [type(stream), isinstance(response.stream, httpx2.SyncByteStream), response.is_closed]
        return types, seen_of(lambda: read(stream)), response.is_closed

    recorded = seen_of(work)
    gc.collect()
    assert tessen.flush(60)
    assert len(log.events()) == 1
    tessen.shutdown()
    assert recorded == seen_of(work)
