"""Which libraries a repository has lately come to depend on, by their names alone.

What belongs here reads manifests of two moments and compares names. A name is a registry's name; addresses,
versions and paths stay where they are.
"""

from __future__ import annotations

import json
import re
import tomllib
from collections.abc import Callable, Iterable, Iterator
from typing import Any

from tessen._git import GitError, PrivateGit

RECENT_DAYS = 90
MOST_NAMES = 100
_MOST_MANIFESTS = 50
_MOST_BYTES = 1_000_000
_NAME = re.compile(r"@?[A-Za-z0-9][A-Za-z0-9._-]*(?:/[A-Za-z0-9][A-Za-z0-9._-]*)*", re.ASCII)
_REQUIREMENT = re.compile(r"[ \t]*([A-Za-z0-9][A-Za-z0-9._-]*)[ \t]*(?=$|[\[<>=!~;#,(\r ])", re.ASCII)
_GO = re.compile(r"^\s*(?:require\s+)?([a-z0-9.-]+\.[a-z]+/[\w./-]+)\s+v\d", re.MULTILINE | re.ASCII)


def new_names(git: PrivateGit, now: str, newest: int) -> list[str]:
    """Return the names that manifests hold now and did not 90 days before the newest commit, sorted.

    Args:
        git: The repository.
        now: The commit to look at.
        newest: Its time, in seconds since the epoch.
    """
    before = _commit_before(git, now, newest - RECENT_DAYS * 86_400)
    if before is None:
        return []
    return sorted(_names(git, now) - _names(git, before))[:MOST_NAMES]


def _commit_before(git: PrivateGit, start: str, moment: int) -> str | None:
    """The last commit of the main line before a moment; in a younger repository, its first one."""
    line = ("rev-list", "--first-parent", "--max-count=1")
    found = git.line(*line, f"--before={max(moment, 0)}", start)
    return found or git.line("rev-list", "--first-parent", "--max-parents=0", "--max-count=1", start) or None


def _names(git: PrivateGit, commit: str) -> set[str]:
    found: set[str] = set()
    for path, reader in _manifests(git, commit):
        try:
            if int(git.line("cat-file", "-s", f"{commit}:{path}")) <= _MOST_BYTES:
                body = git.run("cat-file", "blob", f"{commit}:{path}").decode("utf-8", "replace")
                found.update(name for name in reader(body) if _NAME.fullmatch(name) and len(name) <= 200)
        except (GitError, ValueError, RecursionError, AttributeError, TypeError):
            continue  # a manifest that cannot be read names nothing
    return found


def _manifests(git: PrivateGit, commit: str) -> list[tuple[str, Callable[[str], Iterable[str]]]]:
    """Manifests at the root and one folder below: deeper ones are mostly other people's."""
    found = []
    folders = [""]
    listing = git.run("ls-tree", "-z", commit).decode("utf-8", "surrogateescape").split("\0")[:-1]
    folders += [line.partition("\t")[2] + "/" for line in listing if " tree " in line.partition("\t")[0]]
    for line in git.run("ls-tree", "-z", "--name-only", commit, *folders[1:201], *_READERS).split(b"\0")[:-1]:
        path = line.decode("utf-8", "surrogateescape")
        name = path.rpartition("/")[2]
        reader = _READERS.get(
            "requirements.txt" if name.startswith("requirements") and name.endswith(".txt") else name
        )
        if reader:
            found.append((path, reader))
    return sorted(found, key=lambda each: each[0])[:_MOST_MANIFESTS]


def _requirements(body: str) -> Iterator[str]:
    for line in body.split("\n"):
        if match := _REQUIREMENT.match(line):
            yield match[1].lower().replace("_", "-")


def _pyproject(body: str) -> Iterator[str]:
    value = tomllib.loads(body)
    project = value.get("project", {})
    groups = [project.get("dependencies", []), *project.get("optional-dependencies", {}).values()]
    groups += value.get("dependency-groups", {}).values()
    for group in groups:
        yield from _requirements("\n".join(each for each in group if isinstance(each, str)))
    poetry = value.get("tool", {}).get("poetry", {})
    yield from (name.lower() for name in poetry.get("dependencies", {}) if name != "python")


def _package_json(body: str) -> Iterator[str]:
    value: dict[str, Any] = json.loads(body)
    for kind in ("dependencies", "devDependencies", "peerDependencies", "optionalDependencies"):
        yield from value.get(kind, {})


def _cargo(body: str) -> Iterator[str]:
    value = tomllib.loads(body)
    for kind in ("dependencies", "dev-dependencies", "build-dependencies"):
        yield from value.get(kind, {})


def _go_mod(body: str) -> Iterator[str]:
    yield from _GO.findall(body)


_READERS: dict[str, Callable[[str], Iterable[str]]] = {
    "requirements.txt": _requirements,
    "pyproject.toml": _pyproject,
    "package.json": _package_json,
    "Cargo.toml": _cargo,
    "go.mod": _go_mod,
}
