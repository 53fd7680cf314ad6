"""Any mixture of good, torn, foreign and binary lines, in any pieces: the good are seen, the rest counted."""

import asyncio
import json
import tempfile
import tracemalloc
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from capture.log import LocalLog, parse_query
from capture.log.batch import Batcher
from capture.log.frames import pack, unpack
from tessen.reading.stretch import Lines, whole_lines

from .conftest import NOON, Opener, Writer, indexed, until

EVENT = {
    "event_id": "0" * 31 + "a",
    "agent_name": "billing",
    "ts": NOON,
    "status": "ok",
    "provider": "anthropic",
}
GOOD = json.dumps(EVENT).encode()
LINES = {
    "good": (GOOD, 1, 0, 0, 0),
    "good, keys in another order": (json.dumps(dict(reversed(EVENT.items()))).encode(), 1, 0, 0, 0),
    "good, not much": (b'{"event_id": "x"}', 1, 0, 0, 0),
    "good, NaN": (GOOD[:-1] + b', "duration_ms": NaN, "ttft_ms": -Infinity}', 1, 0, 0, 0),
    "good, huge numbers": (GOOD[:-1] + b', "usage": {"input_tokens": ' + b"9" * 500 + b"}}", 1, 0, 0, 0),
    "good, invalid UTF-8": (GOOD[:-1] + b', "model": "\xff\xfe"}', 1, 0, 0, 0),
    "good, NUL escaped": (GOOD[:-1] + b', "model": "a\\u0000b"}', 1, 0, 0, 0),
    "good, U+2028": (GOOD[:-1] + ', "model": "a\u2028b\u0085c"}'.encode(), 1, 0, 0, 0),
    "good, CRLF": (GOOD + b"\r", 1, 0, 0, 0),
    "good, lone surrogate": (GOOD[:-1] + b', "model": "\\ud800"}', 1, 0, 0, 0),
    "odd fields": (GOOD[:-1] + b', "duration_ms": "long", "usage": [1], "streamed": 3}', 1, 0, 0, 1),
    "nulls": (GOOD[:-1] + b', "duration_ms": null, "usage": null, "surface": null}', 1, 0, 0, 0),
    "blank": (b" \r", 0, 0, 0, 0),
    "torn": (GOOD[:-20], 0, 1, 0, 0),
    "torn, an event behind": (GOOD[:-20] + GOOD, 1, 1, 0, 0),
    "padding, an event behind": (b"\0" * 50 + GOOD, 1, 1, 0, 0),
    "two on a line": (GOOD + GOOD, 2, 0, 0, 0),
    "half of one": (GOOD[:-1] + b', "outcome":', 0, 1, 0, 0),
    "its other half": (b' "complete"}', 0, 1, 0, 0),
    "not JSON": (b"Traceback (most recent call last):", 0, 1, 0, 0),
    "binary": (bytes(range(11, 256)), 0, 1, 0, 0),
    "too deep": (b"[" * 100_000, 0, 1, 0, 0),
    "a number": (b"17", 0, 0, 1, 0),
    "a list": (b"[1, 2]", 0, 0, 1, 0),
    "another object": (b'{"level": "info"}', 0, 0, 1, 0),
}
"""Name → bytes, and what they count as: rows, torn, foreign, odd fields."""


@pytest.mark.parametrize("name", LINES)
def test_a_line_counts_as_what_it_is(name: str) -> None:
    line, *expected = LINES[name]
    batcher = Batcher()
    batcher.add([line], 0)
    batch = batcher.take()
    assert [len(batch), batch.torn, batch.foreign, batch.odd_fields] == expected
    assert unpack(pack(batch)).strings == batch.strings, "it can be sent and kept"


@settings(deadline=None)
@given(st.lists(st.sampled_from([*sorted(LINES), *["good"] * 10]), min_size=1, max_size=8))
@example(["half of one", "its other half", "two on a line"])
def test_lines_taken_in_at_once_are_the_lines_one_by_one(names: list[str]) -> None:
    lines = [LINES[name][0] for name in names]
    chunk = b"\n".join(lines)
    together, singly = Batcher(), Batcher()
    together.take_in(Lines(7, chunk + b"\nmore", len(chunk), 7 + len(chunk) + 1))
    singly.add(lines, 7)
    found, expected = together.take(), singly.take()
    assert [found.torn, found.foreign, found.odd_fields, found.lines] == [
        *(expected.torn, expected.foreign, expected.odd_fields, expected.lines)
    ]
    for name, column in expected.columns.items():
        np.testing.assert_array_equal(found.columns[name], column)
    assert found.strings == expected.strings


