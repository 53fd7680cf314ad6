"""The folders of samples of a session, those of the request that one is at first, and behind them the others.

What belongs here is the order, the same for a run and for a session of a log; a folder's samples are
`widgets.samples_document`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from functools import partial
from typing import NamedTuple

from capture.resample.found import Resampled
from tessen.format import plural
from widgets.event_talk import section
from widgets.lines import Fold, Item, line
from widgets.samples_document import samples_items, spent

_PARTS = frozenset({"hunk"})


class Asked(NamedTuple):
    """A request that samples can be of."""

    name: str
    """Such as `request 5`; raw."""
    turn: int | None = None


def resampled_items(
    found: Iterable[Resampled], asked: Mapping[str, Asked], here: str, nothing: str, *, side_by_side: bool
) -> list[Item]:
    """All samples of a session; reads files, so it is called in a thread.

    Args:
        found: the folders that have some.
        asked: `Resampled.base` → the request; one that is missing is named by its folder.
        here: `Resampled.base` of the request that one is at; empty at none.
        nothing: said where that has no samples.
        side_by_side: whether two answers stand beside each other.
    """
    by_base: dict[str, list[Resampled]] = {}
    for each in found:
        by_base.setdefault(each.base, []).append(each)
    own = by_base.pop(here, [])
    items: list[Item] = [line((nothing, "dim"))]
    if own:
        items = _folders(own, _asked(asked, here), side_by_side)
    if by_base:
        body: list[Item] = [
            _request(_asked(asked, base), folders, side_by_side) for base, folders in by_base.items()
        ]
        fold = section("Other requests", body, f"{len(by_base)} with samples")
        fold.holds = frozenset({"file"}) | _PARTS
        items.append(fold)
    elif not own:
        items.append(line(("neither was any other request of this session", "faint")))
        items.append(line(("r asks the one under the cursor again, i edits it first", "faint")))
    return items


def _asked(asked: Mapping[str, Asked], base: str) -> Asked:
    return asked.get(base) or Asked(base)


def _request(asked: Asked, folders: Sequence[Resampled], side_by_side: bool) -> Fold:
    """A request other than the one that one is at."""
    variants = sum(each.variant is not None for each in folders)
    words = plural(sum(each.count for each in folders), "sample")
    words += f", {plural(variants, 'variant')}" if variants else ""
    turn = f"  turn {asked.turn}" if asked.turn is not None else ""
    return Fold(
        line((asked.name, "strong"), (turn, "accent"), (f"  {words}", "dim")),
        partial(_folders, folders, asked, side_by_side),
        marks=frozenset({"file"}),
        holds=_PARTS,
    )


def _folders(folders: Sequence[Resampled], asked: Asked, side_by_side: bool) -> list[Item]:
    """Vanilla, and each variant against it."""
    return [_folder(each, asked, side_by_side) for each in folders]


def _folder(found: Resampled, asked: Asked, side_by_side: bool) -> Fold:
    """The samples of one request or variant behind its name."""
    name = f"variant {found.variant}" if found.variant is not None else "vanilla"
    head = line(
        (f"{asked.name}  ", "dim"),
        (name, "strong"),
        (f"  {found.label}" if found.label else "", "accent"),
        (f"  {spent(found.samples())}", "dim"),
        (f"  {found.problem}" if found.problem else "", "warn"),
        clipped=True,
    )
    body = samples_items(found, side_by_side=side_by_side)
    return Fold(head, body, open=True, marks=frozenset({"file"}), holds=_PARTS)
