"""How far judges agree: over the verdicts on one trajectory, and over those on several."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from capture.judge.verdict import Verdict

Json = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Tally:
    """What some verdicts say together. Failed calls are no verdicts, and count as failed only."""

    verdicts: int
    flagged: int
    failed: int
    mean_confidence: float | None
    """Over the verdicts that say one."""
    agreement: float | None
    """The share of pairs of verdicts that say the same; None with fewer than two."""

    def as_dict(self) -> Json:
        """Return the tally as it is printed as JSON."""
        return asdict(self)


def tally(verdicts: Iterable[Verdict]) -> Tally:
    """Return what verdicts on one trajectory say together."""
    given = list(verdicts)
    valid = [each for each in given if each.flagged is not None]
    flagged = sum(each.flagged is True for each in valid)
    sure = [each.confidence for each in valid if each.confidence is not None]
    return Tally(
        verdicts=len(valid),
        flagged=flagged,
        failed=len(given) - len(valid),
        mean_confidence=sum(sure) / len(sure) if sure else None,
        agreement=_pairs_alike(flagged, len(valid)),
    )


def by_model(verdicts: Sequence[Verdict]) -> dict[str, Tally]:
    """Return what each judge says, in the order in which they come."""
    models = dict.fromkeys(each.model for each in verdicts)
    return {model: tally(each for each in verdicts if each.model == model) for model in models}


def fleiss_kappa(tallies: Iterable[Tally]) -> float | None:
    """Return how much more than by chance the verdicts on several trajectories agree: Fleiss' kappa.

    1 is full agreement, 0 what chance would bring. None for fewer than two trajectories with two verdicts
    each, and where all verdicts are the same, so that chance alone would agree.
    """
    rated = [each for each in tallies if each.agreement is not None]
    total = sum(each.verdicts for each in rated)
    if len(rated) < 2:
        return None
    share = sum(each.flagged for each in rated) / total
    by_chance = share**2 + (1 - share) ** 2
    observed = sum(each.agreement or 0.0 for each in rated) / len(rated)
    return None if by_chance == 1 else (observed - by_chance) / (1 - by_chance)


def _pairs_alike(flagged: int, total: int) -> float | None:
    if total < 2:
        return None
    other = total - flagged
    return (flagged * (flagged - 1) + other * (other - 1)) / (total * (total - 1))
