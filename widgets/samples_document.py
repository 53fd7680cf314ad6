"""Samples of one request as a document: how they group, and each beside the one that it is compared to."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from capture.resample.samples import Sample
from capture.resample.summary import Cluster, Summary, calls_of, summarise, text_of
from capture.resample.together import Together
from tessen.blocks import ToolCall
from tessen.format import duration, money, plural
from widgets.diff_lines import diff_items, stretches
from widgets.event_talk import BODY, section
from widgets.exchange_text import answer_lines
from widgets.json_lines import inline_json
from widgets.lines import Fold, Item, Line, Span, line
from widgets.text_lines import first_words

BAR = 10
NAME = 28
"""Cells of a group's name, before its bar."""
SHOWN_GROUPS = 8
"""Groups of a kind that are listed; the rest is counted."""


def samples_items(found: Together, *, side_by_side: bool) -> list[Item]:
    """All of a folder's samples.

    Args:
        found: the samples, and what they are compared to.
        side_by_side: whether two answers stand beside each other.
    """
    if not found.samples:
        return [line(("no samples yet", "dim")), line((str(found.folder), "dim"))]
    items = [_edits(found)] if found.is_variant else []
    return [*items, _groups(found), *_each(found, side_by_side)]


def _edits(found: Together) -> Fold:
    """What is different about the request."""
    body: list[Item] = [
        line(
            (f"{each.get('path')}: ", "key"),
            (inline_json(each.get("original"), 200), "removed"),
            (" → ", "dim"),
            (inline_json(each.get("replacement"), 200), "added"),
            indent=BODY,
        )
        for each in found.edits
    ]
    return section(
        "Variant", body or [line(("the edits are not on record", "dim"), indent=BODY)], found.label
    )


def _groups(found: Together) -> Fold:
    """How the samples group, and beside that how those of the request as recorded did."""
    ours = summarise(found.samples)
    vanilla = summarise(found.vanilla) if found.vanilla else None
    body: list[Item] = []
    if found.is_variant and vanilla is None:
        body.append(
            line(("the recorded request was not asked again yet, to compare with", "dim"), indent=BODY)
        )
    elif vanilla is not None:
        words = f"variant {plural(ours.answered, 'sample')}, vanilla {plural(vanilla.answered, 'sample')}"
        body.append(line((words, "dim"), indent=BODY))
    of_stops = _counts(
        "stopped with", ours.stop_reasons, ours, vanilla.stop_reasons if vanilla else None, vanilla
    )
    of_tools = _counts("tools called", ours.tools, ours, vanilla.tools if vanilla else None, vanilla)
    body += [*of_stops, *of_tools, *_arguments(ours)]
    if ours.texts:
        body.append(line(("said", "strong"), (f"  in {plural(len(ours.texts), 'way')}", "dim"), indent=BODY))
        body += [_cluster(each, ours.answered) for each in ours.texts[:SHOWN_GROUPS]]
    if ours.failed:
        body.append(line((f"✖ {ours.failed} failed", "bad"), indent=BODY))
    known = [each.cost_usd for each in found.samples if each.cost_usd is not None]
    words = plural(len(found.samples), "sample") + (f", {money(sum(known))}" if known else "")
    return section("Groups", body, words)


def _counts(
    title: str,
    counts: Mapping[str, int],
    of: Summary,
    other: Mapping[str, int] | None,
    others: Summary | None,
) -> list[Item]:
    """A group a line, with its share, and what that was of the request as recorded."""
    names = list(dict.fromkeys([*counts, *(other or {})]))
    rows: list[Item] = [line((title, "strong"), indent=BODY)]
    for name in names[:SHOWN_GROUPS]:
        spans = [Span(first_words(name, NAME).ljust(NAME + 2)), *_share(counts.get(name, 0), of.answered)]
        if other is not None and others is not None:
            spans += [Span("   vanilla ", "dim"), *_share(other.get(name, 0), others.answered)]
        rows.append(Line(tuple(spans), BODY + 2))
    if len(names) > SHOWN_GROUPS:
        rows.append(line((f"… {len(names) - SHOWN_GROUPS} more", "dim"), indent=BODY + 2))
    return rows


def _share(count: int, of: int) -> list[Span]:
    full = round(BAR * count / of) if of else 0
    return [Span("█" * full + "░" * (BAR - full), "accent" if count else "dim"), Span(f" {count}/{of}")]


def _arguments(of: Summary) -> list[Item]:
    """What each tool was called with."""
    rows: list[Item] = []
    for tool, found in of.arguments.items():
        heads = (("arguments of ", "dim"), (tool, "accent"), (f"  {plural(len(found), 'kind')}", "dim"))
        rows.append(line(*heads, indent=BODY))
        rows += [
            line((f"{count}× ", "strong"), first_words(written, 300), indent=BODY + 2)
            for written, count in found[:SHOWN_GROUPS]
        ]
    return rows


def _cluster(cluster: Cluster, of: int) -> Line:
    numbers = ", ".join(f"{number}" for number in cluster.samples)
    return Line(
        (
            Span(f"{len(cluster.samples)}/{of} ", "strong"),
            Span(first_words(cluster.text, 300)),
            Span(f"  samples {numbers}", "dim"),
        ),
        BODY + 2,
    )


def _each(found: Together, side_by_side: bool) -> list[Item]:
    """Every sample beside the one that it is compared to."""
    base = typical(found.vanilla) or typical(found.samples)
    name = f"vanilla {base.number:02d}" if base and found.is_variant and found.vanilla else ""
    name = name or (f"sample {base.number:02d}" if base else "")
    return [_sample(each, base, name, side_by_side) for each in found.samples]


def typical(samples: Sequence[Sample]) -> Sample | None:
    """The sample that others are compared to: the first of those that say what most say, else the first."""
    texts = summarise(samples).texts
    wanted = texts[0].samples[0] if texts else None
    good = [each for each in samples if each.error is None]
    return next((each for each in good if each.number == wanted), good[0] if good else None)


def _sample(sample: Sample, base: Sample | None, name: str, side_by_side: bool) -> Fold:
    title = f"Sample {sample.number:02d}"
    if sample.error is not None:
        return _marked(section(title, [line((f"✖ {sample.error}", "bad"), indent=BODY)], "failed"))
    words = (
        f"{sample.stop_reason or 'no stop reason'}, {_calls(calls_of(sample))}{duration(sample.duration_ms)}"
    )
    words += f", {money(sample.cost_usd)}"
    lines = answer_lines(sample.exchange())
    if base is None or base is sample:
        body: list[Item] = [line(each, indent=BODY) for each in lines]
        return _marked(section(title, body, f"{words} · the others are compared to it"))
    found = stretches(answer_lines(base.exchange()), lines)
    changed = sum(not each.equal for each in found)
    words += f" · {plural(changed, 'difference')} from {name}" if changed else f" · the same as {name}"
    if not changed:
        return _marked(section(title, [line((first_words(text_of(sample)), "dim"), indent=BODY)], words))
    return _marked(section(title, diff_items(found, side_by_side=side_by_side, indent=BODY), words))


def _marked(fold: Fold) -> Fold:
    fold.marks = frozenset({"file", "hunk"})
    return fold


def _calls(calls: Sequence[ToolCall]) -> str:
    names = " + ".join(call.name for call in calls)
    return f"calls {names}, " if names else ""
