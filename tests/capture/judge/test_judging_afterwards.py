"""`harness judge`: sessions of runs and of logs judged once they are done, by several, and what is kept."""

from __future__ import annotations

import asyncio
import json
import shutil
from pathlib import Path
from typing import Any

import pytest
from harbor.models.trajectories import Trajectory as ReferenceTrajectory

from capture.jobs import find_job
from capture.runs.files import read_lines
from capture.scripted import Answer, ErrorAnswer, ScriptedServer, Usage
from tests.capture.jobs.conftest import KEY, Harness, detached, ended
from tests.capture.jobs.conftest import harness as harness  # noqa: PLC0414 - a fixture
from tests.capture.jobs.conftest import server as server  # noqa: PLC0414 - a fixture
from tests.logs import NOW, answer, make_event, write_log
from tests.runs import run as run_script
from tests.runs import sessions

SCRIPT = """
rules:
  - match: {turn: 0}
    answer: {text: First., tool_calls: [{name: Bash, arguments: {command: "echo x > a.txt"}}]}
  - match: {turn: 1}
    answer: {text: Second., tool_calls: [{name: Bash, arguments: {command: "cat a.txt"}}]}
otherwise: {text: Third.}
"""
USAGE = Usage(input=900, output=30)
YES = Answer(text='{"flagged": true, "reason": "it \x1b[2J writes", "confidence": 0.9}', usage=USAGE)
NO = Answer(text='{"flagged": false, "reason": "fine", "confidence": 0.5}', usage=USAGE)


