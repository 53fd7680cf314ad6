"""How samples of a request differ, as lines: how they stopped, what they called, what they said.

What belongs here draws a `capture.resample.summary.Summary`, alone or beside that of vanilla.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from capture.resample.summary import Cluster, Summary
from tessen.format import plural
from widgets.diff_lines import diff_items, stretches
from widgets.event_talk import BODY
from widgets.lines import Fold, Item, Line, Span, line
from widgets.text_lines import first_words

BAR = 10
"""Cells of a share's bar."""

NAME = 24
"""Cells of the longest name of a group."""

SHOWN_GROUPS = 8
"""Groups of a kind that are listed; the rest is counted."""

_MEMBERS = 12
"""Numbers of samples that a line lists."""


def group_items(ours: Summary, vanilla: Summary | None, *, side_by_side: bool) -> Iterator[Item]:
    """How samples group, a line a group with its share.

    Args:
        ours: what is shown.
        vanilla: the samples of the request as recorded, where `ours` are of a variant.
        side_by_side: whether texts that differ stand beside each other.
    """
    if vanilla is not None:
        words = f"variant {plural(ours.answered, 'sample')}, vanilla {plural(vanilla.answered, 'sample')}"
        yield line((words, "dim"), indent=BODY)
    for title, name in (("stopped with", "stop_reasons"), ("tools called", "tools")):
        before = getattr(vanilla, name) if vanilla is not None else {}
        yield from _shares(title, ours, getattr(ours, name), vanilla, before)
    yield from _arguments(ours)
    yield from _texts(ours, vanilla, side_by_side)
    if ours.failed:
        yield line((f"✖ {ours.failed} failed", "bad"), indent=BODY)


def _shares(
    title: str,
    ours: Summary,
    counts: Mapping[str, int],
    vanilla: Summary | None,
    before: Mapping[str, int],
) -> Iterator[Item]:
    """A group a line, with its share, and what that was of the request as recorded."""
    names = list(dict.fromkeys([*counts, *before]))
    if not names:
        return
    yield line((title, "strong"), indent=BODY)
    shown = {name: first_words(name, NAME - 1) for name in names[:SHOWN_GROUPS]}
    width = max(map(len, shown.values()))
    for name, words in shown.items():
        spans = [Span(words.ljust(width + 2)), *_share(counts.get(name, 0), ours.answered)]
        if vanilla is not None:
            spans += [Span("  vanilla ", "dim"), *_share(before.get(name, 0), vanilla.answered)]
        yield Line(tuple(spans), BODY + 2)
    if len(names) > SHOWN_GROUPS:
        yield line((f"… {len(names) - SHOWN_GROUPS} more", "dim"), indent=BODY + 2)


def _share(count: int, of: int) -> list[Span]:
    full = round(BAR * count / of) if of else 0
    return [Span("█" * full + "░" * (BAR - full), "accent" if count else "dim"), Span(f" {count}/{of}")]


def _arguments(ours: Summary) -> Iterator[Item]:
    """What each tool was called with."""
    for tool, found in ours.arguments.items():
        ways: list[Item] = [
            line((f"{times}× ", "strong"), first_words(written, 300), indent=BODY + 2)
            for written, times in found
        ]
        head = line(
            ("arguments of ", "dim"),
            (tool, "accent"),
            (f"  {plural(len(found), 'kind')}", "dim"),
            indent=BODY,
        )
        yield Fold(head, ways, open=len(ways) <= SHOWN_GROUPS)


def _texts(ours: Summary, vanilla: Summary | None, side_by_side: bool) -> Iterator[Item]:
    """What was said: what most say as it begins, the others behind folds, against that or against vanilla."""
    if not ours.texts:
        return
    ways = f"  in {plural(len(ours.texts), 'way')}"
    base = vanilla.texts[0] if vanilla is not None and vanilla.texts else None
    against = base or ours.texts[0]
    yield line(("said", "strong"), (ways, "dim"), indent=BODY)
    if base is not None:
        yield line(("vanilla  ", "dim"), first_words(base.text, 300), indent=BODY + 2, clipped=True)
    for each in ours.texts:
        head = line(*_head(each, ours.answered), indent=BODY + 2, clipped=True)
        yield head if each.text == against.text else _text_fold(head, against.text, each.text, side_by_side)


def _head(cluster: Cluster, of: int) -> list[tuple[str, str]]:
    members = ", ".join(map(str, cluster.samples[:_MEMBERS]))
    more = "…" if len(cluster.samples) > _MEMBERS else ""
    number = "sample" if len(cluster.samples) == 1 else "samples"
    return [
        (f"{len(cluster.samples)}/{of}", "strong"),
        (f"  {number} {members}{more}  ", "dim"),
        (first_words(cluster.text, 300), ""),
    ]


def _text_fold(head: Line, old: str, new: str, side_by_side: bool) -> Fold:
    """A text behind its first words; opened, what differs from another is marked."""
    return Fold(
        head,
        lambda: diff_items(
            stretches(old.split("\n"), new.split("\n")), side_by_side=side_by_side, indent=BODY + 4
        ),
        copy=new,
        noun="text",
        haystack=f"{old}\n{new}",
    )
