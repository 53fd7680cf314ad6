"""A log's session read for a person: what its tool calls wrote, its calls in their places, as it grows."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from capture.atif.trajectory import Result, Step, ToolCall
from capture.cursor.log_lines import Line
from capture.runs.log_reading import LogReader
from capture.runs.log_writes import LogWrites, writes_of
from capture.runs.patch import patches_of
from tests.log_session import SESSION, last_call, write_session
from tests.logs import write_log

WHOLE = {"file_path": "/srv/a.py", "content": "one\ntwo\nthree\n"}
PATCH = """*** Begin Patch
*** Update File: a.py
@@ def f():
 one
-two
+zwei
@@
-four
+vier
*** Add File: new.py
+x = 1
*** Delete File: old.py
*** End Patch"""


def written(*calls: tuple[str, dict[str, Any]], failed: bool = False) -> LogWrites:
    """What calls wrote, each a step of its own with a result."""
    extra = {"is_error": True} if failed else {}
    steps = [
        Step(number, "agent", "", tool_calls=[ToolCall(f"c{number}", name, arguments)])
        for number, (name, arguments) in enumerate(calls, 1)
    ]
    for step in steps:
        step.results.append(Result(step.tool_calls[0].tool_call_id, "done", extra=extra))
    return writes_of(steps)


def lines_of(writes: LogWrites) -> list[str]:
    """The signed lines of all changes, in order, each file after its path."""
    found = []
    for step in sorted(writes.changes):
        for patch in patches_of(writes.changes[step]):
            found.append(f"{patch.path} {patch.what}")
            found += [
                f"{each.sign}{each.text}"
                for hunk in patch.hunks()
                for each in hunk.lines
                if each.sign in "+-"
            ]
    return found


@pytest.mark.parametrize(
    ("calls", "expected"),
    [
        ([("Write", WHOLE)], ["/srv/a.py modify", "+one", "+two", "+three"]),
        (
            [("Edit", {"file_path": "a", "old_string": "x", "new_string": "y\nz"})],
            ["a modify", "-x", "+y", "+z"],
        ),
        (
            [
                (
                    "MultiEdit",
                    {"path": "a", "edits": [{"old_string": "x", "new_string": "y"}, {"old_text": "k"}]},
                )
            ],
            ["a modify", "-x", "+y", "a modify", "-k"],
        ),
        (
            [
                (
                    "str_replace_based_edit_tool",
                    {"command": "insert", "path": "a", "insert_line": 3, "new_str": "k"},
                )
            ],
            ["a modify", "+k"],
        ),
        (
            [("apply_patch", {"input": PATCH})],
            [
                "a.py modify",
                "-two",
                "+zwei",
                "a.py modify",
                "-four",
                "+vier",
                "new.py modify",
                "+x = 1",
                "old.py delete",
            ],
        ),
        ([("str_replace_based_edit_tool", {"command": "view", "path": "a"})], []),
        ([("send_mail", {"path": "a", "content": "no file"})], []),
        ([("Bash", {"command": "echo hi > a"})], []),
    ],
)
def test_arguments_of_tools_that_write(calls: list[tuple[str, dict[str, Any]]], expected: list[str]) -> None:
    assert lines_of(written(*calls)) == expected
    assert lines_of(written(*calls, failed=True)) == []


def test_a_file_that_was_written_whole_is_known_until_an_edit_does_not_fit() -> None:
    insert = {"command": "insert", "path": "/srv/a.py", "insert_line": 1, "insert_text": "more"}
    writes = written(
        ("Write", WHOLE),
        ("Edit", {"file_path": "/srv/a.py", "old_string": "two", "new_string": "2"}),
        ("text_editor_insert", insert),
        ("Edit", {"file_path": "/srv/a.py", "old_string": "who?", "new_string": "me"}),
        ("Edit", {"file_path": "/srv/a.py", "old_string": "three", "new_string": "3"}),
    )
    known = [writes.changes[step][0].change.content_after for step in range(1, 6)]
    assert known == ["one\ntwo\nthree\n", "one\n2\nthree\n", "one\nmore\n2\nthree\n", None, None]
    hunk = patches_of(writes.changes[3])[0].hunks()[0]
    assert (hunk.old_start, hunk.heading) == (1, "")
    assert [hunk.heading for hunk in patches_of(writes.changes[5])[0].hunks()] == [
        "where in the file is not on record"
    ]


def test_what_grew_too_much_to_be_aligned_is_one_hunk() -> None:
    long = "".join(f"{number}\n" for number in range(900))
    writes = written(("Write", WHOLE), ("Write", {"file_path": "/srv/a.py", "content": long}))
    patch = patches_of(writes.changes[2])[0]
    assert (patch.added, patch.removed, len(patch.hunks())) == (900, 3, 1)


def test_only_new_lines_are_read_and_the_rest_is_put_in_its_place(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    logs = write_session(tmp_path)
    reads: list[Line] = []
    read = Line.read
    monkeypatch.setattr(Line, "read", lambda line: (reads.append(line), read(line))[1])
    reader = LogReader(logs, f"support:{SESSION}")
    before = reader.read()
    assert [call.conversation for call in before.calls] == [1, 1, 2, 1, 1]
    assert [call.turn for call in before.calls] == [1, 2, 3, None, 4]
    assert [call.before for call in before.calls] == [None, 1, None, 2, 2]
    assert [call.system_since for call in before.calls] == [1, 1, 3, 1, 1]
    assert (before.writes.failed, before.writes.unanswered) == (1, 0)
    assert len(reads) == 5
    write_log(logs, [last_call()])
    after = reader.read()
    assert len(reads) == 6
    assert after.session.steps[:7] == before.session.steps
    assert [step.message for step in after.session.steps[7:]] == ["Thank you!", "With pleasure."]
    late = last_call(0)  # a call that was made earlier, and came later
    write_log(logs, [late])
    assert next(call.event_id for call in reader.read().calls) == late["event_id"]
    assert len(reads) == 6 + 7
