"""Panes of a run that show one of its files: configuration, analysis, changelog, memory, verdicts.

What belongs here is short ways from a file of the run folder to lines; what takes more has a file of its own.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from pathlib import Path, PurePosixPath
from typing import Any

from capture.runs.folder import SessionFolder
from capture.runs.patch import patches_of
from capture.shadow import ChangelogRow, read_changelog
from tessen.format import money, plural
from widgets.code_ink import CodeInk
from widgets.diff_lines import diff_items, stretches
from widgets.event_talk import section
from widgets.late_line import LateLine
from widgets.lines import Fold, Item, line
from widgets.markdown_lines import markdown_items
from widgets.patch_lines import file_fold
from widgets.run_look import Look
from widgets.step_lines import verdict_fold
from widgets.text_lines import text_items

YAML_LIMIT = 200_000
"""Characters of a configuration that are coloured."""


def config_items(look: Look) -> list[Item]:
    """The configuration as run."""
    text, problem = _text_of(look.run.config)
    if problem:
        return [line((problem, "warn"))]
    if len(text) > YAML_LIMIT:
        return text_items(text)
    lines = text.rstrip("\n").split("\n")
    ink = CodeInk("config.yaml", lines)
    return [LateLine(each, partial(ink.spans, number)) for number, each in enumerate(lines)]


def analysis_items(look: Look) -> list[Item]:
    """What a person wrote of the run."""
    path = look.run.path / "analysis.md"
    if not path.exists():
        return [
            line(("no analysis yet", "dim")),
            line(("what you write into this file is shown here:", "dim")),
            line((str(path), "accent")),
        ]
    text, problem = _text_of(path)
    return [line((problem, "warn"))] if problem else markdown_items(text)


def changelog_items(look: Look) -> list[Item]:
    """Every file that was written, in order, by session."""
    try:
        read = read_changelog(look.run.changelog)
    except OSError as error:
        return [line((f"state_changelog.jsonl cannot be read: {error.strerror}", "warn"))]
    by_session: dict[tuple[int, int], list[ChangelogRow]] = {}
    for row in read.rows:
        by_session.setdefault((row.session_index, row.replicate or 0), []).append(row)
    items: list[Item] = [
        _session_of_changelog(rows, open_=key == _key(look.session.folder))
        for key, rows in sorted(by_session.items())
    ]
    if read.unreadable:
        items.append(line((f"{plural(read.unreadable, 'line')} could not be read", "warn")))
    return items or [line(("no file was written", "dim"))]


def _session_of_changelog(rows: Sequence[ChangelogRow], *, open_: bool) -> Fold:
    first = rows[0]
    name = f"session {first.session_index}" + (f" r{first.replicate:02d}" if first.replicate else "")
    body = [_changed(row) for row in rows]
    head = line((name, "heading"), (f"  {plural(len(rows), 'write')}", "dim"))
    return Fold(head, body, open=open_, section=name, holds=frozenset({"file", "hunk"}))


def _changed(row: ChangelogRow) -> Fold:
    """A write behind its step and its file."""
    fold = file_fold(patches_of([row])[0], opened=False, indent=2)
    spans = fold.header.spans
    fold.header = fold.header._replace(spans=(line((f"step {row.step_id:<4}", "dim")).spans[0], *spans))
    return fold


def memory_items(look: Look) -> list[Item]:
    """The agent's notes before and after the session, and what is different."""
    name = _memory_file(look)
    rows = [
        row
        for step in sorted(look.session.changes)
        for row in look.session.changes[step]
        if _is_memory(row, name)
    ]
    about = f"{name} in session {look.session_name}"
    if not rows:
        known = _memory_before(look, name)
        said = line((f"{about}: not changed", "dim"))
        return (
            [said] if known is None else [said, section("As it was", text_items(known, indent=2), copy=known)]
        )
    before, after = rows[0].change.content_before or "", rows[-1].change.content_after or ""
    steps = ", ".join(str(row.step_id) for row in rows)
    head = line((about, "strong"), (f"  changed by step {steps}", "dim"))
    if any(row.change.content_after is None and row.change.kind != "delete" for row in rows):
        return [head, *(file_fold(each, opened=True) for each in patches_of(rows))]  # too large to be kept
    found = stretches(before.splitlines(), after.splitlines())
    return [
        head,
        section("Difference", diff_items(found, side_by_side=look.side_by_side, indent=2)),
        section("After", text_items(after, indent=2), copy=after),
        section(
            "Before", text_items(before, indent=2) if before else [line(("nothing", "dim"))], copy=before
        ),
    ]


def _memory_before(look: Look, name: str) -> str | None:
    """What an earlier session left in the notes; None where none of them wrote any."""
    try:
        rows = read_changelog(look.run.changelog).rows
    except OSError:
        return None
    earlier = (row for row in rows if row.session_index < look.session.folder.index)
    texts = [row.change.content_after for row in earlier if _is_memory(row, name)]
    return texts[-1] if texts else None


def _is_memory(row: ChangelogRow, name: str) -> bool:
    return PurePosixPath(row.change.path).name == PurePosixPath(name).name


def judge_items(look: Look) -> list[Item]:
    """The rubric, then every verdict of the session."""
    verdicts = [row for turn in sorted(look.session.verdicts) for row in look.session.verdicts[turn]]
    judge = _config(look).get("judge")
    items: list[Item] = []
    if isinstance(judge, dict):
        model = str(judge.get("model") or "")
        items.append(section("Rubric", text_items(str(judge.get("rubric") or ""), indent=2), model))
    if not verdicts:
        return [
            *items,
            line(("no verdict on this session", "dim")),
            line(("J has it judged; judge in a configuration does so while it runs", "faint")),
        ]
    flagged = sum(row.get("flagged") is True for row in verdicts)
    costs = [row["cost_usd"] for row in verdicts if isinstance(row.get("cost_usd"), int | float)]
    words = f"{plural(len(verdicts), 'verdict')}, {flagged} flagged" + (
        f", {money(sum(costs))}" if costs else ""
    )
    return [*items, section("Verdicts", [_verdict(row) for row in verdicts], words)]


def _verdict(row: dict[str, Any]) -> Fold:
    fold = verdict_fold(row, indent=2)
    turn = line((f"turn {row.get('turn')}  ", "accent")).spans
    fold.header = fold.header._replace(spans=(*turn, *fold.header.spans))
    fold.marks = fold.marks | {"file"}
    return fold


def _memory_file(look: Look) -> str:
    name = _config(look).get("memory_file")
    return name if isinstance(name, str) and name else "MEMORY.md"


def _config(look: Look) -> dict[str, Any]:
    """The configuration as it was written; empty where it cannot be read."""
    import yaml

    try:
        data = yaml.safe_load(look.run.config.read_text("utf-8", "replace"))
    except (OSError, yaml.YAMLError):
        return {}
    return data if isinstance(data, dict) else {}


def _key(folder: SessionFolder) -> tuple[int, int]:
    return folder.index, folder.replicate or 0


def _text_of(path: Path) -> tuple[str, str]:
    """A file's text, or why there is none."""
    try:
        return path.read_bytes().decode("utf-8", "replace"), ""
    except OSError as error:
        return "", f"{path.name} cannot be read: {error.strerror}"
