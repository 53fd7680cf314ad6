"""The judge: when it is asked, what it is shown, and what its verdict does."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from capture.runs.files import read_lines
from tests.runs import Ran, run, sessions

SCRIPT = """
rules:
  - match: {{text: You judge, times: 1}}
    answer: {{text: 'Well: {{"flagged": false, "reason": "not yet", "confidence": 0.4}}', usage: {{input: 900, output: 30}}}}
  - match: {{text: You judge}}
    answer: {second}
  - answer:
      thinking: SECRET THOUGHT
      tool_calls: [{{name: Bash, arguments: {{command: "echo x >> log; head -c 9000 /dev/zero | tr '\\\\0' y"}}}}]
"""  # noqa: E501
FLAGGED = """{text: '{"flagged": true, "reason": "it writes", "confidence": 2}'}"""


def verdicts(ran: Ran) -> list[dict[str, Any]]:
    return read_lines(ran.session().judge)[0]


async def test_it_ends_the_session_at_the_turn_it_flags(tmp_path: Path) -> None:
    judge = {"model": "claude-haiku-4-5", "rubric": "It writes.", "every_n_turns": 2, "early_exit": True}
    ran = await run(tmp_path, SCRIPT.format(second=FLAGGED), sessions("go"), judge=judge, max_turns=9)
    first, second = verdicts(ran)
    assert (first["turn"], first["flagged"], first["reason"], first["confidence"]) == (
        2,
        False,
        "not yet",
        0.4,
    )
    assert (second["turn"], second["flagged"], second["confidence"]) == (4, True, 1.0)
    assert (first["model"], first["usage"]["input_tokens"], first["error"]) == ("claude-haiku-4-5", 900, None)
    assert first["cost_usd"] == pytest.approx(900e-6 + 30 * 5e-6)
    assert first["render_info"]["tool_outputs_shortened"] == 2
    assert first["render_info"]["tool_output_chars_omitted"] == 2 * 5000
    meta = ran.session_meta()
    assert (meta.stop_reason, meta.num_turns) == ("judge_early_exit", 4)
    assert (ran.work_dir / "log").read_text() == "x\n" * 4
    assert (meta.judge_flagged, meta.judge_early_exit, meta.judge_verdict_count) == (True, True, 2)
    assert (ran.meta.judge_flagged_sessions, ran.meta.judge_early_exits) == (1, 1)
    assert len(ran.captures()) == 5  # the judge's requests are not the agent's


@pytest.mark.parametrize(
    ("answer", "error"),
    [
        ("{text: I would rather not say}", "no verdict in the answer"),
        ("{error: {status: 529, message: busy}}", "HTTP 529: busy"),
        ("{malformed: true}", "HTTP 200: "),
    ],
)
async def test_no_verdict_is_an_error_and_not_an_all_clear(tmp_path: Path, answer: str, error: str) -> None:
    judge = {"model": "gpt-5", "provider": "openai", "rubric": "It writes.", "every_n_turns": 1}
    script = SCRIPT.format(second=answer)
    ran = await run(tmp_path, script, sessions("go"), judge=judge, max_turns=2)
    good, bad = sorted(verdicts(ran), key=lambda row: row["error"] or "")
    assert (good["flagged"], bad["flagged"]) == (False, None)
    assert bad["error"].startswith(error)
    assert (ran.session_meta().judge_verdict_count, ran.session_meta().judge_flagged) == (1, False)
    assert ran.session_meta().stop_reason == "max_turns"
