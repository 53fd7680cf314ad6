"""Rules: which answer a request gets. And scripts that are wrong: what a person is told."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml

from capture.scripted import Answer, Match, Rule, Script
from capture.scripted.load import ScriptError, load_script, parse_script
from capture.scripted.play import Play
from capture.scripted.prompt import Prompt
from capture.scripted.script import Asked

EXAMPLES = Path(__file__).parents[3] / "examples"


def asked(**changes: Any) -> Asked:
    """A request, with some things about it changed."""
    prompt = {
        "model": "claude-sonnet-4-6",
        "stream": False,
        "last_user": "Where is my order?",
        "tool_result": False,
    }
    request = {"protocol": "anthropic", "path": "/v1/messages", "headers": {"x-team": "support"}}
    prompt |= {"turn": 1} | {key: value for key, value in changes.items() if key not in request}
    request |= {key: value for key, value in changes.items() if key in request}
    return Asked(**request, prompt=Prompt(**prompt))


@pytest.mark.parametrize(
    ("match", "near_miss"),
    [
        (Match(protocol="anthropic"), {"protocol": "openai_chat"}),
        (Match(path="*/messages"), {"path": "/v1/responses"}),
        (Match(model="claude-*"), {"model": "gpt-5"}),
        (Match(text="my order"), {"last_user": "Where is your order?"}),
        (Match(text="/order.?$/"), {"last_user": "order it now"}),
        (Match(tool_result=False), {"tool_result": True}),
        (Match(header={"X-Team": "sup*"}), {"headers": {}}),
        (Match(turn=1), {"turn": 2}),
    ],
)
def test_a_rule_holds_or_not(match: Match, near_miss: dict[str, Any]) -> None:
    assert match.holds(asked())
    assert not match.holds(asked(**near_miss))


def served(script: Script, count: int, **changes: Any) -> list[str | None]:
    play = Play(script)
    answers = [play.choose(asked(**changes))[0] for _ in range(count)]
    return [answer.error.message if answer.error else answer.text for answer in answers]


ONE_TWO = (Answer(text="one"), Answer(text="two"))


@pytest.mark.parametrize(
    ("then", "third", "fourth"),
    [
        ("last", "two", "two"),
        ("repeat", "one", "two"),
        ("error", "mine has served all of its 2 answers", "mine has served all of its 2 answers"),
        ("fall_through", "below", "below"),
    ],
)
def test_after_the_last_answer(then: Any, third: str, fourth: str) -> None:
    rules = (Rule(answers=ONE_TWO, then=then, name="mine"), Rule(answer=Answer(text="below")))
    assert served(Script(rules), 4) == ["one", "two", third, fourth]


def test_the_first_rule_that_holds_answers() -> None:
    rules = (
        Rule(answer=Answer(text="gpt"), match=Match(model="gpt*")),
        Rule(answer=Answer(text="twice"), match=Match(times=2)),
        Rule(answer=Answer(text="rest")),
    )
    assert served(Script(rules), 3) == ["twice", "twice", "rest"]
    assert served(Script(rules), 1, model="gpt-5") == ["gpt"]


def test_when_no_rule_holds() -> None:
    rules = (Rule(answer=Answer(text="gpt"), match=Match(model="gpt*")),)
    assert served(Script(rules), 1) == ["no rule of the script holds for this request"]
    assert served(Script(rules, otherwise=Answer(text="else")), 1) == ["else"]
    assert served(Script(), 1) == [None]


def test_side_requests_use_up_no_answers() -> None:
    rules = (Rule(answers=ONE_TWO), Rule(answer=Answer(text="count"), match=Match(path="*/count_tokens")))
    play = Play(Script(rules))
    play.enqueue(Answer(text="queued"))
    count = asked(protocol="count_tokens", path="/v1/messages/count_tokens")
    assert play.choose(count)[0].text == "count"
    assert play.choose(asked(protocol="models", path="/v1/models"))[0] == Answer()
    assert [play.choose(asked())[0].text for _ in range(3)] == ["queued", "one", "two"]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (
            "rules:\n- match: {modle: x}\n  answer: {}",
            "s.yaml:2: rules[0].match.modle: unknown field; did you mean 'model'?",
        ),
        (
            "rules:\n- answer:\n    text: hi\n    chunks: 0",
            "s.yaml:2: rules[0].answer: chunks must be at least 1, not 0",
        ),
        (
            "rules:\n- answer: {}\n- answer: {zzz: 1}",
            "s.yaml:3: rules[1].answer.zzz: unknown field; there are text, ",
        ),
        ("rules:\n- match:\n    turn: 1\n    modle: x\n  answer: {}", "s.yaml:4: rules[0].match.modle: "),
        ("rules:\n- answer: hi", "s.yaml:2: rules[0].answer: should be a mapping of fields"),
        ("rules:\n- then: last", "s.yaml:2: rules[0]: a rule needs either answer or answers"),
        ("rules:\n- answer: {stop: tired}", "s.yaml:2: rules[0].answer.stop: input should be 'end_turn', "),
        (
            "rules:\n- answer: {error: {status: 200}}",
            "s.yaml:2: rules[0].answer.error: status must be from 400 to 599",
        ),
        (
            "rules:\n- match: {text: /(/}\n  answer: {}",
            "s.yaml:2: rules[0].match: text is not a regular expression",
        ),
        ("\n\nrules: [}", "s.yaml:3: not valid YAML: "),
        ("rules: 3", "s.yaml:1: rules: "),
        ("just text", "s.yaml:1: should be a mapping of fields"),
        ("a: \x00", "s.yaml: not valid YAML: "),
    ],
)
def test_what_is_wrong_is_said_in_one_line(text: str, said: str) -> None:
    with pytest.raises(ScriptError) as caught:
        parse_script(text, "s.yaml")
    assert str(caught.value).startswith(said)
    assert "\n" not in str(caught.value)


def test_files_that_are_not_there_or_not_text(tmp_path: Path) -> None:
    binary = tmp_path / "binary.yaml"
    binary.write_bytes(b"\xff\xfe\x00")
    for path, said in (
        (tmp_path, "Is a directory"),
        (tmp_path / "none", "No such file"),
        (binary, "not UTF-8"),
    ):
        with pytest.raises(ScriptError, match=said):
            load_script(path)


def test_an_empty_file_is_the_script_that_says_ok() -> None:
    assert parse_script("# nothing yet\n") == Script()


SCRIPTS = sorted(p for p in EXAMPLES.glob("*.yaml") if "sessions" not in yaml.safe_load(p.read_text()))


@pytest.mark.parametrize("path", SCRIPTS, ids=lambda path: path.name)
def test_every_example_loads(path: Path) -> None:
    assert load_script(path).rules


def test_the_documented_script_loads() -> None:
    text = (EXAMPLES.parent / "docs" / "scripted-model.md").read_text()
    blocks = [block.partition("```")[0] for block in text.split("```yaml\n")[1:]]
    assert blocks
    for block in blocks:
        assert parse_script(block, "docs").rules
        assert yaml.safe_load(block)
