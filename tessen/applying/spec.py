"""The specification of a pull request: the file `tessen apply` is given, read and checked.

What belongs here is what can be said of a specification without looking at any repository. Every error is
found, not the first alone, and each names its field and what to do. Unknown fields are errors: a misspelt
`expect_hash` must not go unnoticed.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tessen.applying.names import refusal

ACTIONS = (
    "insert_before_line",
    "insert_after_line",
    "replace_lines",
    "delete_lines",
    "append_to_file",
    "create_file",
)
OUTCOMES = ("pass", "skip", "any")
MOST_CHANGES = 100
MOST_BYTES = 16 * 1024 * 1024
_HEAD_FIELDS = ("spec_version", "triggered_by", "changes", "tests_to_run", "expected_test_outcome")
_TEXT_FIELDS = ("spec_id", "branch_name", "commit_message", "pr_title", "pr_body_md")
_FIELDS = frozenset((*_HEAD_FIELDS, *_TEXT_FIELDS))
_CHANGE_FIELDS = frozenset(("file", "action", "line", "line_end", "new_content", "rationale", "expect_hash"))
_HASH = re.compile(r"(?:sha256:)?([0-9a-f]{64})", re.IGNORECASE)


class SpecError(Exception):
    """What is asked for cannot or must not be done.

    Args:
        problems: One line each.
    """

    def __init__(self, problems: list[str]) -> None:
        super().__init__("; ".join(problems))
        self.problems = problems


@dataclass(frozen=True)
class Change:
    """One change of one file. Lines are counted from 1, in the file as it is before any change."""

    label: str
    """What it is called in messages: `changes[3]`."""
    file: str
    action: str
    line: int
    """First line concerned; 0 where the action has none."""
    line_end: int
    """Last line concerned, itself included."""
    new_content: str
    rationale: str
    expect_hash: str | None
    """SHA-256 in lower case hexadecimal; see `tessen.applying.expected`."""


@dataclass(frozen=True)
class Spec:
    """A checked specification."""

    spec_id: str
    branch_name: str
    commit_message: str
    pr_title: str
    pr_body_md: str
    changes: tuple[Change, ...]
    tests_to_run: tuple[str, ...]
    expected_test_outcome: str


def load(path: Path) -> Spec:
    """Read and check a specification.

    Raises:
        OSError: the file cannot be read.
        SpecError: it says nothing that could be applied; holds every reason.
    """
    data = path.read_bytes()
    if len(data) > MOST_BYTES:
        raise SpecError([f"{len(data):,} bytes; a specification has at most {MOST_BYTES:,}"])
    try:
        value = json.loads(data.decode("utf-8-sig"))
    except (ValueError, RecursionError) as error:
        raise SpecError([f"not JSON ({error}); write it anew"]) from None
    if not isinstance(value, dict):
        raise SpecError(["not a JSON object; a specification is one"])
    return _Reader().spec(value)


class _Reader:
    """Takes fields out of an object, and collects what is wrong with them."""

    def __init__(self) -> None:
        self.problems: list[str] = []

    def spec(self, value: Mapping[str, Any]) -> Spec:
        self._no_others(value, _FIELDS, "")
        if value.get("spec_version") != 1 or isinstance(value.get("spec_version"), bool):
            self.problems.append(f"spec_version: is {value.get('spec_version')!r:.40}; must be 1")
        if not isinstance(value.get("triggered_by", {}), dict):
            self.problems.append("triggered_by: must be an object")
        outcome = self._text(value, "expected_test_outcome", "", default="pass")
        if outcome not in OUTCOMES:
            self.problems.append(f"expected_test_outcome: must be one of {', '.join(OUTCOMES)}")
        spec = Spec(
            spec_id=self._text(value, "spec_id", ""),
            branch_name=self._text(value, "branch_name", ""),
            commit_message=self._text(value, "commit_message", ""),
            pr_title=self._text(value, "pr_title", "", default=""),
            pr_body_md=self._text(value, "pr_body_md", "", default=""),
            changes=self._changes(value.get("changes")),
            tests_to_run=self._tests(value.get("tests_to_run", [])),
            expected_test_outcome=outcome,
        )
        if spec.branch_name.startswith("-") or len(spec.branch_name) > 200:
            self.problems.append("branch_name: must not begin with '-', and have at most 200 characters")
        if self.problems:
            raise SpecError(self.problems)
        return spec

    def _changes(self, value: Any) -> tuple[Change, ...]:
        if not isinstance(value, list) or not value:
            self.problems.append("changes: must be a list with at least one change")
            return ()
        if len(value) > MOST_CHANGES:
            self.problems.append(f"changes: {len(value)}; at most {MOST_CHANGES} in one specification")
            return ()
        found = [self._change(each, f"changes[{number}]") for number, each in enumerate(value)]
        return tuple(each for each in found if each)

    def _change(self, value: Any, label: str) -> Change | None:
        if not isinstance(value, dict):
            self.problems.append(f"{label}: must be an object")
            return None
        where = f"{label}."
        self._no_others(value, _CHANGE_FIELDS, where)
        file = self._text(value, "file", where)
        if file and (reason := refusal(file)):
            self.problems.append(f"{where}file: {file!r:.200} {reason}")
        action = self._text(value, "action", where)
        if action and action not in ACTIONS:
            self.problems.append(f"{where}action: {action!r:.40} is not one of {', '.join(ACTIONS)}")
        line, line_end = self._lines(value, action, where)
        rationale = self._text(value, "rationale", where, default="")
        content = self._content(value, action, where)
        return Change(
            label, file, action, line, line_end, content, rationale, self._hash(value, action, where)
        )

    def _lines(self, value: Mapping[str, Any], action: str, where: str) -> tuple[int, int]:
        if action not in ACTIONS[:4]:
            return 0, 0
        line, end = value.get("line"), value.get("line_end")
        if type(line) is not int or line < 1:
            self.problems.append(f"{where}line: must be a number from 1, for {action}")
            return 0, 0
        if end is None or action.startswith("insert"):
            return line, line
        if type(end) is not int or end < line:
            self.problems.append(f"{where}line_end: must be a number from line ({line}), or left out")
            return line, line
        return line, end

    def _content(self, value: Mapping[str, Any], action: str, where: str) -> str:
        if action == "delete_lines":
            if value.get("new_content"):
                self.problems.append(f"{where}new_content: delete_lines has none; use replace_lines")
            return ""
        content = value.get("new_content")
        if not isinstance(content, str) or (not content and action != "create_file"):
            self.problems.append(f"{where}new_content: must be text, for {action or 'this action'}")
            return ""
        if not _encodable(content) or "\0" in content:
            self.problems.append(f"{where}new_content: holds a NUL or half a surrogate pair; remove it")
        return content

    def _hash(self, value: Mapping[str, Any], action: str, where: str) -> str | None:
        given = value.get("expect_hash")
        if given is None:
            return None
        match = _HASH.fullmatch(given) if isinstance(given, str) else None
        if match is None:
            self.problems.append(f"{where}expect_hash: must be a SHA-256 in 64 hexadecimal digits")
            return None
        if action == "create_file":
            self.problems.append(f"{where}expect_hash: a file that is created has none; leave it out")
        return match[1].lower()

    def _tests(self, value: Any) -> tuple[str, ...]:
        if not isinstance(value, list) or not all(isinstance(each, str) and each.strip() for each in value):
            self.problems.append("tests_to_run: must be a list of command lines")
            return ()
        return tuple(value)

    def _text(self, value: Mapping[str, Any], name: str, where: str, *, default: str | None = None) -> str:
        given = value.get(name, default)
        if not isinstance(given, str) or (default is None and not given.strip()):
            self.problems.append(f"{where}{name}: must be text{'' if default is not None else ', not empty'}")
            return ""
        if not _encodable(given) or "\0" in given:
            self.problems.append(f"{where}{name}: holds a NUL or half a surrogate pair; remove it")
            return ""
        return given

    def _no_others(self, value: Mapping[str, Any], known: frozenset[str], where: str) -> None:
        self.problems += [
            f"{where}{name:.60}: no such field; remove it" for name in sorted(value.keys() - known)
        ]


def _encodable(text: str) -> bool:
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True
