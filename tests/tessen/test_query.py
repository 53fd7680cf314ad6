"""The filter language as text: what is read, what is refused and where, and that nothing raises."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tessen.query import FIELDS, parse_query

TYPED = st.lists(
    st.sampled_from(
        [f.example for f in FIELDS]
        + ['"free text"', "-", ":", ">", ",", "statsu:x", '"', "\\", "dur>", "dur>5x", "-agent:", "é", "a,b"]
        + [
            '-"not, this"',
            "agent:a,b*",
            'model:"x y",z',
            "since:never",
            "cost>$0.10",
            "http:4xx,500",
            "tok>=20k",
        ]
    )
    | st.text(max_size=8),
    max_size=6,
).map(" ".join)


def test_the_example_of_every_field_is_understood() -> None:
    for field in FIELDS:
        query = parse_query(field.example)
        assert query.errors == ()
        assert [term.field for term in query.terms] == [field.name]


def test_terms_of_every_kind() -> None:
    query = parse_query('status:error -model:*Haiku* dur>5s tok>20k signal:a,b "free, text" cost>$0.10')
    assert query.errors == ()
    status, model, duration, tokens, signal, text, cost = query.terms
    assert (status.field, status.values, status.negated) == ("status", ("error",), False)
    assert (model.values, model.negated) == (("*haiku*",), True)
    assert (duration.operator, duration.ranges) == (">", ((5.0, 5.0),))
    assert tokens.ranges == ((20_000.0, 20_000.0),)
    assert signal.values == ("a", "b")
    assert (text.field, text.values) == ("text", ("free, text",))
    assert cost.ranges == ((0.1, 0.1),)


@pytest.mark.parametrize(
    ("typed", "start", "end", "message", "hint"),
    [
        ("agent:x statsu:error", 8, 20, "unknown field 'statsu'", "did you mean 'status'?"),
        ("dur>soon", 0, 8, "'dur' takes a number, not 'soon'", "such as dur>5s"),
        ("a dur>5kg b", 2, 9, "'dur' takes a number, not '5kg'", "such as dur>5s"),
        ("status:broken", 0, 13, "'status' is never 'broken'", "one of error, ok"),
        ("agent>5", 0, 7, "'agent' cannot be compared", "such as agent:bil*"),
        ("agent:", 0, 6, "'agent' has no value", "such as agent:bil*"),
        ("since:soon", 0, 10, "'since' takes a duration or a UTC time, not 'soon'", "15m"),
        ("x -", 2, 3, "nothing to look for", "a word"),
    ],
)
def test_a_bad_term_says_where_and_why(typed: str, start: int, end: int, message: str, hint: str) -> None:
    (error,) = parse_query(typed).errors
    assert (error.start, error.end, error.message) == (start, end, message)
    assert hint in error.hint


def test_bad_terms_are_left_out() -> None:
    query = parse_query("agent:x statsu:error")
    assert str(query) == "agent:x"
    assert not query.is_empty
    assert parse_query("statsu:error").is_empty


@given(TYPED)
def test_nothing_typed_raises_and_errors_lie_in_the_text(typed: str) -> None:
    query = parse_query(typed)
    for error in query.errors:
        assert 0 <= error.start < error.end <= len(typed)
        assert error.message
    for term in query.terms:
        assert typed[term.start : term.end].strip()


@given(TYPED)
def test_a_query_written_out_reads_as_the_same(typed: str) -> None:
    query = parse_query(typed)
    again = parse_query(str(query))
    assert again.terms == query.terms
    assert again.errors == ()
