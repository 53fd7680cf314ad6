"""One job as a document: what it is, how it stands, and the end of what it printed."""

from __future__ import annotations

import shlex

from capture.jobs import JobRow
from tessen.format import money, plural
from widgets.job_columns import progress_text, target_text
from widgets.lines import Item, Line, Span, line
from widgets.text_lines import text_items

OUTPUT_KEPT = 65_536
"""Characters of the end of a job's output that are kept to be shown."""

_STATES = {"running": "good", "queued": "accent", "failed": "bad", "lost": "bad", "cancelled": "warn"}


def job_items(row: JobRow, output: str, *, cut: bool) -> list[Item]:
    """Say all there is to say of a job.

    Args:
        row: the job.
        output: what it printed, raw, or the end of that.
        cut: whether that is the end only.
    """
    job, order = row.job, row.job.order
    state = Span(job.state, _STATES.get(job.state, "dim"))
    head = Line((Span(f"{order.kind}  ", "heading"), state, Span(f"  job {job.id}", "dim")))
    items: list[Item] = [head]
    if job.error:
        items.append(line((job.error, "bad")))
    about = " · ".join(each for each in (order.label, target_text(job)) if each)
    items += [line(about), line((_numbers(row), "dim"))]
    if row.progress and row.progress.message and not job.ended:
        items.append(line(("last: ", "dim"), row.progress.message))
    if job.result:
        items.append(line(("result: ", "dim"), (job.result, "accent")))
    items.append(line(("$ harness " + shlex.join(job.argv), "dim")))
    return [*items, line(""), *_output(row, output, cut)]


def _output(row: JobRow, output: str, cut: bool) -> list[Item]:
    if output.strip():
        before = [line((f"… the last {len(output):,} characters of its output", "dim"))] if cut else []
        return [*before, *text_items(output.rstrip("\n"), portion=2 * OUTPUT_KEPT)]
    if not row.job.detached:
        return [line(("its output is on the terminal that it was started on", "dim"))]
    return [line(("it printed nothing" if row.job.ended else "it has printed nothing yet", "dim"))]


def _numbers(row: JobRow) -> str:
    """How far it is and what it costs, in words."""
    order, progress = row.job.order, row.progress
    words = [f"{progress_text(row).split(' ')[-1]} done"] if progress else []
    if progress and progress.failed:
        words.append(f"{plural(progress.failed, 'failure')}")
    if progress:
        words.append(f"{money(progress.cost_usd)} so far")
    if order.estimate_usd is not None:
        words.append(f"about {money(order.estimate_usd)} in all")
    if order.estimate_most_usd is not None:
        words.append(f"at most {money(order.estimate_most_usd)}")
    if order.max_cost_usd is not None:
        words.append(f"stopping at {money(order.max_cost_usd)}")
    return ", ".join(words) or "nothing done yet"
