"""Half of a key is no longer known for one: wherever text is cut, a key stays whole or goes."""

import json

import pytest

from tessen import _json, _problems
from tessen._cut import beginning
from tessen._redact import clean_line

KEY = "AbCdEf0123456789AbCdEf0123456789"


def pieces_in(text: str) -> list[str]:
    cleaned = clean_line(json.dumps({"a": text}).encode(), (KEY,), ()).decode()
    return [KEY[at : at + 6] for at in range(len(KEY) - 5) if KEY[at : at + 6] in cleaned]


@pytest.mark.parametrize("before", range(0, 330, 7))
def test_a_key_at_the_limit_of_a_short_message(before: int) -> None:
    assert pieces_in(_problems.short(ValueError(f"{'x ' * (before // 2)}{KEY} and more {'y ' * 200}"))) == []


@pytest.mark.parametrize("before", range(15_700, 16_100, 13))
@pytest.mark.parametrize("more", [0, 20_000])
def test_a_key_at_either_cut_of_a_traceback(before: int, more: int) -> None:
    text = f"{'x ' * (before // 2)}{KEY}{' y' * (16_000 - before // 2 + more)}"
    for said in (text, text[::-1].replace(KEY[::-1], KEY)):
        assert pieces_in(_problems.trace(ValueError(said))) == []


def test_a_key_at_the_limit_of_an_object() -> None:
    class Odd:
        def __init__(self, before: int) -> None:
            self.before = before

        def __repr__(self) -> str:
            return f"{'x ' * (self.before // 2)}{KEY} {'y ' * 20_000}"

    limit = _json._MAX_REPR
    for before in range(limit - 40, limit + 4):
        assert pieces_in(str(_json.represent(Odd(before)))) == []


@pytest.mark.parametrize("behind", range(0, 60, 3))
def test_what_is_cut_of_a_name_does_not_free_what_follows(behind: int) -> None:
    token = "Zz9-unknown-to-anybody-0123456789"
    end = f'"authorization": "Bearer {token}"{" y" * (8_000 - behind)}'
    said = _problems.trace(ValueError("x " * 20_000 + end))
    assert token not in clean_line(json.dumps({"a": said}).encode(), (), ()).decode()


def test_text_within_the_limit_is_not_touched() -> None:
    assert beginning("one two", 7) == "one two"
    assert beginning("one two three", 6) == "one "
