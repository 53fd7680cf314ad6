"""The releases of SDKs that recording was checked with, and when.

What belongs here is a dated table, and the comparing of one version with it. `tessen doctor` reads it; the
recorder itself goes by what it finds, never by a version.
"""

from __future__ import annotations

import re
from typing import NamedTuple

CHECKED_ON = "2026-11-24"


class Sdk(NamedTuple):
    """One vendor's SDK."""

    distribution: str
    module: str
    good: tuple[tuple[str, str], ...]
    """Releases that were checked, as (first, last) of each major version."""


SDKS = (
    Sdk("anthropic", "anthropic", (("1.17.0", "1.17.0"), ("2.12.0", "2.13.0"))),
    Sdk("openai", "openai", (("2.54.0", "2.54.0"), ("3.54.0", "3.57.0"))),
    Sdk("google-genai", "google.genai", (("2.34.0", "2.34.0"), ("3.6.1", "3.6.1"))),
    Sdk("cohere", "cohere", (("6.1.0", "6.1.0"), ("7.3.1", "7.3.1"))),
    Sdk("mistralai", "mistralai.client", (("2.10.1", "2.10.1"), ("3.7.0", "3.7.0"))),
)
HTTP_LIBRARIES = ("httpx2", "httpx", "requests", "urllib3", "aiohttp")
"""Distributions, which are called as their modules are."""

BY_NAME = {sdk.distribution: sdk for sdk in SDKS}
NAMES = (*BY_NAME, *HTTP_LIBRARIES)
"""All distributions of interest, in the order in which they are listed."""


def standing(sdk: Sdk, version: str) -> str:
    """Return how a version stands to those that were checked, in words: `known good`, or how it differs."""
    found = _numbers(version)
    ranges = [(_numbers(first), _numbers(last)) for first, last in sdk.good]
    if not ranges:
        return "no release was checked yet"
    if any(first <= found <= last for first, last in ranges):
        return "known good"
    if found > max(last for _, last in ranges):
        return f"newer than {sdk.good[-1][1]}, the last that was checked"
    if found < min(first for first, _ in ranges):
        return f"older than {sdk.good[0][0]}, the first that was checked"
    return "between releases that were checked"


def _numbers(version: str) -> tuple[int, ...]:
    return tuple(int(number) for number in re.findall(r"\d+", version.partition("+")[0])[:3])
