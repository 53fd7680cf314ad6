"""Which session goes on from which."""

from __future__ import annotations

from capture.runs.meta import SessionMeta
from widgets.session_tree import tree_of


def shape(*sessions: SessionMeta) -> list[tuple[str, int]]:
    return [(line.session.name, line.depth) for line in tree_of(sessions)]


def test_isolated_sessions_stand_beside_each_other() -> None:
    assert shape(SessionMeta(1), SessionMeta(2), SessionMeta(3)) == [("1", 0), ("2", 0), ("3", 0)]


def test_chained_ones_stand_below_each_other() -> None:
    chain = SessionMeta(1, "a"), SessionMeta(2, "b", resumed_from="a"), SessionMeta(3, "c", resumed_from="b")
    assert shape(*chain) == [("1", 0), ("2", 1), ("3", 2)]


def test_forks_and_replicates_stand_below_what_they_are_of() -> None:
    one = SessionMeta(1, "a")
    replicates = [SessionMeta(2, f"b{n}", resumed_from="a", fork_from=1, replicate=n) for n in (1, 2)]
    after = SessionMeta(3, "c", fork_from=2)
    fork = SessionMeta(4, "d", fork_from=1)
    assert shape(one, *replicates, after, fork) == [
        *[("1", 0), ("2 r01", 1), ("3", 2), ("2 r02", 1), ("4", 1)]
    ]


def test_what_points_nowhere_or_forward_is_not_lost() -> None:
    odd = (
        SessionMeta(1, "a", fork_from=2),
        SessionMeta(2, "b", fork_from=9),
        SessionMeta(3, "c", resumed_from="x"),
    )
    assert len(shape(*odd)) == 3
