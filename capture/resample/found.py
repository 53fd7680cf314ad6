"""What lies in a session's `resamples`: for each request its samples, and its variants with theirs.

What belongs here is which folders there are and what each is; a sample is `capture.resample.samples`.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import orjson

from capture.cursor.session import RESULTS
from capture.resample.samples import Sample, count_samples, read_samples
from capture.resample.variants import Edit
from capture.runs.folder import SessionFolder

_NAME = re.compile(r"request_(\d+)(?:_v(\d+))?")


@dataclass(frozen=True, slots=True)
class Resampled:
    """One folder of samples: of a request as it was recorded (vanilla), or of a variant of it."""

    path: Path
    request: int
    variant: int | None = None
    label: str = ""
    """What a variant is called; raw."""
    edits: Sequence[Edit] = ()
    """What a variant changed."""
    problem: str = ""
    """Why it is not known what the variant changed."""

    @property
    def count(self) -> int:
        """How many samples there are, failed ones included."""
        return count_samples(self.path)

    def samples(self) -> list[Sample]:
        """Read the samples, in order."""
        return read_samples(self.path)


def resampled(session: SessionFolder) -> list[Resampled]:
    """Return a session's folders of samples, by request, vanilla before its variants.

    Raises:
        OSError: they cannot be listed.
    """
    try:
        names = [(path, _NAME.fullmatch(path.name)) for path in (session.path / RESULTS).iterdir()]
    except FileNotFoundError:
        return []
    found = [
        _read(path, int(match[1]), int(match[2]) if match[2] else None) for path, match in names if match
    ]
    return sorted(found, key=lambda each: (each.request, each.variant or 0))


def _read(path: Path, request: int, variant: int | None) -> Resampled:
    if variant is None:
        return Resampled(path, request)
    try:
        told = orjson.loads((path / "variant.json").read_bytes())
        edits = [
            Edit(str(each["path"]), each.get("original"), each.get("replacement")) for each in told["edits"]
        ]
        return Resampled(path, request, variant, str(told.get("label") or ""), edits)
    except OSError as error:
        problem = f"variant.json: {error.strerror}"
    except (orjson.JSONDecodeError, KeyError, TypeError, AttributeError):
        problem = "variant.json does not say what was edited"
    return Resampled(path, request, variant, problem=problem)
