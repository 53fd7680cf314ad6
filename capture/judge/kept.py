"""`judge.jsonl`: verdicts as they are kept, those of a run's own judge and those given afterwards."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from capture.judge.agreement import Tally, by_model, tally
from capture.judge.render import RenderInfo
from capture.judge.verdict import Verdict
from capture.runs.files import append_line, read_lines

Json = dict[str, Any]


@dataclass(frozen=True, slots=True)
class JudgeRun:
    """One time at which judges were asked about what had been recorded: by several, or several times."""

    id: str
    """That of its job."""
    rubric_sha256: str
    from_turn: int
    to_turn: int
    include_reasoning: bool

    def as_dict(self) -> Json:
        """Return it as it stands in a verdict's row."""
        fields = asdict(self)
        return {"judge_run": fields.pop("id"), **fields}


@dataclass(frozen=True, slots=True)
class Kept:
    """A verdict on disk."""

    turn: int
    """The last turn that the judge saw."""
    verdict: Verdict
    judge_run: str | None
    """None for one that the run's own judge gave while it ran."""
    row: Json
    """All of it, keys of others included."""


@dataclass(frozen=True, slots=True)
class Judged:
    """What a judge run came to on one trajectory."""

    judge_run: str
    turns: tuple[int | None, int | None]
    rubric_sha256: str | None
    timestamp: str | None
    """Of its first verdict."""
    together: Tally
    by_model: dict[str, Tally]

    def as_dict(self) -> Json:
        """Return it as it is printed as JSON."""
        return asdict(self) | {"turns": list(self.turns)}


def append_verdict(
    file: Path, turn: int, verdict: Verdict, info: RenderInfo, judge_run: JudgeRun | None = None
) -> Json:
    """Append a verdict, and return its row.

    Raises:
        OSError: it cannot be written.
    """
    row = {"turn": turn, **verdict.as_dict(), "render_info": info.as_dict()}
    row |= {"timestamp": datetime.now(UTC).isoformat()} | ({} if judge_run is None else judge_run.as_dict())
    append_line(file, row)
    return row


def read_verdicts(file: Path) -> tuple[list[Kept], int]:
    """Return the verdicts in a file, in order, and how many lines could not be read."""
    rows, bad = read_lines(file)
    return [_kept(row) for row in rows], bad


def judge_runs(kept: Sequence[Kept]) -> list[Judged]:
    """Return what each judge run among verdicts came to, in order."""
    found = []
    for judge_run in dict.fromkeys(each.judge_run for each in kept if each.judge_run is not None):
        own = [each for each in kept if each.judge_run == judge_run]
        row, verdicts = own[0].row, [each.verdict for each in own]
        found.append(
            Judged(
                judge_run=judge_run,
                turns=(_typed(row, "from_turn", int), _typed(row, "to_turn", int)),
                rubric_sha256=_typed(row, "rubric_sha256", str),
                timestamp=_typed(row, "timestamp", str),
                together=tally(verdicts),
                by_model=by_model(verdicts),
            )
        )
    return found


def _kept(row: Json) -> Kept:
    confidence = row.get("confidence")
    verdict = Verdict(
        model=_typed(row, "model", str) or "unknown",
        flagged=_typed(row, "flagged", bool),
        reason=_typed(row, "reason", str),
        confidence=float(confidence) if isinstance(confidence, int | float) else None,
        raw=_typed(row, "raw", str),
        error=_typed(row, "error", str),
        usage=_typed(row, "usage", dict),
        cost_usd=_typed(row, "cost_usd", float),
    )
    return Kept(_typed(row, "turn", int) or 0, verdict, _typed(row, "judge_run", str), row)


def _typed(row: Json, name: str, kind: type[Any]) -> Any:
    value = row.get(name)
    return value if isinstance(value, kind) else None
