"""Seeing for oneself: whether a call of each installed library is recorded here, and by which tier.

What belongs here is running the child process that makes the calls, and reading what it left.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterable
from importlib import metadata
from pathlib import Path
from typing import Any, NamedTuple

from tessen import _json, _redact
from tessen._cut import beginning
from tessen.exec import environment
from tessen.paths import log_files

DEADLINE_S = 120.0
TIERS = {
    0: "in its methods (leaf fallback)",
    1: "in its base client (tier 1)",
    2: "by discovery (tier 2)",
    3: "in the HTTP library (tier 3)",
}
_AGENT = "doctor"
_LONGEST = 300
"""Characters that are kept of what a library, or the child itself, has to say."""


class Sample(NamedTuple):
    """What came of one library's call."""

    version: str
    event: dict[str, Any] | None
    """Its event in the log; None if there is none."""
    problem: str | None
    """What the library itself had to say, if it failed."""

    @property
    def tier(self) -> int | None:
        """By which tier the call was seen."""
        return None if self.event is None else self.event.get("_tessen_tier")


class Samples(NamedTuple):
    """What came of all of them."""

    by_name: dict[str, Sample]
    """By distribution, those that are installed."""
    problem: str | None = None
    """Why there is nothing to see, if the child itself failed."""


def take(distributions: Iterable[str]) -> Samples:
    """Make one call with each of these distributions that is installed, into a log in a temporary folder."""
    versions = {name: version for name in distributions if (version := _version(name))}
    with tempfile.TemporaryDirectory(prefix="tessen-doctor-") as folder:
        problem = _run(folder, list(versions))
        events = _events(Path(folder))
        problems = _problems(Path(folder))
    found = {
        name: Sample(version, events.get(name), problems.get(name)) for name, version in versions.items()
    }
    return Samples(found, problem)


def said(text: str) -> str:
    """Return the beginning of what a library says, without secrets; they are taken out of the whole."""
    return beginning(_redact.clean_text(text, _redact.of_environment()), _LONGEST)


def _version(distribution: str) -> str | None:
    try:
        return metadata.version(distribution)
    except metadata.PackageNotFoundError:
        return None


def _run(folder: str, names: list[str]) -> str | None:
    """Run the child; return what is wrong with it, if anything."""
    variables = {**os.environ, **environment(None, _AGENT, folder), "NO_PROXY": "*", "no_proxy": "*"}
    variables.pop("TESSEN_API_KEY", None)
    command = [sys.executable, "-P", "-m", "tessen._sample_calls", *names]
    try:
        done = subprocess.run(
            command, env=variables, capture_output=True, text=True, timeout=DEADLINE_S, check=False
        )
    except subprocess.TimeoutExpired:
        return f"the sample calls did not end within {DEADLINE_S:.0f} seconds"
    if done.returncode == 0:
        return None
    last = (done.stderr.strip().splitlines() or ["no word of why"])[-1]
    return f"the sample calls ended with {done.returncode}: {said(last)}"


def _events(folder: Path) -> dict[str, dict[str, Any]]:
    found: dict[str, dict[str, Any]] = {}
    for path in log_files(folder / _AGENT):
        for line in path.read_bytes().splitlines():
            event = _json.parse(line.decode())
            found.setdefault(event["session_id"], event)
    return found


def _problems(folder: Path) -> dict[str, str]:
    from tessen._sample_calls import RESULTS

    try:
        problems: dict[str, str] = json.loads((folder / RESULTS).read_text())
    except (OSError, ValueError):
        return {}
    return problems
