"""Samples of one request as a document: what was edited, how they group, and each of them.

What belongs here draws one folder of samples, wherever it is opened from; how its samples group is
`widgets.resample_groups`, and which folders a session has `widgets.run_resamples`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial

from capture.resample.found import Resampled
from capture.resample.samples import Sample
from capture.resample.summary import calls_of, summarise, text_of, tools_of
from capture.resample.variants import Edit
from tessen.format import count, duration, money, plural
from widgets.block_lines import Calls, block_items
from widgets.diff_lines import diff_items, stretches
from widgets.event_talk import BODY, section
from widgets.exchange_text import answer_lines
from widgets.json_lines import inline_json, json_items, pretty
from widgets.lines import BAD_RULE, Fold, Item, Line, Span, line
from widgets.resample_groups import group_items
from widgets.text_lines import first_words, text_items

SHORT_EDIT = 12
"""Lines of an edit up to which it is open at first."""

_PARTS = frozenset({"hunk"})


@dataclass(frozen=True, slots=True)
class _Base:
    """The sample that others are compared to."""

    sample: Sample
    name: str


def samples_items(found: Resampled, *, side_by_side: bool) -> list[Item]:
    """All of a folder's samples; reads files and compares, so it is called in a thread.

    Args:
        found: the folder.
        side_by_side: whether two answers stand beside each other.
    """
    samples, vanilla = found.samples(), found.vanilla()
    edits = [_edits(found, side_by_side)] if found.variant is not None else []
    if not samples:
        return [*edits, line(("no samples yet", "dim")), line((str(found.path), "dim"))]
    base = _base(samples, vanilla)
    groups = _groups(found, samples, vanilla, side_by_side)
    return [*edits, groups, *(_sample(each, base, side_by_side) for each in samples)]


def _edits(found: Resampled, side_by_side: bool) -> Fold:
    """What is different about the request."""
    body: list[Item] = [_edit(each, side_by_side) for each in found.edits]
    problem = found.problem or "the edits are not on record"
    return section("Variant", body or [line((problem, "warn"), indent=BODY)], found.label)


def _edit(edit: Edit, side_by_side: bool) -> Fold:
    """One place that a variant changed."""
    old, new = _lines(edit.original), _lines(edit.replacement)
    return Fold(
        line(("✎ ", "accent"), (edit.path or "the whole request", "strong"), indent=BODY),
        partial(diff_items, stretches(old, new), side_by_side=side_by_side, indent=BODY + 2),
        open=len(old) + len(new) <= SHORT_EDIT,
        copy=pretty(edit.as_dict()),
        noun="edit",
        haystack="\n".join((edit.path, *old, *new)),
        marks=_PARTS,
    )


def _lines(value: object) -> list[str]:
    if value is None:
        return []
    return (value if isinstance(value, str) else pretty(value)).split("\n")


def _groups(
    found: Resampled, samples: Sequence[Sample], vanilla: Sequence[Sample], side_by_side: bool
) -> Fold:
    """How the samples group, and beside that how those of the request as recorded did."""
    body: list[Item] = []
    if found.variant is not None and not vanilla:
        words = "the recorded request was not asked again yet, to compare with"
        body.append(line((words, "dim"), indent=BODY))
    before = summarise(vanilla) if vanilla else None
    body += group_items(summarise(samples), before, side_by_side=side_by_side)
    return section("Groups", body, spent(samples))


def spent(samples: Sequence[Sample]) -> str:
    """How many samples there are, and what they cost as far as that is known."""
    costs = [each.cost_usd for each in samples if each.cost_usd is not None]
    return plural(len(samples), "sample") + (f", {money(sum(costs))}" if costs else "")


def _base(samples: Sequence[Sample], vanilla: Sequence[Sample]) -> _Base | None:
    """The sample that says what most say: of those of the request as recorded, where there are any."""
    for kind, among in (("vanilla", vanilla), ("sample", samples)):
        good = [each for each in among if each.error is None]
        texts = summarise(good).texts
        wanted = texts[0].samples[0] if texts else None
        if good:
            typical = next((each for each in good if each.number == wanted), good[0])
            return _Base(typical, f"{kind} {typical.number}")
    return None


def _sample(sample: Sample, base: _Base | None, side_by_side: bool) -> Fold:
    """One sample: why it stopped, what it called, what it took, and how it differs from another."""
    body, compared, differs = _compared(sample, base, side_by_side)
    calls = calls_of(sample) if sample.error is None else []
    text = text_of(sample)
    brief = first_words(text) or "  ".join(inline_json(call.arguments, 80) for call in calls)
    head = [Span(f"Sample {sample.number}", "heading")]
    head += [Span(f"  ✖ {first_words(sample.error)}", "bad")] if sample.error else []
    head += [Span(f"  {'  '.join(filter(None, _took(sample)))}", "dim")]
    head += [Span(f"  {compared}", "accent" if differs else "dim")] if compared else []
    return Fold(
        Line(tuple(head)),
        [*body, _raw(sample), Line(())],
        open=differs or base is None or base.sample is sample,
        closed_header=Line((*head, Span(f"  {brief}")), clipped=True),
        section=f"Sample {sample.number}",
        copy=text or pretty(sample.response),
        noun=f"sample {sample.number}",
        haystack="\n".join((sample.error or "", text, *(pretty(call.arguments) for call in calls))),
        of=sample,
        marks=_PARTS,
    )


def _took(sample: Sample) -> list[str]:
    calls = calls_of(sample) if sample.error is None else []
    usage = sample.usage
    return [
        sample.stop_reason or ("" if sample.error else "no stop reason"),
        f"→ {tools_of(calls)}" if calls else "",
        f"{count(usage.input_tokens)}→{count(usage.output_tokens)} tok" if usage else "",
        money(sample.cost_usd) if sample.cost_usd is not None else "",
        duration(sample.duration_ms) if sample.duration_ms else "",
        f"{len(sample.attempts) + 1} attempts" if sample.attempts else "",
    ]


def _compared(sample: Sample, base: _Base | None, side_by_side: bool) -> tuple[list[Item], str, bool]:
    """A sample's answer, what is said of it beside another, and whether it differs from that."""
    whole: list[Item] = text_items(sample.error, indent=BODY, lead=BAD_RULE) if sample.error else []
    if base is not None and base.sample is not sample and sample.error is None:
        found = stretches(answer_lines(base.sample.exchange()), answer_lines(sample.exchange()))
        changed = sum(not each.equal for each in found)
        if changed:
            words = f"{plural(changed, 'difference')} from {base.name}"
            return diff_items(found, side_by_side=side_by_side, indent=BODY), words, True
    for answer in sample.exchange().answers:
        whole += block_items(answer.blocks, BODY, Calls(), newest=True)
    if base is None or sample.error is not None:
        return whole, "", bool(sample.error)
    same = base.sample is sample
    return whole, "the others are compared to it" if same else f"the same as {base.name}", False


def _raw(sample: Sample) -> Fold:
    return Fold(
        line(("As it came", "dim"), indent=BODY),
        lambda: json_items(sample.as_dict(), indent=BODY + 2, opened=1),
        copy=lambda: pretty(sample.as_dict()),
        noun="sample",
        laborious=True,
    )
