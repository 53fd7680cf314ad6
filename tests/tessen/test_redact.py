import json
import re
from base64 import b64encode
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from tessen._redact import (
    Redactor,
    _without_refused,
    clean_line,
    clean_text,
    clean_url,
    of_environment,
    secrets_of,
)

SECRET = "sk-ant-api03-AbCdEf0123456789_-xyz"


def cleaned(value: Any, secrets: tuple[str, ...] = (), *patterns: str | Redactor) -> Any:
    line = json.dumps(value, ensure_ascii=False).encode()
    redactors = [re.compile(pattern) if isinstance(pattern, str) else pattern for pattern in patterns]
    return json.loads(clean_line(line, secrets, redactors))


def test_secrets_are_found_in_headers_whatever_their_case() -> None:
    headers = [
        (b"Authorization", b"Bearer token-of-the-user"),
        (b"X-Api-Key", b"key-of-the-user"),
        (b"cookie", b"session=cookie-of-the-user; theme=dark"),
        (b"X-Request-Credential", b"credential-of-the-user"),
        (b"user-agent", b"not-a-secret-at-all"),
    ]
    of_the_user = {f"{what}-of-the-user" for what in ("token", "key", "cookie", "credential")}
    assert of_the_user <= secrets_of(headers)
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


def test_a_secret_within_a_secret_leaves_nothing_of_either() -> None:
    whole, part = f"a=b; session={SECRET}", SECRET
    for secrets in ((whole, part), (part, whole)):
        assert cleaned({"a": f"<{whole}>", "b": part}, secrets) == {"a": "<[redacted]>", "b": "[redacted]"}


def test_a_secret_goes_also_where_json_spells_it_differently() -> None:
    secret = 'qu"ote/slash\\ünï-secret'
    assert cleaned({"a": secret}, (secret,)) == {"a": "[redacted]"}
    escaped = json.dumps({"a": secret}).replace("/", "\\/").encode()
    assert json.loads(clean_line(escaped, (secret,), ())) == {"a": "[redacted]"}


@pytest.mark.parametrize("secrets", [(SECRET,), ()], ids=["known", "by its looks"])
@pytest.mark.parametrize("levels", [1, 2, 3])
@pytest.mark.parametrize("every", [1, 3, 7])
def test_a_secret_goes_also_behind_needless_escapes(
    secrets: tuple[str, ...], levels: int, every: int
) -> None:
    """In JSON, and in JSON within JSON, such as a tool's arguments."""
    hidden = "".join(f"\\u{ord(each):04x}" if at % every == 0 else each for at, each in enumerate(SECRET))
    text = f'{{"a": "<{hidden}>"}}'
    for _ in range(levels - 1):
        text = json.dumps({"a": text})
    found = json.loads(clean_line(text.encode(), secrets, ()))
    for _ in range(levels - 1):
        found = json.loads(found["a"])
    assert found == {"a": "<[redacted]>"}


def test_the_users_own_patterns_look_behind_needless_escapes() -> None:
    line = rb'{"a": "order \u0041CME-1 of \u00e9"}'
    assert json.loads(clean_line(line, (), [re.compile("ACME-[0-9]")])) == {"a": "order [redacted] of \u00e9"}


def test_escapes_that_hide_nothing_stay() -> None:
    line = rb'{"a": "\u0041 \\u0041 sk-but-no-key \u00e9"}'
    assert clean_line(line, (SECRET,), [re.compile("ACME-[0-9]")]) == line


@pytest.mark.parametrize(
    "spelled",
    [
        "a+key/of the=user",
        "a%2Bkey%2Fof%20the%3Duser",
        "a%2bkey%2fof%20the%3duser",
        "a%2Bkey/of%20the%3Duser",
    ],
)
def test_a_secret_goes_also_where_a_url_spells_it_differently(spelled: str) -> None:
    assert cleaned({"a": f"<{spelled}>"}, ("a+key/of the=user",)) == {"a": "<[redacted]>"}


