"""What `tessen doctor` found, as text and as JSON.

What belongs here is the order in which it is said, and the words.
"""

from __future__ import annotations

import os
import platform
import sys
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, NamedTuple

from tessen import __version__, _checks, _known_good
from tessen._checks import Finding
from tessen._variables import VARIABLES

if TYPE_CHECKING:
    from tessen._config import Settings
    from tessen._ping import Ping
    from tessen._samples import Samples


class Report(NamedTuple):
    """Everything that was found."""

    settings: Settings
    folder: _checks.Folder
    samples: Samples
    ping: Ping | None
    findings: tuple[Finding, ...]

    @property
    def works(self) -> bool:
        """Whether recording works."""
        return not any(finding.fatal for finding in self.findings)


def as_json(report: Report) -> str:
    """Return the report, a sample event where there is one, and the ping where one was asked for."""
    from tessen.reading.envelope import dumps, envelope

    said: dict[str, Any] = {"report": _facts(report)}
    event = next((each.event for each in report.samples.by_name.values() if each.event), None)
    if event is not None:
        said["sample_event"] = event
    if report.ping is not None:
        said["ping"] = report.ping._asdict()
    return dumps(envelope(said))


def _facts(report: Report) -> dict[str, Any]:
    taken = report.samples.by_name
    versions = {name: taken[name].version if name in taken else None for name in _known_good.NAMES}
    standing = {
        sdk.distribution: _known_good.standing(sdk, taken[sdk.distribution].version)
        for sdk in _known_good.SDKS
        if sdk.distribution in taken
    }
    settings = report.settings
    return {
        "tessen_version": __version__,
        "python": sys.executable,
        "python_version": platform.python_version(),
        "platform": f"{platform.system()}-{platform.machine()}",
        "recording_works": report.works,
        "vendor_sdks": {sdk.distribution: versions[sdk.distribution] for sdk in _known_good.SDKS},
        "http_libraries": {name: versions[name] for name in _known_good.HTTP_LIBRARIES},
        "known_good": {"checked_on": _known_good.CHECKED_ON, **standing},
        "recorded_by_tier": {name: sample.tier for name, sample in taken.items()},
        "env_config": {variable.name: _checks.shown(variable) for variable in VARIABLES},
        "log_dir": report.folder.path,
        "log_dir_exists": report.folder.exists,
        "log_dir_writable": report.folder.writable,
        "log_dir_free_bytes": report.folder.free_bytes,
        "would_stream": settings.api_key is not None,
        "would_auto_crawl": settings.api_key is not None and not settings.disable_crawl,
        "would_auto_git_learn": settings.api_key is not None and not settings.disable_git_learn,
        "findings": [finding._asdict() for finding in report.findings],
    }


def as_text(report: Report) -> Iterator[str]:
    """Yield the report line by line, in plain words."""
    colour = sys.stdout.isatty() and not os.environ.get("NO_COLOR")
    yield f"tessen {__version__} for {sys.executable} (Python {platform.python_version()})"
    yield ""
    free = report.folder.free_bytes
    space = "" if free is None else f", {free / 1e9:,.1f} GB free"
    state = "can be written" if report.folder.writable else "CANNOT BE WRITTEN"
    new = "" if report.folder.exists else " (made with the first event)"
    yield f"log        {report.folder.path!a}{new}: {state}{space}"
    name = report.settings.agent_name
    yield f"agent      {name!a}" if name else "agent      by the module or script that calls tessen.init()"
    yield f"shipping   {_shipping(report)}"
    for variable in VARIABLES:
        if (value := _checks.shown(variable)) is not None:
            yield f"variable   {variable.name}={value!a}"
    yield ""
    yield f"one call of each, on this machine; known good as of {_known_good.CHECKED_ON}:"
    yield from _sample_lines(report.samples)
    yield ""
    for finding in report.findings:
        word = "WRONG" if finding.fatal else "note"
        paint = "\x1b[31m{}\x1b[0m" if finding.fatal else "\x1b[33m{}\x1b[0m"
        yield f"{paint.format(word) if colour else word}: {finding.what}"
        yield f"  {finding.fix}"
    yield "Recording works here." if report.works else "Recording does not work here; see above."


def _shipping(report: Report) -> str:
    settings = report.settings
    if settings.api_key is None:
        state = "off: TESSEN_API_KEY is not set, no socket is opened"
    else:
        state = f"on, to {settings.ingest_url!a}"
    if report.ping is not None and report.ping.reachable:
        state += f"; it answers HTTP {report.ping.status} in {report.ping.duration_ms:,.0f} ms"
    return state


def _sample_lines(samples: Samples) -> Iterator[str]:
    from tessen._samples import TIERS

    for name in _known_good.NAMES:
        sample = samples.by_name.get(name)
        if sample is None:
            yield f"  {name:<14} not installed"
            continue
        sdk = _known_good.BY_NAME.get(name)
        seen = "not recorded" if sample.tier is None else f"recorded {TIERS.get(sample.tier, '')}"
        standing = f"; {_known_good.standing(sdk, sample.version)}" if sdk else ""
        yield f"  {name:<14} {sample.version:<9} {seen}{standing}"
