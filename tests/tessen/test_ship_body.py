import json
import traceback

import pytest

from tessen import _ship_body


def test_a_line_without_a_traceback_is_shipped_as_it_is() -> None:
    line = b'{"n": 1.0,  "x":"\xe2\x80\xa8"}'
    assert _ship_body.shippable(line) is line


@pytest.mark.parametrize("line", [b"", b"{", b'{"a":1', b'{"tb":}', b'["tb"]', b'{"error":{"tb"'])
def test_a_line_that_is_no_event_is_not_shipped(line: bytes) -> None:
    assert _ship_body.shippable(line) is None


def test_a_request_that_only_mentions_tb_is_shipped_as_it_is() -> None:
    line = b'{"request_body":{"tb":"File"},"error":{"tb":null}}'
    assert _ship_body.shippable(line) is line


def _raised() -> BaseException:
    def inner(secret: str) -> None:
        raise ValueError(f"one\n      two {secret}")

    def recursive(n: int) -> None:
        recursive(n - 1) if n else inner("message")

    try:
        try:
            recursive(9)
        except ValueError as problem:
            raise ExceptionGroup("several", [problem, TypeError("t")]) from problem
    except ExceptionGroup as group:
        return group


def test_a_traceback_keeps_where_and_what_but_no_source() -> None:
    whole = "".join(traceback.format_exception(_raised()))
    assert "inner(" in whole
    assert "raise " in whole
    line = json.dumps({"status": "error", "error": {"tb": whole, "type": "ExceptionGroup"}}).encode()
    shipped = json.loads(_ship_body.shippable(line) or b"")["error"]["tb"]
    for source in ("raise ", "secret: str", "recursive(n", "recursive(9", "^"):
        assert source not in shipped
    for kept in (
        "in inner",
        "in recursive",
        "one\n",
        "      two message",
        "direct cause",
        "ExceptionGroup: several",
    ):
        assert kept in shipped
    assert "[Previous line repeated" in shipped
    assert shipped.count('File "') == whole.count('File "')