def test_a_secret_goes_also_where_a_careful_encoder_escapes_it() -> None:
    line = b'{"a":"<abc\\u002Bdefgh\\u002bijk>"}'
    assert clean_line(line, ("abc+defgh",), ()) == b'{"a":"<[redacted]\\u002bijk>"}'


def test_a_basic_authorization_holds_a_password() -> None:
    pair = "user:pass-of-the-user"
    found = secrets_of([(b"Authorization", b"Basic " + b64encode(pair.encode()))])
    assert found == {b64encode(pair.encode()).decode(), pair, "pass-of-the-user"}
    text = f"Basic {b64encode(b'somebody:elses-password').decode()}"
    assert cleaned({"a": f"sent {text}."}) == {"a": "sent Basic [redacted]."}
    assert cleaned({"a": "Basic understanding is enough"}) == {"a": "Basic understanding is enough"}


SIGNATURE = "0f" * 32


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (f"https://b.example/k?X-Amz-Date=1&X-Amz-Signature={SIGNATURE}", "X-Amz-Date=1&X-Amz-Signature="),
        (f"https://b.example/k?X-Goog-Signature={SIGNATURE}&a=1", "X-Goog-Signature="),
        ("https://b.example/k?sv=2024&sig=abc%2Bdef%2Fghi%3D&se=1", "sv=2024&sig="),
        ("https://m.example/v1beta/models?key=AbCdEfGh12345678", "?key="),
        ("https://m.example/?a=1&access_token=AbCdEfGh12345678", "&access_token="),
        ("<a href='https://b.example/k?a=1&amp;sig=AbCdEfGh1234'>", "&amp;sig="),
        (f"see https%3A%2F%2Fb.example%3Fa%3D1%26X-Amz-Signature%3D{SIGNATURE}", "X-Amz-Signature%3D"),
        (f"X-Amz-Signature={SIGNATURE}", "X-Amz-Signature="),
        ("postgres://bob:pa55word-of-bob@db.example/x", "://bob:"),
    ],
)
def test_signed_urls_lose_their_signature(text: str, expected: str) -> None:
    said = cleaned({"a": text})["a"]
    assert f"{expected}[redacted]" in said
    for secret in (SIGNATURE, "AbCdEfGh1234", "abc%2Bdef%2Fghi%3D", "pa55word-of-bob"):
        assert secret not in said
    line = json.dumps({"a": text}).replace("&", "\\u0026").encode()
    assert "[redacted]" in clean_line(line, (), ()).decode()


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("via http://bob:hunter2@proxy:3128", "via http://bob:[redacted]@proxy:3128"),
        ("postgres://app:p@db/x", "postgres://app:[redacted]@db/x"),
        ("https://tok3nOfSomeBodyElse_0123@git.example/a", "https://[redacted]@git.example/a"),
        ("docker://nginx:1.25@sha256:0f0f", "docker://nginx:1.25@sha256:0f0f"),
        ("https://bob@git.example/a@b", "https://bob@git.example/a@b"),
    ],
)
def test_urls_in_texts_lose_their_passwords(text: str, expected: str) -> None:
    assert cleaned({"a": text}) == {"a": expected}


def test_a_bearer_token_goes_in_either_case() -> None:
    text = "authorization: bearer abcdefgh.ijklmnop-0123"
    assert cleaned({"a": text}) == {"a": "authorization: [redacted]"}


def test_a_signed_web_token_goes() -> None:
    token = "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0NTYifQ.c2lnbmF0dXJl-0123_45"
    assert cleaned({"a": f"token {token}, and"}) == {"a": "token [redacted], and"}


def test_keys_in_the_environment_are_known_by_their_names() -> None:
    variables = {
        "ANTHROPIC_API_KEY": "abcdefgh-12345678",
        "HF_TOKEN": "token-0123456789abcdef",
        "SORT_KEY": "timestamp",
        "TOKENIZER": "not-a-secret-at-all",
        "SSL_KEY": "/etc/ssl/private/long.key",
        "GREETING_SECRET": "more than one word here",
    }
    assert of_environment(variables) == {"abcdefgh-12345678", "token-0123456789abcdef"}


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
    [
        "task-management-system-overview",
        "risk-assessment-of-the-quarter",
        "Bearer of bad news",
        "sk-short",
        "sorted(rows, key=lambda row: row.name)",
        "set key=something_long_here in the file",
        "https://h.example/?monkey=abcdefghijkl&keyword=abcdefghijkl",
        "write to bob@example.com: see https://h.example:8080/a",
        "eyJhbGciOiJIUzI1NiJ9 alone",
    ],
)
def test_words_that_look_a_little_like_keys_stay(text: str) -> None:
    assert cleaned({"a": text}) == {"a": text}


