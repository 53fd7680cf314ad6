"""What commands say about samples: a line for each, what they came to, and how they differ."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING

import orjson
import typer

from capture.commands.sampling import done_of
from capture.commands.words import counted, money
from capture.terminal import BOLD, DIM, RED, painter, plain

if TYPE_CHECKING:
    from capture.resample.samples import Sample
    from capture.resample.series import Outcome, Plan
    from capture.resample.summary import Summary


def report(
    outcome: Outcome, plan: Plan, summary: Summary, as_json: bool, vanilla: Summary | None = None
) -> None:
    """Say what samples came and how they differ; of a variant, also from those of the request as recorded.

    Raises:
        typer.Exit: not all came.
    """
    samples = sorted(outcome.samples, key=lambda each: each.number)
    if as_json:
        said: dict[str, object] = {
            "folder": str(plan.folder),
            "request_index": plan.request_index,
            "samples": [each.as_dict() for each in samples],
            "summary": summary.as_dict(),
            "total_cost_usd": None if outcome.unpriced else outcome.cost_usd,
            "stopped_at_max_cost": outcome.stopped,
        }
        if vanilla is not None:
            said["vanilla"] = vanilla.as_dict()
        typer.echo(orjson.dumps(said).decode())
    else:
        _print(samples, outcome, plan)
        print_summary(summary, "How they differ" if vanilla is None else _title("This variant", summary))
        if vanilla is not None:
            print_summary(vanilla, _title("The request as recorded", vanilla))
    _complain(outcome, plan)


def _complain(outcome: Outcome, plan: Plan) -> None:
    if outcome.stopped:
        limit = money(plan.max_cost)
        typer.echo(f"harness: stopped at --max-cost {limit} after {done_of(outcome, plan)}", err=True)
    if outcome.stopped or any(each.error for each in outcome.samples):
        raise typer.Exit(1)


def _print(samples: Sequence[Sample], outcome: Outcome, plan: Plan) -> None:
    paint = painter(sys.stdout)
    for each in samples:
        typer.echo(row(each) if each.error is None else paint(row(each), RED))
    cost = "cost unknown" if outcome.unpriced else money(outcome.cost_usd)
    typer.echo(paint(f"{counted(len(samples), 'sample')}, {cost}, in {plain(plan.folder)}", BOLD))


def row(sample: Sample) -> str:
    """Return a sample as a line of a table."""
    from capture.resample.summary import calls_of, text_of, tools_of

    number, seconds = f"{sample.number:02d}", f"{sample.duration_ms / 1000:6.1f} s"
    if sample.error is not None:
        return f"{number}  {seconds}  {plain(sample.error)}"
    tokens = f"{sample.usage.output_tokens} out" if sample.usage else "no usage"
    tools = plain(tools_of(calls_of(sample)))
    said = plain(text_of(sample))
    head = f"{number}  {seconds}  {money(sample.cost_usd):>12}  {tokens:>9}  {plain(sample.stop_reason)}"
    return f"{head}  {tools}  {shortened(said, 60)}".rstrip()


def _title(what: str, summary: Summary) -> str:
    return f"{what}: {counted(summary.answered, 'answer')}"


def print_summary(summary: Summary, title: str) -> None:
    """Say how samples differ."""
    paint = painter(sys.stdout)
    typer.echo(f"\n{paint(title, BOLD)}")
    typer.echo(f"  stop reasons  {_counts(summary.stop_reasons)}")
    typer.echo(f"  tools         {_counts(summary.tools)}")
    for tool, found in summary.arguments.items():
        for written, count in found[:5]:
            typer.echo(f"    {plain(tool)} ×{count}  {shortened(plain(written), 100)}")
        if len(found) > 5:
            typer.echo(paint(f"    {plain(tool)}: {len(found) - 5} more", DIM))
    for cluster in summary.texts[:5]:
        numbers = ", ".join(f"{each:02d}" for each in cluster.samples)
        typer.echo(f"  text ×{len(cluster.samples)} ({numbers})  {shortened(plain(cluster.text), 90)}")
    if len(summary.texts) > 5:
        typer.echo(paint(f"  {len(summary.texts) - 5} more texts", DIM))


def _counts(found: dict[str, int]) -> str:
    return "  ".join(f"{plain(name)} ×{count}" for name, count in found.items()) or "-"


def shortened(text: str, width: int) -> str:
    """Return a line cut to a width, with a mark where it was."""
    return text if len(text) <= width else f"{text[: width - 1]}…"
