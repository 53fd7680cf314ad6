"""Recorded answers that lead to a copy of the files: in plain JSON, and in streams that cut a path in two."""

from __future__ import annotations

import json

import anthropic
import httpx2
import pytest

from capture.proxy import StoredAnswer
from capture.replay.moved_answers import moved

THEN, NOW = '/home/ann/my "proj"', "/tmp/copy/proj"
ARGUMENTS = {"file_path": f"{THEN}/a.txt", "content": f"see {THEN}"}


def event(kind: str, **fields: object) -> bytes:
    return f"event: {kind}\ndata: {json.dumps({'type': kind, **fields})}\n\n".encode()


@pytest.mark.parametrize("size", [1, 7, 10_000])
def test_a_stream(size: int) -> None:
    written = json.dumps(ARGUMENTS)
    pieces = [written[start : start + size] for start in range(0, len(written), size)]
    block = {"type": "tool_use", "id": "toolu_1", "name": "Write", "input": {}}
    message = {
        "id": "msg_1",
        "type": "message",
        "role": "assistant",
        "model": "m",
        "content": [],
        "usage": {"input_tokens": 1, "output_tokens": 1},
    }
    stream = b"".join(
        (
            event("message_start", message=message),
            event("content_block_start", index=0, content_block=block),
            *(
                event(
                    "content_block_delta",
                    index=0,
                    delta={"type": "input_json_delta", "partial_json": piece},
                )
                for piece in pieces
            ),
            event("content_block_stop", index=0),
            event("message_delta", delta={"stop_reason": "tool_use"}, usage={"output_tokens": 9}),
            event("message_stop"),
        )
    )
    again = moved(StoredAnswer(200, [], stream), {NOW: THEN}).body
    assert read_by_the_sdk(again) == {"file_path": f"{NOW}/a.txt", "content": f"see {NOW}"}
    assert again.count(b"input_json_delta") == 1
    assert again.startswith(event("message_start", message=message))


def test_json_and_json_within_json() -> None:
    body = json.dumps({"input": ARGUMENTS, "arguments": json.dumps(ARGUMENTS)}).encode()
    again = json.loads(moved(StoredAnswer(200, [], body), {NOW: THEN}).body)
    expected = {"file_path": f"{NOW}/a.txt", "content": f"see {NOW}"}
    assert (again["input"], json.loads(again["arguments"])) == (expected, expected)


def read_by_the_sdk(stream: bytes) -> object:
    """What the vendor's SDK makes of a stream."""

    def answer(_: httpx2.Request) -> httpx2.Response:
        return httpx2.Response(200, headers={"content-type": "text/event-stream"}, content=stream)

    client = anthropic.Anthropic(
        api_key="k", http_client=httpx2.Client(transport=httpx2.MockTransport(answer))
    )
    with client.messages.stream(
        model="m", max_tokens=9, messages=[{"role": "user", "content": "go"}]
    ) as said:
        return said.get_final_message().content[0].input
