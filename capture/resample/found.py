"""Which folders of samples there are, and what each is: of what was recorded, or of a variant with its edits.

What belongs here is finding the folders; a sample is `capture.resample.samples`.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import orjson

from capture.cursor.session import RESULTS
from capture.resample.samples import Sample, count_samples, read_samples
from capture.resample.variants import Edit
from capture.runs.folder import SessionFolder

_VARIANT = re.compile(r"(.+)_v(\d+)")
_REQUEST = re.compile(r"request_(\d+)")


@dataclass(frozen=True, slots=True)
class Resampled:
    """One folder of samples: of what was recorded (vanilla), or of a variant of it."""

    path: Path
    base: str
    """The name of the folder of vanilla: `request_005`, or the id of an event of a log."""
    variant: int | None = None
    label: str = ""
    """What a variant is called; raw."""
    edits: Sequence[Edit] = ()
    """What a variant changed."""
    problem: str = ""
    """Why it is not known what the variant changed."""

    @property
    def request(self) -> int | None:
        """The number of the request, in a session of a run."""
        match = _REQUEST.fullmatch(self.base)
        return int(match[1]) if match else None

    @property
    def count(self) -> int:
        """How many samples there are, failed ones included."""
        return count_samples(self.path)

    def samples(self) -> list[Sample]:
        """Read the samples, in order."""
        return read_samples(self.path)

    def vanilla(self) -> list[Sample]:
        """Read those of what was recorded, which a variant is compared to; none for vanilla itself."""
        return read_samples(self.path.with_name(self.base)) if self.variant is not None else []


def samples_in(folder: Path) -> Resampled:
    """Return what a folder of samples is; it need not exist."""
    match = _VARIANT.fullmatch(folder.name)
    return _variant(folder, match[1], int(match[2])) if match else Resampled(folder, folder.name)


def resampled(session: SessionFolder) -> list[Resampled]:
    """Return the folders of samples of a run's session, by request, vanilla before its variants.

    Raises:
        OSError: they cannot be listed.
    """
    found = [samples_in(path) for path in _inside(session.path / RESULTS)]
    return sorted(
        (each for each in found if each.request is not None),
        key=lambda each: (each.request, each.variant or 0),
    )


def resampled_events(agent: Path, events: Iterable[str]) -> list[Resampled]:
    """Return the folders of samples of some events of a log, in the events' order.

    Args:
        agent: The folder of the agent's log.
        events: Their ids.

    Raises:
        OSError: they cannot be listed.
    """
    order = {event: place for place, event in enumerate(events)}
    found = [each for each in map(samples_in, _inside(agent / RESULTS)) if each.base in order]
    return sorted(found, key=lambda each: (order[each.base], each.variant or 0))


def _inside(folder: Path) -> list[Path]:
    try:
        return [path for path in folder.iterdir() if path.is_dir()]
    except FileNotFoundError:
        return []


def _variant(path: Path, base: str, number: int) -> Resampled:
    try:
        told = orjson.loads((path / "variant.json").read_bytes())
        edits = [
            Edit(str(each["path"]), each.get("original"), each.get("replacement")) for each in told["edits"]
        ]
        return Resampled(path, base, number, str(told.get("label") or ""), edits)
    except OSError as error:
        problem = f"variant.json: {error.strerror}"
    except (orjson.JSONDecodeError, KeyError, TypeError, AttributeError):
        problem = "variant.json does not say what was edited"
    return Resampled(path, base, number, problem=problem)
