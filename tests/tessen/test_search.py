from hypothesis import example, given
from hypothesis import strategies as st

from tessen._search import finder

few = st.binary(max_size=6) | st.text("ab-Z", max_size=12).map(str.encode)
needles = st.text("ab-Z", min_size=1, max_size=4).map(str.encode) | st.binary(min_size=1, max_size=12)


@given(needle=needles, before=few, after=few)
@example(needle=b"ab-", before=b"-" * 40, after=b"")
@example(needle=b"ab-", before=b"b-", after=b"-" * 40)
@example(needle=b"sk-ant-api", before=b"-" * 40, after=b"")
def test_it_answers_as_in_does(needle: bytes, before: bytes, after: bytes) -> None:
    found = finder(needle)
    for data in (before + needle + after, before + after, before * 30 + after, before * 30 + needle, b""):
        assert found(data) == (needle in data)
        padded = data + b" " * 3000
        assert found(padded) == (needle in padded)


@given(needles=st.lists(st.text("ab-Z", max_size=3), min_size=1, max_size=3), before=few, after=few)
@example(needles=["ab", "", "b"], before=b"-" * 40, after=b"-" * 40)
def test_of_several_needles_any_will_do(needles: list[str], before: bytes, after: bytes) -> None:
    sought = [f"{needle}-a".encode() for needle in needles]
    found = finder(*sought)
    for data in (before + sought[-1] + after, before + after, before * 30 + after, before * 30 + sought[0]):
        for text in (data, data + b" " * 3000):
            assert found(text) == any(needle in text for needle in sought)


def test_needles_without_a_byte_in_common_are_looked_for_one_by_one() -> None:
    found = finder(b"ab", b"cd")
    assert found(b"xcd")
    assert not found(b"xcb")
