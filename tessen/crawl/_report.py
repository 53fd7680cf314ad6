"""A manifest in words, for a terminal.

What belongs here is what `tessen crawl` prints. Everything that a repository says passes `safe` first.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Any

from tessen._command import Paint, safe
from tessen.format import count, plural

_SKIPPED_SHOWN = 8


def text(manifest: Mapping[str, Any], paint: Paint) -> Iterator[str]:
    """Yield the lines of the report."""
    sites = manifest["call_sites"]
    yield paint(safe(str(manifest["root"])), "strong")
    functions = plural(len(manifest["agent_patterns"]), "function")
    yield f"{plural(manifest['files_scanned'], 'file')}, {plural(len(sites), 'call site')}, {functions}"
    vendors = manifest["project_meta"]["vendors"]
    if vendors:
        yield "  ".join(f"{vendor} {count(number)}" for vendor, number in vendors.items())
    yield from _sites(manifest, paint)
    yield from _skipped(manifest, paint)


def _sites(manifest: Mapping[str, Any], paint: Paint) -> Iterator[str]:
    names = {
        (each["file"], each["cls"], each["func"]): each["pattern_name"] for each in manifest["agent_patterns"]
    }
    file = None
    for site in manifest["call_sites"]:
        if site["file"] != file:
            file = site["file"]
            yield ""
            yield paint(safe(file), "accent")
        owner = f"{site['cls']}." if site["cls"] and site["cls"] != site["func"] else ""
        where = f"cell {site['cell']}:{site['line']}" if "cell" in site else str(site["line"])
        pattern = names.get((file, site["cls"], site["func"]), "uncategorized")
        called = f"{site['vendor']} {site['method']}"
        function = safe(owner + site["func"])
        yield f"  {where:>6}  {safe(called):<42} {function}  {paint(safe(pattern), 'faint')}"


def _skipped(manifest: Mapping[str, Any], paint: Paint) -> Iterator[str]:
    skipped = manifest["skipped"]
    if not skipped:
        return
    yield ""
    reasons = Counter(each["reason"].partition(":")[0] for each in skipped)
    yield paint(f"not looked at: {count(len(skipped))}", "warn")
    for reason, number in sorted(reasons.items()):
        named = [each["path"] for each in skipped if each["reason"].partition(":")[0] == reason]
        more = f" and {count(number - _SKIPPED_SHOWN)} more" if number > _SKIPPED_SHOWN else ""
        yield f"  {safe(reason)}: {', '.join(map(safe, named[:_SKIPPED_SHOWN]))}{more}"