@pytest.mark.parametrize(
    ("body", "secret"),
    [
        ({"mcp_servers": [{"url": "https://x/", "authorization_token": "MCPTOKEN0123"}]}, "MCPTOKEN0123"),
        (
            {"tools": [{"type": "mcp", "server_url": "https://x/", "authorization": "tok MCP0123456"}]},
            "MCP0123456",
        ),
        ({"server_url": "https://x/", "headers": {"X-API-Key": "MCP0123456"}}, "MCP0123456"),
        ({"server_url": "https://x/", "headers": {"apikey": "MCP0123456"}}, "MCP0123456"),
        ({"server_url": "https://x/", "headers": {"X-Session-Token": "MCP0123456"}}, "MCP0123456"),
        ({"model": "m", "api_key": "GATEWAY0123"}, "GATEWAY0123"),
        ({"authentication": {"type": "api_key", "key": "INDEX012345"}}, "INDEX012345"),
        ({"authentication": {"type": "encoded_api_key", "encoded_api_key": "INDEX012345"}}, "INDEX012345"),
    ],
)
def test_what_other_servers_are_asked_with_goes(body: object, secret: str) -> None:
    for text in (json.dumps(body), json.dumps({"quoted": json.dumps(body)})):
        said = clean_line(text.encode(), (), ()).decode()
        assert secret not in said
        assert "[redacted]" in json.dumps(json.loads(said))


@pytest.mark.parametrize(
    "body",
    [
        {"authorization": {"type": "string", "description": "who may"}, "mcp_servers": []},
        {"authorization": "the manager said yes"},
        {"server_url": "https://x/", "token": "something", "key": "arrow-left", "max_tokens": "12345678"},
        {"headers": {"X-API-Key": "of-a-tool-that-has-no-server"}},
        {"api_key": {"type": "string"}, "key": "arrow-left", "required": ["api_key", "description"]},
    ],
)
def test_members_that_look_a_little_like_it_stay(body: object) -> None:
    assert cleaned(body) == body


def test_the_users_own_patterns() -> None:
    event = {"iban": "DE89 3704", "n": 1, "deep": [{"mail": "a@b.example\n"}]}
    assert cleaned(event, (), r"DE\d\d \d+", r"\S+@\S+") == {
        "iban": "[redacted]",
        "n": 1,
        "deep": [{"mail": "[redacted]\n"}],
    }


def test_a_pattern_for_keys_leaves_the_ids_that_tell_events_apart() -> None:
    event = {"event_id": "0a" * 16, "session_id": "1b" * 16, "request_body": "key " + "2c" * 16}
    assert cleaned(event, (), "[0-9a-f]{32}|_id") == {**event, "request_body": "key [redacted]"}
    assert cleaned({"session_id": "ann@b.example"}, (), r"\S+@\S+") == {"session_id": "[redacted]"}


@given(value=st.text("ab'\"\\\n\0é", max_size=9), cut=st.integers(0, 3), as_bytes=st.booleans())
@example(value="\\", cut=1, as_bytes=False)
@example(value="'\"\n", cut=0, as_bytes=True)
def test_a_header_that_is_quoted_is_taken_out_to_its_end_and_no_further(
    value: str, cut: int, as_bytes: bool
) -> None:
    quoted = repr(value.encode() if as_bytes else value)
    message = f"Illegal header value {quoted[: len(quoted) - cut]}"
    event = {"error": {"msg": message, "tb": "it's \"so\" \\'"}, "model": "it's m"}
    for separators in ((",", ":"), (", ", ": ")):
        left = json.loads(_without_refused(json.dumps(event, separators=separators).encode()))
        if not cut:
            mark = "b" if as_bytes else ""
            assert left["error"]["msg"] == f"Illegal header value {mark}'[redacted]'"
        assert {**left, "error": {**left["error"], "msg": message}} == event


