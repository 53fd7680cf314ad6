"""What commands say about verdicts: a line for each, and what judges say together."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import orjson
import typer

from capture.commands.words import counted, money
from capture.terminal import BOLD, RED, YELLOW, is_terminal, painter, plain

if TYPE_CHECKING:
    from collections.abc import Mapping

    from capture.judge.agreement import Tally
    from capture.judge.panel import Case, Outcome, Panel
    from capture.judge.verdict import Verdict


class Display:
    """Shows verdicts as they come, where somebody looks.

    Args:
        total: How many there will be.
        as_json: Whether the report is for a program.
    """

    def __init__(self, total: int, as_json: bool) -> None:
        self._total = total
        self._shows = is_terminal(sys.stderr) and not as_json
        self._done = 0

    def show(self, case: Case, verdict: Verdict) -> str:
        """Show a verdict; returns it in a few words."""
        self._done += 1
        said = f"{case.name}: {plain(verdict.model)}: {said_of(verdict)}"
        if self._shows:
            typer.echo(f"{self._done}/{self._total}  {plain(said)}", err=True)
        return said


def report(outcome: Outcome, panel: Panel, as_json: bool) -> None:
    """Say what the verdicts are and how far they agree.

    Raises:
        typer.Exit: not all came.
    """
    from capture.judge.agreement import fleiss_kappa, tally

    tallies = {case.name: tally(outcome.on(case)) for case in panel.cases}
    kappa = fleiss_kappa(tallies.values())
    if as_json:
        typer.echo(orjson.dumps(_as_dict(outcome, panel, kappa)).decode())
    else:
        for case in panel.cases:
            _print(case, outcome.on(case))
        _print_total(outcome, panel, kappa)
    failed = any(verdict.error for _, verdict in outcome.verdicts)
    if outcome.stopped:
        done = f"{len(outcome.verdicts)} of {panel.total}"
        typer.echo(f"harness: stopped at --max-cost {money(panel.max_cost)} after {done}", err=True)
    if outcome.stopped or failed:
        raise typer.Exit(1)


def said_of(verdict: Verdict) -> str:
    """Return a verdict in words, on one line: `flagged (0.90): it writes`."""
    if verdict.error is not None:
        return f"no verdict: {plain(verdict.error)}"
    sure = "" if verdict.confidence is None else f" ({verdict.confidence:.2f})"
    return f"{'flagged' if verdict.flagged else 'not flagged'}{sure}: {plain(verdict.reason or '')}"


def together(whole: Tally, each: Mapping[str, Tally]) -> str:
    """Return what verdicts say together: `3/5 flagged (a 2/3, b 1/2), mean confidence 0.8, 40 % agree`."""
    parts = [f"{whole.flagged}/{whole.verdicts} flagged"]
    if len(each) > 1:
        parts[0] += f" ({', '.join(f'{plain(m)} {t.flagged}/{t.verdicts}' for m, t in each.items())})"
    if whole.mean_confidence is not None:
        parts.append(f"mean confidence {whole.mean_confidence:.2f}")
    if whole.agreement is not None:
        parts.append(f"{whole.agreement:.0%} of pairs agree")
    if whole.failed:
        parts.append(f"{whole.failed} failed")
    return ", ".join(parts)


def _print(case: Case, verdicts: list[Verdict]) -> None:
    from capture.judge.agreement import by_model, tally

    paint = painter(sys.stdout)
    turns = f"turns {case.judge_run.from_turn} to {case.judge_run.to_turn}"
    info = case.rendered.info
    left = f", {counted(info.steps_omitted, 'step')} left out for length" if info.steps_omitted else ""
    typer.echo(paint(f"{plain(case.name)}, {turns}{left}", BOLD))
    for each in verdicts:
        line = f"  {plain(each.model)}: {said_of(each)}"
        typer.echo(paint(line, RED if each.error else YELLOW) if each.error or each.flagged else line)
    typer.echo(f"  {together(tally(verdicts), by_model(verdicts))}")


def _print_total(outcome: Outcome, panel: Panel, kappa: float | None) -> None:
    cost = "cost unknown" if outcome.unpriced else money(outcome.cost_usd)
    files = panel.cases[0].file if len(panel.cases) == 1 else "each session's judge.jsonl"
    also = "" if kappa is None else f", Fleiss' kappa {kappa:.2f}"
    typer.echo(f"{counted(len(outcome.verdicts), 'verdict')}, {cost}{also}, in {plain(files)}")


def _as_dict(outcome: Outcome, panel: Panel, kappa: float | None) -> dict[str, object]:
    from capture.judge.agreement import by_model, tally

    return {
        "judge_run": panel.cases[0].judge_run.id,
        "rubric_sha256": panel.cases[0].judge_run.rubric_sha256,
        "judged": [
            {
                "name": case.name,
                "file": str(case.file),
                "from_turn": case.judge_run.from_turn,
                "to_turn": case.judge_run.to_turn,
                "render_info": case.rendered.info.as_dict(),
                "verdicts": [each.as_dict() for each in outcome.on(case)],
                "together": tally(outcome.on(case)).as_dict(),
                "by_model": {m: t.as_dict() for m, t in by_model(outcome.on(case)).items()},
            }
            for case in panel.cases
        ],
        "fleiss_kappa": kappa,
        "total_cost_usd": None if outcome.unpriced else outcome.cost_usd,
        "stopped_at_max_cost": outcome.stopped,
    }
