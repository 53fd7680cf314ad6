import json
import re
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tessen._redact import clean_line, clean_url, secrets_of

SECRET = "sk-ant-api03-AbCdEf0123456789_-xyz"


def cleaned(value: Any, secrets: tuple[str, ...] = (), *patterns: str) -> Any:
    line = json.dumps(value, ensure_ascii=False).encode()
    return json.loads(clean_line(line, secrets, [re.compile(pattern) for pattern in patterns]))


def test_secrets_are_found_in_headers_whatever_their_case() -> None:
    headers = [
        (b"Authorization", b"Bearer token-of-the-user"),
        (b"X-Api-Key", b"key-of-the-user"),
        (b"cookie", b"session=cookie-of-the-user; theme=dark"),
        (b"user-agent", b"not-a-secret-at-all"),
    ]
    assert {"token-of-the-user", "key-of-the-user", "cookie-of-the-user"} <= secrets_of(headers)
    assert "not-a-secret-at-all" not in secrets_of(headers)
    assert "dark" not in secrets_of(headers)


def test_placeholders_are_no_secrets() -> None:
    assert secrets_of([(b"x-api-key", b"EMPTY"), (b"authorization", b"ollama")]) == set()


def test_a_secret_goes_wherever_it_stands() -> None:
    event = {"a": [f"x{SECRET}y"], SECRET: 1, "tb": f"line\nkey={SECRET}\n"}
    assert cleaned(event, (SECRET,)) == {
        "a": ["x[redacted]y"],
        "[redacted]": 1,
        "tb": "line\nkey=[redacted]\n",
    }


def test_a_secret_goes_also_where_json_spells_it_differently() -> None:
    secret = 'qu"ote/slash\\ünï-secret'
    assert cleaned({"a": secret}, (secret,)) == {"a": "[redacted]"}
    escaped = json.dumps({"a": secret}).replace("/", "\\/").encode()
    assert json.loads(clean_line(escaped, (secret,), ())) == {"a": "[redacted]"}


def test_a_secret_of_digits_does_not_break_numbers() -> None:
    assert cleaned({"n": 1234567890, "s": "1234567890"}, ("1234567890",)) == {
        "n": 1234567890,
        "s": "[redacted]",
    }


@pytest.mark.parametrize(
    "text",
    [
        SECRET,
        "sk-proj-0123456789abcdefXYZ",
        "Bearer abcdefgh.ijklmnop-0123",
        "AIzaSyA0123456789abcdefghijklmnopqrstuv",
    ],
)
def test_keys_are_known_by_their_shape(text: str) -> None:
    assert cleaned({"a": f"key:\n{text}"}) == {"a": "key:\n[redacted]"}


@pytest.mark.parametrize(
    "text",
    ["task-management-system-overview", "risk-assessment-of-the-quarter", "Bearer of bad news", "sk-short"],
)
def test_words_that_look_a_little_like_keys_stay(text: str) -> None:
    assert cleaned({"a": text}) == {"a": text}


def test_the_users_own_patterns() -> None:
    event = {"iban": "DE89 3704", "n": 1, "deep": [{"mail": "a@b.example\n"}]}
    assert cleaned(event, (), r"DE\d\d \d+", r"\S+@\S+") == {
        "iban": "[redacted]",
        "n": 1,
        "deep": [{"mail": "[redacted]\n"}],
    }


def test_a_line_without_secrets_is_not_touched() -> None:
    line = b'{"a": "task-1",  "b": 1.50}'
    assert clean_line(line, (SECRET,), ()) is line


def test_urls_lose_keys_and_passwords() -> None:
    url, secrets = clean_url(
        "https://u:p4ssw0rd!@h.example/v1?api_key=AAAABBBB%2B&model=m&X-Amz-Signature=fedcba98"
    )
    assert url == "https://h.example/v1?api_key=%5Bredacted%5D&model=m&X-Amz-Signature=%5Bredacted%5D"
    assert {"p4ssw0rd!", "AAAABBBB%2B", "AAAABBBB+", "fedcba98"} <= secrets
    plain = "https://h.example/v1/messages?beta=true&design=flat"
    assert clean_url(plain) == (plain, set())


secrets = st.text(min_size=8, max_size=20)


@given(st.dictionaries(st.text(), st.text() | st.integers() | secrets), secrets)
def test_whatever_is_cleaned_stays_one_line_of_json_without_the_secret(
    event: dict[str, Any], secret: str
) -> None:
    try:
        line = json.dumps({**event, "secret": f"<{secret}>"}, ensure_ascii=False).encode()
    except UnicodeEncodeError:
        return  # bodies with lone surrogates are written in escapes
    result = clean_line(line, (secret,), ())
    assert b"\n" not in result
    found = json.loads(result)
    assert secret not in found.get("secret", "")
