"""`harness resample-edit`: dumped, edited, sent, kept as a variant, and compared."""

from __future__ import annotations

import io
import json
from pathlib import Path
from typing import Any

import pytest

from capture.proxy.dumps import read_request
from capture.resample.variants import VariantError, edited_body, edits_between
from capture.scripted import Answer, ScriptedServer, ToolCall
from tests.capture.resample.conftest import Harness, holds_secret

THOUGHT = {"type": "thinking", "thinking": "so", "signature": "c2ln"}


def test_a_dumped_request_is_edited_sent_and_kept(
    run: Path, server: ScriptedServer, harness: Harness, monkeypatch: pytest.MonkeyPatch
) -> None:
    harness("resample", run, "--request", 2, "--count", 2, "--base-url", server.url)
    recorded = read_request(run / "session_01", 2)
    code, dumped, _ = harness("resample-edit", run, "--request", 2, "--dump")
    assert (code, json.loads(dumped)) == (0, json.loads(recorded))
    edited = json.loads(dumped)
    edited["messages"][0]["content"] = "gäh weg"
    edited["system"] = "Be careful."
    stdin = io.TextIOWrapper(io.BytesIO(json.dumps(edited, indent=4).encode()))
    monkeypatch.setattr("sys.stdin", stdin)
    server.enqueue(*[Answer(tool_calls=[ToolCall("Bash", {"command": "ls"})])] * 2)
    options = ("--input", "-", "--label", "careful", "--count", 2, "--base-url", server.url)
    code, out, _ = harness("resample-edit", run, "--request", 2, *options)
    assert code == 0
    expected = recorded.replace("hällo ✓".encode(), "gäh weg".encode())[:-1] + b',"system":"Be careful."}'
    assert [each.body for each in server.requests[2:]] == [expected] * 2
    folder = run / "session_01/resamples/request_002_v01"
    assert {path.name for path in folder.iterdir()} == {
        *("variant.json", "request.json", "sample_01.json", "sample_02.json")
    }
    assert (folder / "request.json").read_bytes() == expected
    variant = json.loads((folder / "variant.json").read_bytes())
    assert (variant["label"], variant["base_request_index"], variant["source"]) == ("careful", 2, "cli")
    assert variant["edits"] == [
        {"path": "messages[0].content", "original": "hällo ✓", "replacement": "gäh weg"},
        {"path": "system", "original": None, "replacement": "Be careful."},
    ]
    lines = [" ".join(line.split()) for line in out.splitlines()]
    ours = lines[lines.index("This variant: 2 answers") :]
    theirs = ours[ours.index("The request as recorded: 2 answers") :]
    assert "tools Bash ×2" in ours
    assert "tools none ×2" in theirs
    assert holds_secret(run) == []


def test_the_same_variant_gets_more_samples_and_another_a_folder_of_its_own(
    run: Path, server: ScriptedServer, harness: Harness, tmp_path: Path
) -> None:
    edited = json.loads(read_request(run / "session_01", 1))
    for label, tokens in (("a", 7), ("a", 7), ("b", 7), ("a", 8)):
        edited["max_tokens"] = tokens
        (tmp_path / "edit.json").write_text(json.dumps(edited))
        options = ("--input", tmp_path / "edit.json", "--label", label, "--base-url", server.url)
        assert harness("resample-edit", run, "--request", 1, *options)[0] == 0
    results = run / "session_01/resamples"
    found = {path.name: len(list(path.glob("sample_*"))) for path in results.iterdir()}
    assert found == {"request_001_v01": 2, "request_001_v02": 1, "request_001_v03": 1}


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({}, "nothing is edited"),
        ({"messages": [{"role": "assistant", "content": [THOUGHT]}]}, "messages[0].content[0]: a thinking"),
    ],
)
def test_what_cannot_be_sent_is_refused_and_leaves_nothing(
    run: Path, harness: Harness, tmp_path: Path, change: dict[str, Any], said: str
) -> None:
    edited = json.loads(read_request(run / "session_01", 1)) | change
    (tmp_path / "edit.json").write_text(json.dumps(edited))
    code, out, err = harness("resample-edit", run, "--request", 1, "--input", tmp_path / "edit.json")
    assert (code, out, err.count("\n")) == (1, "", 1)
    assert said in err
    assert not (run / "session_01/resamples").exists()


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ((), "say either --dump"),
        (("--input", "none.json"), "--input none.json: No such file"),
        (("--input", "/dev/null"), "--input /dev/null: not JSON"),
    ],
)
def test_what_is_wrong_is_said_in_one_line(
    run: Path, harness: Harness, options: tuple[str, ...], said: str
) -> None:
    code, _, err = harness("resample-edit", run, "--request", 1, *options)
    assert (code, err.count("\n")) == (2, 1)
    assert said in err


@pytest.mark.parametrize(
    "signed",
    [
        THOUGHT,
        {"type": "redacted_thinking", "data": "xx"},
        {"type": "reasoning", "summary": [], "encrypted_content": "xx"},
        {"text": "so", "thoughtSignature": "xx"},
    ],
)
def test_signed_blocks_stay_as_they_are_or_go_whole(signed: dict[str, Any]) -> None:
    text = {"type": "text", "text": "a"}
    body = json.dumps({"messages": [signed, text, {"type": "text", "text": "b"}]}).encode()
    other = {"type": "text", "text": "c"}
    assert b'"c"' in edited_body(body, {"messages": [signed, text, other]})
    assert edited_body(body, {"messages": [text]}) == b'{"messages": [{"type":"text","text":"a"}]}'
    for changed in ([{**signed, "more": 1}, text], [signed, text, signed]):
        with pytest.raises(VariantError, match="cannot be edited, moved or added"):
            edited_body(body, {"messages": changed})


@pytest.mark.parametrize(
    ("original", "edited", "edits"),
    [
        ({"a": [1, 2, 3]}, {"a": [1, 3]}, [("a[1:2]", [2], [])]),
        ({"a": [1, 3]}, {"a": [1, 2, 3]}, [("a[1:1]", [], [2])]),
        ({"a": {"b": 1}, "c": 1}, {"a": {"b": True}}, [("a.b", 1, True), ("c", 1, None)]),
        ({"a": 1}, {"a": 1.0}, []),
    ],
)
def test_edits_are_found_by_comparing(original: Any, edited: Any, edits: list[Any]) -> None:
    assert [(each.path, each.original, each.replacement) for each in edits_between(original, edited)] == edits
