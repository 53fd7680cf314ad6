"""What a query selects, the same thing twice: masks over columns, and the test of one event."""

# ruff: noqa: RUF005 - the lists are clearer joined
import fnmatch
import json

from hypothesis import given, settings
from hypothesis import strategies as st

from capture.log.batch import Batcher
from capture.log.matching import mask
from capture.log.source import Row
from capture.log.table import Table
from tessen._shapes import mapping
from tessen.query import Term, parse_query
from tessen.query_match import Matcher
from tessen.reading.call_place import place_text
from tessen.reading.facts import facts_of

NOW = 1_795_435_200.0
NAMES = st.sampled_from(["", "alpha", "beta", "Beta-2", "a?b"])
COUNT = st.none() | st.integers(0, 50)
EVENT = st.fixed_dictionaries(
    {
        "event_id": st.sampled_from(
            ["07a0b2ce624441cb95e4af255d86796c", "17a0b2ce624441cb95e4af255d86796c", "odd id"]
        ),
        "session_id": st.sampled_from(
            ["07a0b2ce624441cb95e4af255d86796c", "07ffffff624441cb95e4af255d86796c", ""]
        ),
        "agent_name": NAMES,
        "ts": st.sampled_from([NOW - 7200, NOW - 600, NOW - 1]),
        "provider": NAMES,
        "surface": NAMES,
        "model": NAMES,
        "call_site": st.sampled_from(
            [
                None,
                {"file": "/srv/a.py", "line": 7, "func": "run"},
                {"file": "/srv/b.py", "line": None},
                "odd",
            ]
        ),
        "status": st.sampled_from(["ok", "error"]),
        "streamed": st.booleans(),
        "outcome": st.sampled_from(["complete", "abandoned", "killed"]),
        "quality_signals": st.lists(st.sampled_from(["rate_limited", "refusal"]), unique=True),
        "usage": st.fixed_dictionaries(
            {"input_tokens": COUNT, "output_tokens": COUNT, "cache_read_tokens": COUNT}
        ),
        "duration_ms": st.sampled_from([0.0, 500.0, 5000.0, 60000.0]),
        "attempts": st.lists(st.just({}), max_size=3),
    },
    optional={
        "error": st.fixed_dictionaries({"type": NAMES, "status_code": st.sampled_from([400, 429, 500])}),
        "ttft_ms": st.sampled_from([100.0, 800.0]),
    },
)
TERM = st.builds(
    lambda minus, term: minus + term,
    st.sampled_from(["", "-"]),
    st.sampled_from(
        [
            "status:error",
            "status:ok",
            "streamed:yes",
            "outcome:kill*",
            "signal:any",
            "signal:none",
            "signal:r*",
        ]
        + [
            "agent:beta",
            "agent:b*,alpha",
            "model:*2",
            "provider:a?b",
            "surface:ALPHA",
            "type:beta*",
            "site:*a.py:*",
            "site:/srv/b.py:*",
            "http:429,5xx",
        ]
        + [
            "http:400",
            "dur>5s",
            "dur>=5s",
            "dur<5s",
            "dur<=500ms",
            "dur:5",
            "ttft>0.5s",
            "tok>20",
            "in<=10",
            "out=0",
        ]
        + ["cached>1", "attempts>1", "attempts:1", "size>200", "since:15m", "until:1h", "session:07a0b2ce"]
        + [
            "session:07a0b2ce624441cb95e4af255d86796c",
            "event:1",
            "since:2026-11-23T11:55:00",
            "cost>0",
            "session:07",
        ]
    ),
)


def naive(term: Term, row: Row, event: dict[str, object]) -> bool:
    """What a term says, row by row."""
    inside = {
        "status": lambda: named(term, "error" if row.error else "ok"),
        "streamed": lambda: named(term, "yes" if row.streamed else "no"),
        "outcome": lambda: named(term, row.outcome),
        "signal": lambda: (
            any(named(term, s) for s in row.signals)
            or ("any" in term.values and bool(row.signals))
            or ("none" in term.values and not row.signals)
        ),
        "agent": lambda: named(term, row.agent),
        "provider": lambda: named(term, row.provider),
        "surface": lambda: named(term, row.surface),
        "model": lambda: named(term, row.model),
        "type": lambda: named(term, row.error_type),
        "site": lambda: named(term, place_text(mapping(event["call_site"]))),
        "session": lambda: any(str(event["session_id"]).startswith(value) for value in term.values),
        "event": lambda: any(str(event["event_id"]).startswith(value) for value in term.values),
        "since": lambda: row.ts >= moment(term),
        "until": lambda: row.ts <= moment(term),
    }
    numbers = {
        "http": row.http_status,
        "dur": None if row.duration_ms is None else row.duration_ms / 1000,
        "ttft": None if row.ttft_ms is None else row.ttft_ms / 1000,
        "cost": row.cost_usd,
        "tok": None
        if row.input_tokens is None and row.output_tokens is None
        else (row.input_tokens or 0) + (row.output_tokens or 0),
        "in": row.input_tokens,
        "out": row.output_tokens,
        "cached": row.cache_read_tokens,
        "attempts": row.attempts,
        "size": row.size,
    }
    holds = inside[term.field]() if term.field in inside else compared(term, numbers[term.field])
    return holds != term.negated


def named(term: Term, text: str | None) -> bool:
    return bool(text) and any(
        fnmatch.fnmatchcase((text or "").lower(), value.replace("[", "[[]")) for value in term.values
    )


def moment(term: Term) -> float:
    kind, seconds = term.times[0]
    return NOW - seconds if kind == "ago" else seconds


def compared(term: Term, number: float | None) -> bool:
    if number is None:
        return False
    low, high = term.ranges[0]
    return {
        ">": number > high,
        ">=": number >= low,
        "<": number < low,
        "<=": number <= high,
        ":": any(least <= number <= most for least, most in term.ranges),
    }[term.operator]


@settings(max_examples=300, deadline=None)
@given(st.lists(EVENT, min_size=1, max_size=6), st.lists(TERM, min_size=1, max_size=3))
def test_a_mask_says_what_its_terms_say_row_by_row(events: list[dict[str, object]], terms: list[str]) -> None:
    query = parse_query(" ".join(terms))
    assert query.errors == ()
    batcher = Batcher()
    lines = [json.dumps(event).encode() for event in events]
    batcher.add(lines, 0)
    table = Table(reserve=64)
    table.append(batcher.take(), 0, NOW)
    found = mask(query, table, 0, table.count, NOW)
    for number, event in enumerate(events):
        expected = all(naive(term, table.row(number), event) for term in query.terms)
        assert bool(found[number]) == expected, (str(query), event)
        facts = facts_of(event, len(lines[number]))
        assert Matcher(query, NOW)(facts, lines[number]) == expected, (str(query), event)