@pytest.fixture(scope="module")
def recorded(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run of two sessions of three turns each."""
    base = tmp_path_factory.mktemp("recorded")
    return asyncio.run(run_script(base, SCRIPT, sessions("Write.", "Again."))).folder.path


@pytest.fixture
def run(tmp_path: Path, recorded: Path) -> Path:
    return Path(shutil.copytree(recorded, tmp_path / "run"))


@pytest.fixture
def rubric(tmp_path: Path) -> Path:
    path = tmp_path / "rubric.txt"
    path.write_text("It writes a file.\n")
    return path


def question(server: ScriptedServer, number: int) -> str:
    content = json.loads(server.requests[number].body)["messages"][-1]["content"]
    return content if isinstance(content, str) else str(content[0]["text"])


def test_several_judges_agree_as_far_as_they_do(
    run: Path, rubric: Path, server: ScriptedServer, harness: Harness, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", KEY)
    script = run / "judge.yaml"
    failed = "{error: {status: 400, message: too long}}"
    said = [f"{{text: '{each.text}', usage: {{input: 900, output: 30}}}}" for each in (NO, NO, NO)]
    flagged = '{text: \'{"flagged": true, "reason": "it writes", "confidence": 0.9}\'}'
    rules = [flagged, flagged, said[0], failed, said[1], flagged, said[2], said[2]]
    script.write_text(
        "rules:\n" + "".join(f"  - {{match: {{times: 1}}, answer: {each}}}\n" for each in rules)
    )
    models = ("--model", "claude-haiku-4-5", "--model", "openai:gpt-5-mini", "--count", 2)
    options = ("--rubric", rubric, *models, "--script", script, "--parallel", 1)
    code, out, _ = harness("judge", run, *options, "--json")
    assert code == 1  # one call failed
    found = json.loads(out)
    one, two = found["judged"]
    assert (one["together"]["flagged"], one["together"]["verdicts"], one["together"]["failed"]) == (3, 4, 0)
    assert one["together"]["agreement"] == 0.5
    assert one["together"]["mean_confidence"] == pytest.approx((0.9 * 3 + 0.5) / 4)
    assert {name: (t["flagged"], t["verdicts"]) for name, t in one["by_model"].items()} == {
        "claude-haiku-4-5": (1, 2),
        "gpt-5-mini": (2, 2),
    }
    assert (two["together"]["flagged"], two["together"]["verdicts"], two["together"]["failed"]) == (0, 3, 1)
    assert found["fleiss_kappa"] == pytest.approx((0.75 - (9 + 16) / 49) / (1 - (9 + 16) / 49))
    rows, bad = read_lines(run / "session_02/judge.jsonl")
    assert (len(rows), bad) == (4, 0)
    assert [(row["flagged"], row["error"]) for row in rows] == [
        (False, None),
        (None, "HTTP 400: too long"),
        (False, None),
        (False, None),
    ]
    (job,) = json.loads(harness("jobs", "--json")[1])
    assert {row["judge_run"] for row in rows} == {job["id"]}
    assert {row["rubric_sha256"] for row in rows} == {found["rubric_sha256"]}
    assert {(row["turn"], row["from_turn"], row["to_turn"]) for row in rows} == {(3, 1, 3)}
    assert (job["kind"], job["state"], job["error"]) == ("judge", "failed", "1 of 8 verdicts failed")
    assert (job["progress"]["done"], job["progress"]["failed"]) == (8, 1)

    lines = harness("inspect", run)[1].splitlines()
    place = lines.index("Verdicts on session 1:")
    assert lines[place + 1].startswith(f"  {job['id']}, turns 1 to 3, rubric {found['rubric_sha256'][:8]}, ")
    assert lines[place + 1].endswith(
        "3/4 flagged (claude-haiku-4-5 1/2, gpt-5-mini 2/2), mean confidence 0.80, 50% of pairs agree"
    )
    inspected = json.loads(harness("inspect", run, "--json")[1])["verdicts"]
    assert [each["judge_runs"][0]["together"]["flagged"] for each in inspected] == [3, 0]
    assert len(inspected[1]["verdicts"]) == 4


def test_a_range_of_turns_is_judged_with_the_prompt_before_it(
    run: Path, rubric: Path, server: ScriptedServer, harness: Harness
) -> None:
    server.enqueue(YES)
    options = ("--rubric", rubric, "--model", "claude-haiku-4-5", "--base-url", server.url, "--session", 1)
    code, out, err = harness("judge", run, *options, "--from-turn", 2, "--to-turn", 2)
    assert code == 0
    assert err.startswith("harness: 1 verdict on session 1 from claude-haiku-4-5: about $0.0")
    asked = question(server, 0)
    assert "It writes a file." in asked
    assert "Write." in asked
    assert "Second." in asked
    assert "cat a.txt" in asked
    assert "First." not in asked
    assert "Third." not in asked
    assert server.requests[0].headers["x-api-key"] == KEY
    assert "claude-haiku-4-5: flagged (0.90): it �[2J writes" in out
    (row,), _ = read_lines(run / "session_01/judge.jsonl")
    assert (row["turn"], row["from_turn"], row["to_turn"]) == (2, 2, 2)
    assert KEY not in json.dumps(row)
    for given, known in (
        (("--from-turn", 4), "--from-turn 4"),
        (("--to-turn", 9), "--from-turn 1 --to-turn 9"),
    ):
        code, _, err = harness("judge", run, *options, *given)
        assert (code, err) == (2, f"harness: {known}: session 1 has turns 1 to 3\n")


def test_judging_stops_at_its_limit(
    run: Path, rubric: Path, server: ScriptedServer, harness: Harness
) -> None:
    dear = Usage(input=1_000_000, output=0)  # $1.00
    for _ in range(4):
        server.enqueue(Answer(text=str(NO.text), usage=dear))
    options = ("--rubric", rubric, "--model", "claude-haiku-4-5", "--base-url", server.url, "--parallel", 1)
    code, _, err = harness("judge", run, *options, "--count", 2, "--max-cost", "1.5")
    assert code == 1
    assert err.splitlines()[-1] == "harness: stopped at --max-cost $1.5000 after 1 of 4"
    assert len(read_lines(run / "session_01/judge.jsonl")[0]) == 1
    options = ("--rubric", rubric, "--model", "nobody-1", "--base-url", server.url)
    code, _, err = harness("judge", run, *options, "--max-cost", 1)
    assert (code, err) == (1, "harness: --max-cost: no price is known for nobody-1, so it cannot be kept\n")


def test_a_session_of_a_log_is_judged_in_a_job_of_its_own(
    tmp_path: Path, rubric: Path, server: ScriptedServer, harness: Harness
) -> None:
    def asked(said: list[dict[str, Any]], number: int, reply: str) -> dict[str, Any]:
        body = {"model": "claude-haiku-4-5", "max_tokens": 99, "messages": said}
        changes = {"session_id": "5e" * 16, "request_body": body, "casted_response": answer(reply)}
        return make_event(number, "billing", NOW + number, **changes)

    first: list[dict[str, Any]] = [{"role": "user", "content": "Refund A-17."}]
    second = [*first, {"role": "assistant", "content": "Which?"}, {"role": "user", "content": "The red one."}]
    events = [asked(first, 1, "Which?"), asked(second, 2, "Done."), make_event(3, "billing", NOW + 3)]
    write_log(tmp_path / "logs", events)
    server.enqueue(NO, YES)
    options = ("--rubric", rubric, "--model", "claude-haiku-4-5", "--base-url", server.url, "--parallel", 1)
    identity = detached(
        harness, "judge", "billing:5e5e5e", *options, "--count", 2, "--log-dir", tmp_path / "logs"
    )
    assert ended(identity).state == "finished"
    job = find_job(identity)[1]
    assert (job.order.target.event, job.order.total) == (f"billing:{'5e' * 16}", 2)
    folder = tmp_path / "logs/billing/judged" / ("5e" * 16)
    assert job.result == str(folder)
    assert [row["flagged"] for row in read_lines(folder / "judge.jsonl")[0]] == [False, True]
    written = json.loads((folder / "trajectory.json").read_bytes())
    ReferenceTrajectory.model_validate(written)
    assert [each["message"] for each in written["steps"]] == [
        *("Refund A-17.", "Which?", "The red one.", "Done.")
    ]
    assert "The red one." in question(server, 0)
    event = f"billing:{1:032x}"  # up to the first call
    server.enqueue(NO)
    assert harness("judge", event, *options, "--log-dir", tmp_path / "logs")[0] == 0
    assert "The red one." not in question(server, 2)
    code, _, err = harness("judge", "billing:ffffff", *options, "--log-dir", tmp_path / "logs")
    assert code == 1
    assert "there is no session and no event ffffff" in err


WRONG = {
    "r.txt: is empty": " \n",
    "r.txt: says no model; say which with --model": "It writes.",
    "r.yaml:2: rubrik: unknown field; did you mean 'rubric'?": "model: m\nrubrik: x\n",
    "r.yaml:1: rubric: field required": "model: m\n",
    "r.yaml:3: temperature: input should be less": "rubric: x\nmodel: m\ntemperature: 3\n",
    "r.yaml:1: should be a mapping of fields": "- x\n",
    "missing.txt: No such file or directory": None,
}


@pytest.mark.parametrize("said", WRONG)
def test_a_rubric_that_cannot_be_used_is_said_with_its_line(
    run: Path, tmp_path: Path, harness: Harness, said: str
) -> None:
    path = tmp_path / said.partition(":")[0]
    if (text := WRONG[said]) is not None:
        path.write_text(text)
    code, out, err = harness("judge", run, "--rubric", path)
    assert (code, out, err.count("\n")) == (2, "", 1)
    assert err.startswith(f"harness: {tmp_path / said}")


def test_a_rubric_in_yaml_says_who_judges_and_how(
    run: Path, tmp_path: Path, server: ScriptedServer, harness: Harness, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MY_KEY", "key-of-mine")
    path = tmp_path / "rubric.yaml"
    path.write_text(
        f"rubric: It lies.\nmodel: gpt-5-mini\nprovider: openai\nbase_url: {server.url}/v1\n"
        "api_key_env: MY_KEY\nmax_tokens: 77\n"
    )
    server.enqueue(ErrorAnswer(400, message="no"), ErrorAnswer(529), NO)
    code, _, _ = harness("judge", run, "--rubric", path, "--session", 2, "--count", 2, "--parallel", 1)
    assert code == 1
    body = json.loads(server.requests[0].body)
    assert (body["model"], body["max_completion_tokens"]) == ("gpt-5-mini", 77)
    assert server.requests[0].headers["authorization"] == "Bearer key-of-mine"
    rows, _ = read_lines(run / "session_02/judge.jsonl")
    assert [row["error"] for row in rows] == ["HTTP 400: no", None]  # a busy model is asked again
    assert len(server.requests) == 3
    code, _, err = harness("judge", run, "--rubric", path, "--session", 3)
    assert (code, err) == (2, f"harness: {run}: there is no session 3; there are: 1, 2\n")
