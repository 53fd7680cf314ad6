"""The map of a repository, as it is written and as it may be shipped.

What belongs here is the manifest's layout. Shipped is the structure alone: no docstring, no comment, no
line of source, no absolute path, and of strings in the code only the names of models.
"""

from __future__ import annotations

import re
import tomllib
from collections import Counter
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from tessen import __version__
from tessen.crawl._files import Skipped
from tessen.crawl._repository import Read, summaries_of
from tessen.crawl._rules import Group, Site, matched
from tessen.crawl._summary import (
    IN_ASYNC_WITH,
    IN_FOR,
    IN_WHILE,
    IN_WITH,
    WITH_SYSTEM,
    WITH_TOOLS,
    Scope,
    Summary,
)

_MODEL_NAME = re.compile(
    r"(?:[a-z][a-z0-9_-]{0,30}[/.:]){0,3}(?:claude|gpt|chatgpt|o[1-9]|gemini|gemma|command|embed|rerank|mistral|ministral|"
    r"magistral|codestral|pixtral|devstral|open-mi[sx]tral|text-embedding|llama|nova|titan|dall-e|whisper|tts)"
    r"(?:-?[a-z0-9]{0,16}[.:@-]?){0,8}"
)


def manifest(
    root: Path, reads: dict[str, Read], found: list[Site], skipped: list[Skipped], scanned_at: str
) -> dict[str, Any]:
    """Return the manifest.

    Args:
        root: The repository.
        reads: Its files.
        found: Their calls of models.
        skipped: What was not looked at; files that could not be read are added.
        scanned_at: When, in ISO 8601: all that differs between two maps of the same files.
    """
    unread = [Skipped(path, problem) for path in reads if (problem := reads[path].record.problem)]
    left_out = sorted([*skipped, *unread])
    summaries = summaries_of(reads)
    patterns, uncategorized = _patterns(found, summaries)
    return {
        "tessen_version": __version__,
        "scanned_at": scanned_at,
        "root": str(root),
        "files_scanned": len(reads) - len(unread),
        "files_skipped": len(left_out),
        "skipped": [each._asdict() for each in left_out],
        "stdlib_only": True,
        "call_sites": [_call_site(site, summaries[site.file]) for site in found],
        "agent_patterns": patterns,
        "uncategorized_call_sites": uncategorized,
        "project_meta": {
            **_project(root),
            "vendors": dict(sorted(Counter(site.vendor for site in found).items())),
        },
    }


def manifest_for_shipping(manifest: Mapping[str, Any]) -> dict[str, Any]:
    """Return what may leave the machine of a manifest."""
    call_sites = [_shippable(site) for site in manifest["call_sites"]]
    shipped = {**manifest, "root": ".", "call_sites": call_sites}
    del shipped["skipped"]
    return shipped


def _shippable(site: Mapping[str, Any]) -> dict[str, Any]:
    model = site["model_kwarg"]
    named = model if model and _MODEL_NAME.fullmatch(model) else None
    return {**site, "function_docstring": None, "comments_above": [], "model_kwarg": named}


def _call_site(site: Site, summary: Summary) -> dict[str, Any]:
    call = site.call
    scope = summary.scopes[call.scope]
    row = {
        **_place(site, summary),
        "vendor": site.vendor,
        "method": site.method,
        "receiver": call.receiver,
        "kwargs": list(call.kwargs),
        "in_while_loop": bool(call.about & IN_WHILE),
        "in_for_loop": bool(call.about & IN_FOR),
        "in_async_with": bool(call.about & IN_ASYNC_WITH),
        "in_with": bool(call.about & IN_WITH),
        "has_stream_kwarg": "stream" in call.kwargs,
        "stream_kwarg_value": call.stream,
        "has_tools_kwarg": bool(call.about & WITH_TOOLS),
        "has_system_kwarg": bool(call.about & WITH_SYSTEM),
        "model_kwarg": call.model,
        "function_docstring": scope.docstring,
        "comments_above": list(call.comments),
        "enclosing_function_body_hash": scope.body_hash,
        "enclosing_function_lines": _lines(scope),
        "type_hints_present": scope.hints,
        "called_by_in_file": list(scope.callers),
    }
    return {**row, "cell": call.cell} if call.cell else row


def _place(site: Site, summary: Summary) -> dict[str, Any]:
    return {
        "file": site.file,
        "line": site.call.line,
        "col": site.call.col,
        "func": summary.scopes[site.call.scope].name,
        "cls": _class_of(summary.scopes, site.call.scope),
    }


def _class_of(scopes: list[Scope], number: int) -> str | None:
    while number:
        scope = scopes[number]
        if scope.kind == "class":
            return scope.name
        number = scope.parent
    return None


def _lines(scope: Scope) -> list[int] | None:
    return [scope.line, scope.last_line] if scope.kind == "function" else None


def _patterns(
    found: list[Site], summaries: dict[str, Summary]
) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """Return the functions that rules match, and the calls that none does."""
    groups: dict[tuple[str, int], list[Site]] = {}
    for site in found:
        groups.setdefault((site.file, site.call.scope), []).append(site)
    patterns, uncategorized = [], []
    for (file, number), members in groups.items():
        summary = summaries[file]
        scope = summary.scopes[number]
        rules = matched(Group(members, scope, scope.name in summary.nodes))
        places = [{**_place(each, summary), "vendor": each.vendor, "method": each.method} for each in members]
        if scope.kind != "function" and rules[:1] in (["single_shot"], ["several_calls"]):
            rules = []
        if not rules:
            uncategorized += places
            continue
        first = places[0]
        patterns.append(
            {
                "pattern_name": rules[0],
                "rules_matched": rules,
                "primary_call_site": {key: first[key] for key in ("line", "col", "vendor", "method")},
                "func": first["func"],
                "cls": first["cls"],
                "file": file,
                "line": scope.line,
            }
        )
    return patterns, uncategorized


def _project(root: Path) -> dict[str, Any]:
    """Return what the project says of itself that is neither prose nor a person."""
    try:
        with (root / "pyproject.toml").open("rb") as file:
            project = tomllib.load(file).get("project", {})
        meta = {key: project.get(key) for key in ("name", "requires-python")}
    except (OSError, ValueError, AttributeError, RecursionError):
        meta = {"name": None, "requires-python": None}
    return {key.replace("-", "_"): value if isinstance(value, str) else None for key, value in meta.items()}
