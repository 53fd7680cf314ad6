"""How samples of a request differ, as lines: how they stopped, what they called, what they said.

What belongs here draws a `capture.resample.summary.Summary`, alone or against vanilla's.
"""

from __future__ import annotations

from collections.abc import Iterator

from capture.resample.summary import Cluster, Summary
from widgets.diff_lines import diff_items, stretches
from widgets.event_talk import BODY
from widgets.lines import Fold, Item, Line, line
from widgets.text_lines import first_words

_MEMBERS = 12
"""Numbers of samples that a line lists."""


def grouped(summary: Summary, *, side_by_side: bool) -> Iterator[Item]:
    """How the samples differ, a line each way; texts behind folds, against what most of them said."""
    for name, counts in (("stopped", summary.stop_reasons), ("called", summary.tools)):
        if counts:
            yield _fact(name, " · ".join(f"{what} {number}" for what, number in counts.items()))
    for tool, found in summary.arguments.items():
        if len(found) > 1:
            ways: list[Item] = [
                line((f"{times:>3} × ", "dim"), written, indent=BODY + 2) for written, times in found
            ]
            yield Fold(line((tool, "accent"), (f"  {len(found)} ways", "dim"), indent=BODY), ways)
    if len(summary.texts) > 1:
        sizes = ", ".join(f"{len(each.samples)} alike" for each in summary.texts[:_MEMBERS])
        yield _fact("said", f"{len(summary.texts)} things: {sizes}")
        most, *others = summary.texts
        yield line((_members(most), "dim"), first_words(most.text), indent=BODY + 2, clipped=True)
        for each in others:
            yield _texts_fold(_members(each), most.text, each.text, side_by_side)
    if summary.failed:
        yield line((f"{summary.failed} failed", "bad"), indent=BODY)


def against(summary: Summary, vanilla: Summary, *, side_by_side: bool) -> Iterator[Item]:
    """What a variant's samples do more or less often than vanilla's, and what most of either said."""
    for name, ours, theirs in (
        ("stopped", summary.stop_reasons, vanilla.stop_reasons),
        ("called", summary.tools, vanilla.tools),
    ):
        shares = [
            f"{what} {theirs.get(what, 0)}/{vanilla.answered} → {ours.get(what, 0)}/{summary.answered}"
            for what in dict.fromkeys([*theirs, *ours])
            if theirs.get(what, 0) * summary.answered != ours.get(what, 0) * vanilla.answered
        ]
        if shares:
            yield _fact(name, f"vanilla → variant: {' · '.join(shares)}", "warn")
    said = [each.texts[0].text if each.texts else "" for each in (vanilla, summary)]
    if said[0] != said[1]:
        yield _texts_fold("vanilla → variant  ", said[0], said[1], side_by_side)


def _members(cluster: Cluster) -> str:
    more = "…" if len(cluster.samples) > _MEMBERS else ""
    return f"samples {', '.join(map(str, cluster.samples[:_MEMBERS]))}{more}  "


def _texts_fold(label: str, old: str, new: str, side_by_side: bool) -> Fold:
    """A text behind its first words; opened, what differs from another is marked."""
    before, after = (text.split("\n") if text else [] for text in (old, new))
    return Fold(
        line((label, "dim"), first_words(new) or "says nothing", indent=BODY + 2, clipped=True),
        lambda: diff_items(stretches(before, after), side_by_side=side_by_side, indent=BODY + 4),
        copy=new,
        noun="text",
        haystack=f"{old}\n{new}",
    )


def _fact(label: str, words: str, style: str = "") -> Line:
    return line((f"{label:<9}", "dim"), (words, style), indent=BODY)._replace(hang=9)