def test_the_users_own_function() -> None:
    event = {"event_id": "ann", "request_body": {"messages": [{"content": "ann asks"}, 1]}, "model": "ann"}
    assert cleaned(event, (), lambda text: text.replace("ann", "***")) == {
        "event_id": "ann",
        "request_body": {"messages": [{"content": "*** asks"}, 1]},
        "model": "ann",
    }


def test_what_the_users_function_fails_on_is_withheld(capsys: pytest.CaptureFixture[str]) -> None:
    def redact(text: str) -> Any:
        if "7" in text:
            raise ValueError(text)
        return None if "8" in text else text

    event = {"a": ["card 7", "card 8", "card 9"], "b": {"of ann 7": "x"}}
    assert cleaned(event, (), redact) == {
        "a": ["[withheld]", "[withheld]", "card 9"],
        "b": {"[withheld]": "x"},
    }
    assert "card 7" not in capsys.readouterr().err


def test_a_line_without_secrets_is_not_touched() -> None:
    line = b'{"a": "task-1",  "b": 1.50}'
    assert clean_line(line, (SECRET,), ()) is line


@pytest.mark.parametrize(
    "name",
    [
        *("accessToken", "AWSAccessKeyId", "secretKey", "x-apitoken", "auth_token", "privateKey"),
        *("X-Credentials", "x-jwt", "passphrase", "db_pwd"),
    ],
)
def test_names_of_secrets(name: str) -> None:
    value = "value-0123456789abcdef"
    assert clean_url(f"https://h.example/?{name}={value}")[1] == {value}
    assert value in secrets_of([(name.encode(), value.encode())])


def test_a_function_of_azures_is_called_with_its_key() -> None:
    assert clean_url("https://h.example/api/chat?code=key-of-the-user==")[1] == {"key-of-the-user=="}
    assert clean_url("https://h.example/?barcode=0123456789abcdef")[1] == set()


@pytest.mark.parametrize(
    "name", ["author", "max_tokens", "token_count", "keyword", "monkey", "design", "hockey"]
)
def test_names_that_are_no_secrets(name: str) -> None:
    value = "value-0123456789abcdef"
    assert clean_url(f"https://h.example/?{name}={value}")[1] == set()
    assert secrets_of([(name.encode(), value.encode())]) == set()


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


bodies = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)


def marked(value: Any) -> Any:
    """The same with a mark in every string and name, none of which is an identifier then."""
    if isinstance(value, str):
        return f"§{value}"
    if isinstance(value, list):
        return [marked(item) for item in value]
    if isinstance(value, dict):
        return {marked(name): marked(item) for name, item in value.items()}
    return value


@given(bodies, st.sampled_from(["raise", "return nothing", "empty"]))
def test_whatever_a_function_does_no_text_passes_it(body: Any, how: str) -> None:
    def redact(text: str) -> Any:
        if how == "raise":
            raise RuntimeError
        return None if how == "return nothing" else ""

    line = json.dumps({"event_id": "e", "request_body": [marked(body), "§secret"]}).encode()
    result = clean_line(line, (), [redact])
    assert "§" not in result.decode()
    assert json.loads(result)["event_id"] == "e"


@pytest.mark.parametrize(
    "headers",
    [
        {"Authorization": "opaque-value-01234"},
        {"authorization": "Token opaque-value-01234"},
        [("authorization", "opaque-value-01234")],
        [(b"Authorization", b"Token opaque-value-01234")],
    ],
)
def test_headers_as_python_prints_them(headers: object) -> None:
    text = clean_text(f"sent {headers}, {headers!r}", ())
    assert "opaque" not in text
    assert text.count("[redacted]") == 2


def test_names_of_headers_as_python_prints_them_stay() -> None:
    for text in ("['authorization', 'content-type']", "{'authorization': None, 'a': 'content-type'}"):
        assert clean_text(text, ()) == text
