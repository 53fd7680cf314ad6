"""`tessen doctor`: does recording work here, and if not, why, and what helps.

What belongs here is what is looked at, what of it is wrong, and the exit code. How it is said is in
`_report.py`.
"""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Iterator
from importlib import metadata
from typing import TYPE_CHECKING

from tessen import __version__

if TYPE_CHECKING:
    from tessen._checks import Finding
    from tessen._report import Report
    from tessen._samples import Sample, Samples

SUMMARY = "say whether recording works here, and what to do if not"

_ELSEWHERE = "tessen exec -- /path/to/venv/bin/python -m tessen.doctor"
_EXAMPLE = f"""\
example:
  $ tessen doctor
  $ tessen doctor --ping --json
  $ {_ELSEWHERE}    # another environment

It makes one call with every installed SDK, to a server of its own on this machine, and looks for it in a log
in a temporary folder. Nothing leaves the machine without --ping, which sends a batch of no events.
"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the command's arguments."""
    parser.description = "Say whether recording works in this environment, and what to do if not."
    parser.epilog = _EXAMPLE
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.add_argument("--ping", action="store_true", help="also ask TESSEN_INGEST_URL whether it is there")
    parser.add_argument("--json", action="store_true", help="print the report as JSON")


def run(options: argparse.Namespace) -> int:
    """Look, and print; return 1 if recording would not work."""
    try:
        report = examine(ping=options.ping)
        _print(_said(report, as_json=options.json))
    except KeyboardInterrupt:
        return 130
    return 0 if report.works else 1


def examine(*, ping: bool) -> Report:
    """Look at everything.

    Args:
        ping: Whether the ingest server is asked as well.
    """
    from tessen import _checks, _config, _known_good, _ping, _samples
    from tessen._report import Report

    settings = _config.load(redact=())
    folder = _checks.folder(settings.log_dir)
    samples = _samples.take(_known_good.NAMES)
    pinged = _ping.ping(settings) if ping else None
    findings = [
        *_checks.of_folder(folder),
        *_of_installation(),
        *_of_samples(samples),
        *_checks.of_variables(),
        *_checks.of_shipping(settings),
    ]
    trouble = _ping.finding(settings, pinged) if pinged else None
    return Report(settings, folder, samples, pinged, (*findings, *([trouble] if trouble else [])))


def _of_installation() -> Iterator[Finding]:
    """Find another recorder of the same name in this environment."""
    from tessen._checks import Finding

    versions = {each.version for each in metadata.distributions(name="tessen")} - {__version__}
    for version in sorted(versions):
        fix = "uninstall it and install this one again: they are one package and overwrite each other's files"
        yield Finding(False, f"tessen {version} is installed here too; this is {__version__}", fix)


def _of_samples(samples: Samples) -> Iterator[Finding]:
    """Find installed libraries whose calls are not recorded, or not as they should be."""
    from tessen._checks import Finding

    if samples.problem:
        fix = f"see what it says by hand: {sys.executable} -P -m tessen._sample_calls"
        yield Finding(True, samples.problem, fix)
        return
    if not samples.by_name:
        fix = f"install an SDK for {sys.executable}, or look at the right one: {_ELSEWHERE}"
        yield Finding(False, "there is nothing to record here: no SDK and no HTTP library is installed", fix)
    for name, sample in samples.by_name.items():
        yield from _of_sample(name, sample)


def _of_sample(name: str, sample: Sample) -> Iterator[Finding]:
    from tessen import _known_good
    from tessen._checks import Finding

    sdk = _known_good.BY_NAME.get(name)
    called = f"{name} {sample.version}"
    if sample.event is None and sample.problem:
        what = f"{called} could not be tried: {sample.problem!a}"
        yield Finding(False, what, f"see whether {name} works without tessen")
    elif sample.event is None:
        fix = "set TESSEN_LEAF_FALLBACK=1 and look again" if sdk else "use an SDK that is recorded"
        yield Finding(sdk is not None, f"a call of {called} was not recorded", fix)
    elif sdk is not None and sample.tier == 3:
        what = f"{called} is only seen in the HTTP library, where each of its retries is a call"
        good = " or ".join(f"{name} {last}" for _, last in sdk.good)
        fix = (
            f"install a release that is known good: {good}"
            if good
            else "its calls are in the log all the same"
        )
        yield Finding(False, what, fix)


def _said(report: Report, *, as_json: bool) -> str:
    """Return the report without secrets: addresses hold some, and so may what a library says."""
    from tessen import _redact, _report

    secrets = _redact.of_environment()
    if as_json:
        return _redact.clean_line(_report.as_json(report).encode(), secrets, ()).decode()
    return _redact.clean_text("\n".join(_report.as_text(report)), secrets)


def _print(text: str) -> None:
    try:
        print(text, flush=True)
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), 1)  # or the interpreter complains at its end


if __name__ == "__main__":
    from tessen.cli import main

    sys.exit(main(["doctor", *sys.argv[1:]]))