@settings(max_examples=60, deadline=None)
@given(st.lists(st.sampled_from(sorted(LINES)), max_size=12), st.data())
def test_a_file_in_any_pieces_gives_its_good_lines(names: list[str], data: st.DataObject) -> None:
    content = b"".join(LINES[name][0] + b"\n" for name in names)
    cuts = sorted(data.draw(st.lists(st.integers(0, len(content)), max_size=5)))
    pieces = [content[a:b] for a, b in zip([0, *cuts], [*cuts, len(content)], strict=True)]
    expected = [sum(LINES[name][place] for name in names) for place in range(1, 5)]
    asyncio.run(_follow_pieces(pieces, expected))


async def _follow_pieces(pieces: list[bytes], expected: list[int]) -> None:
    with tempfile.TemporaryDirectory() as name:
        writer = Writer(Path(name))
        writer.write_bytes(pieces[0])
        log = LocalLog(Path(name), cache=None, polling=True, findings=False)
        await log.open()
        for piece in pieces[1:]:
            writer.write_bytes(piece)
        await until(log, lambda: _counted(log) == expected)
        assert _counted(log) == expected
        await log.close()


def _counted(log: LocalLog) -> list[int]:
    found = log.problems
    return [log.count, found.torn, found.foreign, found.odd_fields]


@given(st.lists(st.binary(max_size=30), max_size=20), st.integers(1, 40), st.integers(0, 300))
def test_stretches_give_each_line_once(lines: list[bytes], chunk: int, border: int) -> None:
    content = b"".join(line.replace(b"\n", b"") + b"\n" for line in lines)
    with tempfile.TemporaryFile() as file:
        file.write(content)
        file.flush()
        fd = file.fileno()
        from tessen.reading.stretch import next_line

        middle = next_line(fd, min(border, len(content)))
        middle = len(content) if middle is None else middle
        parts = [*whole_lines(fd, 0, middle, chunk), *whole_lines(fd, middle, len(content), chunk)]
    assert [line for part in parts for line in part.lines] == content.split(b"\n")[:-1]
    assert all(content.startswith(part.lines[0], part.offset) for part in parts)


async def test_ten_megabytes_in_one_line(writer: Writer, opened: Opener) -> None:
    writer.write(writer.event(), writer.event(request_body={"messages": "x" * 10_000_000}), writer.event())
    tracemalloc.start()
    log = await indexed(await opened())
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert log.count == 3
    assert peak < 60_000_000
    big = int(log.view(parse_query("size>1MB")).rows[0])
    assert log.preview(big) == "(10.0 MB event)"
    assert len((await log.load(big)).raw) > 10_000_000


async def test_an_old_log_gives_tokens_models_and_tools(writer: Writer, opened: Opener) -> None:
    answer: dict[str, Any] = {
        "model": "claude-haiku-4-5",
        "stop_reason": "tool_use",
        "usage": {"input_tokens": 10, "cache_read_input_tokens": 90, "output_tokens": 7},
    }
    gemini = {
        "headers": {},
        "body": json.dumps({"usageMetadata": {"promptTokenCount": 5, "candidatesTokenCount": 2}}),
    }
    writer.write(
        writer.event(usage=..., model=..., v=..., casted_response=answer),
        writer.event(
            usage=...,
            model=...,
            v=...,
            status=...,
            provider="gemini",
            http_url="https://g/models/gemini-2.5-flash:generateContent",
            request_body={"contents": []},
            casted_response=gemini,
        ),
        writer.failure(model=..., request_body={"model": "m1", "system": {}}),
    )
    log = await indexed(await opened())
    first, second, third = (log.row(row) for row in range(3))
    assert (first.model, first.input_tokens, first.output_tokens) == ("claude-haiku-4-5", 100, 7)
    assert first.cache_read_tokens == 90
    assert (second.model, second.input_tokens, second.output_tokens) == ("gemini-2.5-flash", 5, 2)
    assert (third.model, third.error, third.http_status, third.input_tokens) == ("m1", True, 429, None)


async def test_a_million_model_names_take_bounded_memory(writer: Writer, opened: Opener) -> None:
    from capture.log.columns import MORE, Strings

    strings = Strings(limit=100)
    numbers = {strings[f"model-{number}" + "x" * 600] for number in range(1000)}
    assert len(numbers) == 100
    assert strings.texts[-1] == MORE
    assert len(strings) <= 102
    assert max(map(len, strings.texts)) <= Strings.MAX_LENGTH


async def test_memory_is_bounded_for_each_event_whatever_its_body(writer: Writer, opened: Opener) -> None:
    writer.write(*(writer.event(request_body={"m": "x" * 20_000}) for _ in range(2000)))
    log = await indexed(await opened())
    assert log.count == 2000
    assert log.table.nbytes / log.count <= 150
