"""The samples of a folder with what they are compared to: those of the request as it was recorded."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import orjson

from capture.resample.samples import Sample, read_samples

_VARIANT = re.compile(r"(.+)_v\d{2,}")


@dataclass(frozen=True, slots=True)
class Together:
    """Samples that belong together."""

    folder: Path
    samples: Sequence[Sample]
    vanilla: Sequence[Sample] = ()
    """Of the request as recorded, where `samples` are of a variant."""
    label: str = ""
    """What the variant is called; raw."""
    edits: Sequence[dict[str, Any]] = ()
    """What was edited: rows of `path`, `original`, `replacement`."""

    @property
    def is_variant(self) -> bool:
        """Whether the request was edited."""
        return _VARIANT.fullmatch(self.folder.name) is not None


def read_together(folder: Path) -> Together:
    """Read a folder of samples; what cannot be read is left out."""
    samples = read_samples(folder)
    match = _VARIANT.fullmatch(folder.name)
    if match is None:
        return Together(folder, samples)
    try:
        told = orjson.loads((folder / "variant.json").read_bytes())
    except (OSError, orjson.JSONDecodeError):
        told = {}
    told = told if isinstance(told, dict) else {}
    edits = told.get("edits")
    return Together(
        folder,
        samples,
        read_samples(folder.with_name(match[1])),
        str(told.get("label") or ""),
        [each for each in edits if isinstance(each, dict)] if isinstance(edits, list) else [],
    )
