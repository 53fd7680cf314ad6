"""Precision and recall on the code of a product, labelled before the code of the rules was read."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

from tessen.crawl import crawl

PRODUCT = Path(__file__).parent / "product"
Row = tuple[str, int, int, str]
MISSED = {("src/deskly/container.py", "anthropic")}
"""A client that is kept on a `SimpleNamespace`."""


def labelled() -> tuple[Counter[Row], set[tuple[str, int, int]], int]:
    """The calls; the places that are neither right nor wrong; and how many decoys there are."""
    calls: Counter[Row] = Counter()
    either = set()
    decoys = 0
    for line in (PRODUCT / "labels.txt").read_text().splitlines()[1:]:
        file, cell, number, kind, *named = line.split(" ")
        if kind == "call":
            calls[file, int(cell), int(number), named[0]] += 1
        elif kind == "either":
            either.add((file, int(cell), int(number)))
        decoys += kind == "decoy"
    return calls, either, decoys


def test_what_a_stranger_labelled_is_found_but_for_what_is_known_to_be_missed() -> None:
    calls, either, decoys = labelled()
    assert (calls.total(), decoys) == (108, 104)
    places = Counter(
        (site["file"], site.get("cell", 0), site["line"], site["vendor"])
        for site in crawl(PRODUCT, cache=False)["call_sites"]
    )
    found = Counter({row: number for row, number in places.items() if row[:3] not in either})
    assert found - calls == Counter()  # precision: 1.00
    missed = calls - found
    assert {(row[0], row[3]) for row in missed} == MISSED
    assert missed.total() == len(MISSED)  # recall: 107 of 108
