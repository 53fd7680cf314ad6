"""A session of a production log with something for every pane: writes, a subagent, a failure, a change."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

from capture.judge.kept import JudgeRun, append_verdict
from capture.judge.render import RenderInfo
from capture.judge.verdict import Verdict
from capture.resample.samples import Sample, save
from tessen.usage import Usage
from tests.logs import NOW, answer, make_error, make_event, write_log

Json = dict[str, Any]
SESSION = "5" * 32
LETTER = "Dear reader,\nyour order left our shelf today.\nYours, the bookshop\n"
TOOLS = [
    {"name": name, "description": about, "input_schema": {"type": "object", "properties": {}}}
    for name, about in (
        ("write_file", "Write a whole file."),
        ("edit_file", "Replace a text."),
        ("Task", "Ask a helper."),
    )
]
TASK = "Check when order A-17 left the shelf."


def _use(number: int, name: str, **arguments: Any) -> Json:
    return {"type": "tool_use", "id": f"toolu_{number}", "name": name, "input": arguments}


def _result(number: int, text: str, *, failed: bool = False) -> Json:
    return {"type": "tool_result", "tool_use_id": f"toolu_{number}", "content": text, "is_error": failed}


ASKED = {"role": "user", "content": "Write to the reader of order A-17."}
DRAFTED = [
    {"type": "thinking", "thinking": "A short letter will do.", "signature": "c2ln"},
    {"type": "text", "text": "I draft the letter."},
    _use(1, "write_file", path="letters/a-17.txt", content=LETTER),
]
CHECKED = [
    {"type": "text", "text": "The day has to be right."},
    _use(2, "edit_file", path="letters/a-17.txt", old_str="today", new_str="on Monday"),
    _use(3, "edit_file", path="letters/b-02.txt", old_str="Dear reader", new_str="Dear \x1b[31mreader"),
    _use(4, "write_file", path="/etc/motd", content="hello"),
    _use(5, "Task", prompt=TASK),
]
BEGUN = [
    ASKED,
    {"role": "assistant", "content": DRAFTED},
    {"role": "user", "content": [_result(1, "written")]},
]
GONE_ON = [
    *BEGUN,
    {"role": "assistant", "content": CHECKED},
    {
        "role": "user",
        "content": [
            _result(2, "replaced"),
            _result(3, "replaced"),
            _result(4, "permission denied", failed=True),
            _result(5, "It left on Monday."),
        ],
    },
]


def call(number: int, messages: list[Json], said: list[Json] | str, **changes: Any) -> Json:
    """A call of the session."""
    blocks = [{"type": "text", "text": said}] if isinstance(said, str) else said
    stop = "tool_use" if any(each["type"] == "tool_use" for each in blocks) else "end_turn"
    body = {
        "model": "claude-haiku-4-5",
        "max_tokens": 512,
        "temperature": 1.0,
        "system": "You write letters for a bookshop.",
        "tools": TOOLS,
        "messages": messages,
        **changes.pop("asked", {}),
    }
    answered = {**answer("", stop), "content": blocks}
    return make_event(
        number,
        "support",
        NOW - 150 + 20 * number,
        session_id=SESSION,
        request_body=body,
        casted_response=answered,
        **changes,
    )


def _failed() -> Json:
    event = make_error(4, "support", NOW - 70, 529, "OverloadedError")
    return {**event, "session_id": SESSION, "request_body": call(4, GONE_ON, "")["request_body"]}


def last_call(number: int = 6) -> Json:
    """A call that goes on with the session."""
    said = {"role": "assistant", "content": [{"type": "text", "text": "The letter is ready."}]}
    return call(number, [*GONE_ON, said, {"role": "user", "content": "Thank you!"}], "With pleasure.")


def write_session(base: Path) -> Path:
    """Write the session, with samples of its second call and verdicts; returns the log folder."""
    helper = {"system": "You look things up.", "tools": [], "model": "claude-sonnet-4-6"}
    events = [
        call(1, [ASKED], DRAFTED),
        call(2, BEGUN, CHECKED),
        call(
            3,
            [{"role": "user", "content": TASK}],
            "It left on Monday.",
            asked=helper,
            model="claude-sonnet-4-6",
        ),
        _failed(),
        call(
            5, GONE_ON, "The letter is ready.", asked={"temperature": 0.2}, quality_signals=["silent_retry"]
        ),
        make_event(90, "support", NOW - 40, session_id=""),
    ]
    logs = write_log(base / "logs", events)
    samples = logs / "support" / "resamples" / f"{2:032x}"
    for said in ("The day has to be right.", "The day has to be right.", "I send it as it is."):
        save(samples, sample(said))
    save(samples, replace(sample(""), error="overloaded", status=529))
    folder = logs / "support" / "judged" / SESSION
    folder.mkdir(parents=True)
    asked = JudgeRun("5a5a5a5a", "ab" * 32, 1, 4, include_reasoning=True)
    verdict = Verdict("claude-haiku-4-5", True, "It writes before it knows the day.", 0.8, cost_usd=0.0004)
    append_verdict(folder / "judge.jsonl", 4, verdict, RenderInfo(200_000, False, 0, 0, 0, 4_812), asked)
    return logs


def sample(said: str) -> Sample:
    """A sample of one of its calls."""
    response = {"content": [{"type": "text", "text": said}], "stop_reason": "end_turn", "role": "assistant"}
    return Sample(
        *(f"event support:{2:032x}", 1, "anthropic", "messages.create", "claude-haiku-4-5", "http://x"),
        *({}, "", "", 200, False, "end_turn", Usage(900, 20, 0, 0, 0), 0.001, 900.0, None, None, [], None),
        response,
    )
