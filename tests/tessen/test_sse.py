import itertools

from hypothesis import given
from hypothesis import strategies as st

from tessen._sse import SseParser

Events = list[tuple[str | None, str]]


def parse(stream: bytes, cuts: list[int] | None = None) -> Events:
    parser = SseParser()
    places = [0, *sorted(cut % (len(stream) + 1) for cut in cuts or []), len(stream)]
    pieces = [stream[start:end] for start, end in itertools.pairwise(places)]
    return [event for piece in pieces for event in parser.feed(piece)] + parser.end()


def test_events_with_and_without_a_name() -> None:
    stream = b'event: ping\ndata: {"type": "ping"}\n\ndata: one\ndata: two\n\n'
    assert parse(stream) == [("ping", '{"type": "ping"}'), (None, "one\ntwo")]


def test_comments_other_fields_and_empty_events_are_nothing() -> None:
    assert parse(b": hello\n\nid: 7\nretry: 10\n\nevent: x\n\ndata: y\n\n") == [(None, "y")]


def test_every_line_ending_and_a_byte_order_mark() -> None:
    assert parse(b"\xef\xbb\xbfdata: a\r\n\r\ndata: b\r\rdata: c\n\n") == [
        (None, "a"),
        (None, "b"),
        (None, "c"),
    ]


def test_one_space_belongs_to_the_field_and_no_more() -> None:
    assert parse(b"data:  a\n\ndata:b\n\ndata\n\n") == [(None, " a"), (None, "b"), (None, "")]


def test_an_event_cut_off_by_the_end_is_still_seen() -> None:
    assert parse(b"data: [DONE]") == [(None, "[DONE]")]


def test_other_unicode_line_breaks_do_not_end_a_line() -> None:
    assert parse("data: a\u2028b\x0bc\x85d\n\n".encode()) == [(None, "a\u2028b\x0bc\x85d")]


lines = st.sampled_from(
    [b"data: x", b"data:", b"event: e", b": c", b"", b"data: \xf0\x9f\x8c\x99", b"data: \xff", b"id: 1"]
)
endings = st.sampled_from([b"\n", b"\r\n", b"\r"])


@given(st.lists(st.tuples(lines, endings), max_size=12), st.lists(st.integers(0, 300), max_size=8))
def test_where_the_bytes_are_split_does_not_matter(parts: list[tuple[bytes, bytes]], cuts: list[int]) -> None:
    stream = b"".join(line + ending for line, ending in parts)
    assert parse(stream, cuts) == parse(stream)
    assert parse(stream, list(range(len(stream)))) == parse(stream)
