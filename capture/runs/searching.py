"""Searching whole runs: a tool that was used, a text in what was said or thought, a file that was written.

What belongs here looks into trajectories and changelogs. A file is parsed only when its bytes hold what is
looked for.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import orjson

from capture.atif import TrajectoryError
from capture.atif.read import parse_trajectory
from capture.atif.trajectory import Content, Step
from capture.runs.folder import RunFolder, SessionFolder
from capture.shadow import read_changelog
from tessen.query import Query, Term
from tessen.query_fields import Field, glob

SEARCH_FIELDS: tuple[Field, ...] = (
    Field("tool", "a tool that was used", "tool:Bash", "name"),
    Field("file", "a file that was written", "file:*.py", "name"),
    Field("said", "a text in messages only", 'said:"*cannot reproduce*"', "name"),
    Field("thought", "a text in reasoning only", "thought:*unsure*", "name"),
)
"""What can be asked for besides plain text, which is looked for everywhere."""

HITS = 1_000
"""Places in one run after which it is not looked at further."""


@dataclass(frozen=True, slots=True)
class Hit:
    """One step that holds everything that was asked for."""

    session: int
    replicate: int | None
    step: int


def search_run(path: Path, query: Query) -> list[Hit]:
    """Return the steps of a run that hold all terms of a query, in order; takes time, so it runs in a thread.

    A folder that cannot be read has none.
    """
    run = RunFolder(path)
    files = _written(run) if any(term.field == "file" for term in query.terms) else {}
    found: list[Hit] = []
    try:
        for session in run.sessions():
            found += _search_session(session, query, files)
            if len(found) >= HITS:
                break
    except OSError:
        pass
    return found[:HITS]


def _search_session(
    session: SessionFolder, query: Query, files: dict[tuple[int, int | None, int], list[str]]
) -> Iterator[Hit]:
    try:
        data = session.trajectory.read_bytes()
        if not all(_may_hold(data, term) for term in query.terms):
            return
        steps = parse_trajectory(orjson.loads(data)).steps
    except (OSError, ValueError, TrajectoryError):
        return
    tests = [(_test(term), term.negated) for term in query.terms]
    for step in steps:
        key = (session.index, session.replicate, step.step_id)
        if not step.is_copied_context and all(
            test(step, files.get(key, [])) != negated for test, negated in tests
        ):
            yield Hit(*key)


def _may_hold(data: bytes, term: Term) -> bool:
    """Whether a trajectory's bytes can hold a term: a quick no for most files.

    Other recorders escape what is not ASCII, so only ASCII is looked for in this way.
    """
    needle = term.values[0]
    if term.negated or term.field != "text" or not needle.isascii():
        return True
    return orjson.dumps(needle)[1:-1].lower() in data.lower()


def _test(term: Term) -> Callable[[Step, list[str]], bool]:
    if term.field == "text":
        wanted = term.values[0].lower()
        return lambda step, files: any(wanted in text.lower() for text in (*_texts(step), *files))
    tests = [glob(value) for value in term.values]

    def holds(text: str) -> bool:
        return any(test(text) for test in tests)

    match term.field:
        case "tool":
            return lambda step, _: any(holds(call.function_name) for call in step.tool_calls)
        case "file":
            return lambda _, files: any(map(holds, files))
        case "thought":
            return lambda step, _: bool(step.reasoning_content) and holds(step.reasoning_content or "")
        case _:
            return lambda step, _: holds(_text(step.message))


def _texts(step: Step) -> Iterator[str]:
    """All that stands in a step."""
    yield _text(step.message)
    yield step.reasoning_content or ""
    for call in step.tool_calls:
        yield call.function_name
        yield orjson.dumps(call.arguments, default=str).decode()
        yield from (value for value in call.arguments.values() if isinstance(value, str))
    for result in step.results:
        yield _text(result.content)


def _text(content: Content | None) -> str:
    if isinstance(content, list):
        return "\n".join(str(part.get("text", "")) for part in content)
    return content or ""


def _written(run: RunFolder) -> dict[tuple[int, int | None, int], list[str]]:
    """The files that each step wrote."""
    found: dict[tuple[int, int | None, int], list[str]] = {}
    try:
        rows = read_changelog(run.changelog).rows
    except OSError:
        return {}
    for row in rows:
        found.setdefault((row.session_index, row.replicate, row.step_id), []).append(row.change.path)
    return found
