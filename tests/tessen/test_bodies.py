"""What a body becomes in a line: itself, its beginning, or a word about it."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tessen import _bodies
from tessen._stream import MOST_TEXT

PLAIN = "text/plain"


def sent(body: bytes, kind: str = PLAIN) -> Any:
    return json.loads(_bodies.of_request(body, {"content-type": kind}))


@pytest.mark.parametrize("kind", [PLAIN, "application/json", ""])
def test_json_is_kept_whatever_it_is_called(kind: str) -> None:
    assert sent(b'{"a":[1]}', kind) == {"a": [1]}
    assert sent(b'["a"]', kind) == ["a"]
    assert len(sent(json.dumps(["a" * MOST_TEXT]).encode(), kind)[0]) == MOST_TEXT


def test_a_short_text_is_kept() -> None:
    assert sent("a word 🌙 { and".encode()) == "a word 🌙 { and"
    assert sent(b'{"a":1}\n{"a":2}\n') == '{"a":1}\n{"a":2}\n'


@pytest.mark.parametrize("character", ["a ", "é ", "🌙 "])
@pytest.mark.parametrize("shift", range(4))
def test_of_a_long_text_the_beginning_is_kept(character: str, shift: int) -> None:
    """Wherever it is cut: within a character as well."""
    body = ("." * shift + " " + character * MOST_TEXT).encode()
    said = sent(body)
    assert (said["content_type"], said["bytes"]) == (PLAIN, len(body))
    assert body.startswith(said["beginning"].encode())
    assert MOST_TEXT - 16 < len(said["beginning"].encode()) <= MOST_TEXT


@pytest.mark.parametrize(
    "body", [b"\x89PNG\r\n", b"{\xff}", b"a " * MOST_TEXT + b"\xff", b"\xff" * MOST_TEXT * 2]
)
def test_bytes_are_counted(body: bytes) -> None:
    said = sent(body, "image/png")
    assert (said["content_type"], said["bytes"]) == ("image/png", len(body))
    assert "\ufffd" not in said.get("beginning", "")


def test_of_several_parts_none_is_kept() -> None:
    said = sent(b'{"a":1', "multipart/form-data; boundary=b")
    assert said == {"content_type": "multipart/form-data", "bytes": 6}
