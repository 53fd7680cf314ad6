"""The resamples pane of a run: what came of asking the turn's request again, as it was and edited.

What belongs here is which samples are shown, and each of them; how they differ is `widgets.resample_groups`.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

from capture.resample.found import Resampled, resampled
from capture.resample.samples import Sample
from capture.resample.summary import Summary, calls_of, summarise, text_of, tools_of
from capture.resample.variants import Edit
from capture.runs.calls import call_of_turn
from capture.runs.calls import calls_of as api_calls
from tessen.format import count, duration, money, plural
from widgets.block_lines import Calls, block_items
from widgets.diff_lines import diff_items, stretches
from widgets.event_talk import BODY, section
from widgets.json_lines import inline_json, json_items, pretty
from widgets.lines import BAD_RULE, Fold, Item, Line, Span, line
from widgets.resample_groups import against, grouped
from widgets.run_look import Look
from widgets.text_lines import first_words, text_items

_PARTS = frozenset({"hunk"})


def resamples_items(look: Look) -> list[Item]:
    """The samples of the turn's request, then every request that has some; reads files, in a thread."""
    try:
        found = resampled(look.session.folder)
    except OSError as error:
        return [line((f"resamples cannot be read: {error.strerror}", "warn"))]
    request = _request(look)
    here = [each for each in found if each.request == request]
    others = [each for each in found if each.request != request]
    items: list[Item] = (
        [*_of_request(here, look.side_by_side)] if here else [line((_nothing(look, request), "dim"))]
    )
    if others:
        items.append(
            _others(
                others, {number: turn for turn, number in look.session.requests.items()}, look.side_by_side
            )
        )
    elif not here:
        items.append(line(("neither has any other request of this session", "faint")))
    return items


def _request(look: Look) -> int | None:
    """The number of the turn's request, also of a session that goes on."""
    if look.turn is None or look.request is not None:
        return look.request
    call = call_of_turn(api_calls(look.session.folder, look.meta.provider)[0], look.turn, None)
    return call.number if call else None


def _nothing(look: Look, request: int | None) -> str:
    if request is not None:
        return f"request {request} was not asked again"
    return (
        f"step {look.step} is no model call that could be asked again" if look.step else "no step is selected"
    )


def _of_request(found: Sequence[Resampled], side_by_side: bool) -> list[Item]:
    """Vanilla, and each variant against it."""
    vanilla = next((summarise(each.samples()) for each in found if each.variant is None), None)
    return [_folder_fold(each, vanilla, side_by_side) for each in found]


def _others(found: Sequence[Resampled], turns: dict[int, int], side_by_side: bool) -> Fold:
    """The requests that have samples, other than the turn's."""
    by_request: dict[int, list[Resampled]] = {}
    for each in found:
        by_request.setdefault(each.request, []).append(each)
    body: list[Item] = [
        _request_fold(number, each, turns, side_by_side) for number, each in by_request.items()
    ]
    fold = section("Other requests", body, f"{len(by_request)} with samples")
    fold.holds = frozenset({"file"}) | _PARTS
    return fold


def _request_fold(number: int, found: list[Resampled], turns: dict[int, int], side_by_side: bool) -> Fold:
    turn = f"  turn {turns[number]}" if number in turns else ""
    variants = sum(each.variant is not None for each in found)
    words = plural(sum(each.count for each in found), "sample") + (
        f", {plural(variants, 'variant')}" if variants else ""
    )
    return Fold(
        line((f"request {number}", "strong"), (turn, "accent"), (f"  {words}", "dim")),
        partial(_of_request, found, side_by_side),
        marks=frozenset({"file"}),
        holds=_PARTS,
    )


def _folder_fold(found: Resampled, vanilla: Summary | None, side_by_side: bool) -> Fold:
    """The samples of one request or variant behind their number."""
    samples = found.samples()
    costs = [each.cost_usd for each in samples if each.cost_usd is not None]
    words = "  ".join(
        filter(None, (plural(len(samples), "sample"), money(sum(costs)) if costs else "", found.problem))
    )
    name = f"variant {found.variant}" if found.variant is not None else "vanilla"
    head = line(
        (f"request {found.request}  ", "dim"),
        (name, "strong"),
        (f"  {found.label}" if found.label else "", "accent"),
        (f"  {words}", "warn" if found.problem else "dim"),
        clipped=True,
    )
    summary = summarise(samples)
    body: list[Item] = [
        *(_edit_fold(each, side_by_side) for each in found.edits),
        *grouped(summary, side_by_side=side_by_side),
    ]
    if found.variant is not None and vanilla is not None:
        body += against(summary, vanilla, side_by_side=side_by_side)
    return Fold(
        head,
        [*body, *map(_sample_fold, samples), Line(())],
        open=True,
        marks=frozenset({"file"}),
        holds=_PARTS,
    )


def _edit_fold(edit: Edit, side_by_side: bool) -> Fold:
    """One place that a variant changed."""
    old, new = _lines(edit.original), _lines(edit.replacement)
    return Fold(
        line(("✎ ", "accent"), (edit.path or "the whole request", "strong"), indent=BODY),
        partial(diff_items, stretches(old, new), side_by_side=side_by_side, indent=BODY + 2),
        open=len(old) + len(new) <= 12,
        copy=pretty(edit.as_dict()),
        noun="edit",
        haystack="\n".join((edit.path, *old, *new)),
        marks=_PARTS,
    )


def _lines(value: object) -> list[str]:
    if value is None:
        return []
    return (value if isinstance(value, str) else pretty(value)).split("\n")


def _sample_fold(sample: Sample) -> Fold:
    """One sample: why it stopped, what it called, what it took, how it begins."""
    calls = calls_of(sample) if sample.error is None else []
    usage = sample.usage
    words = [
        sample.stop_reason or "",
        f"→ {tools_of(calls)}" if calls else "",
        f"{count(usage.input_tokens)}→{count(usage.output_tokens)} tok" if usage else "",
        money(sample.cost_usd) if sample.cost_usd is not None else "",
        duration(sample.duration_ms) if sample.duration_ms else "",
        f"{len(sample.attempts) + 1} attempts" if sample.attempts else "",
    ]
    said = "  ".join(filter(None, words))
    head = [Span(f"sample {sample.number}", "strong")]
    head += [Span(f"  ✖ {sample.error}", "bad")] if sample.error else []
    head.append(Span(f"  {said}", "dim"))
    text = text_of(sample)
    brief = first_words(text) or "  ".join(inline_json(call.arguments, 80) for call in calls)
    return Fold(
        Line(tuple(head), BODY, clipped=True),
        partial(_sample_items, sample),
        closed_header=Line((*head, Span(f"  {brief}")), BODY, clipped=True),
        copy=text or pretty(sample.response),
        noun=f"sample {sample.number}",
        haystack="\n".join((sample.error or "", text, *(pretty(call.arguments) for call in calls))),
        of=sample,
        marks=_PARTS,
    )


def _sample_items(sample: Sample) -> list[Item]:
    """The answer in full, and the request's outcome where there is none."""
    items: list[Item] = []
    if sample.error:
        items += text_items(sample.error, indent=BODY + 2, lead=BAD_RULE)
    for answer in sample.exchange().answers:
        items += block_items(answer.blocks, BODY + 2, Calls(), newest=True)
    raw = Fold(
        line(("As it came", "dim"), indent=BODY + 2),
        lambda: json_items(sample.as_dict(), indent=BODY + 4, opened=1),
        copy=lambda: pretty(sample.as_dict()),
        noun="sample",
        laborious=True,
    )
    return [*items, raw]
