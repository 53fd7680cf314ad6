"""Engines that are not installed, or are something else; and the login that is lent to one."""

from __future__ import annotations

import stat
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from capture.engines import engine_named, lending
from capture.engines.claude_code import program as claude
from capture.engines.codex import program as codex
from capture.engines.interface import EngineError


@pytest.fixture(autouse=True)
def forgetful() -> Iterator[None]:
    """What was found is not remembered from one test to the next."""
    for found in (claude.program, claude.program_version, codex.program, codex.program_version):
        found.cache_clear()
    yield
    for found in (claude.program, claude.program_version, codex.program, codex.program_version):
        found.cache_clear()


def executable(path: Path, says: str) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f"#!/bin/sh\necho '{says}'\n")
    path.chmod(0o755)
    return path


def test_claude_code_that_is_missing_or_unknown(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(claude, "find_spec", lambda _: None)
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(EngineError, match=r"not installed; get it with:  pip install 'tessen-tui\[claude\]'"):
        engine_named("claude_code").version()
    executable(tmp_path / "claude", "9.1.0 (Claude Code)")
    with pytest.raises(EngineError, match=r"Claude Code 9\.1\.0 .* is not known here; use a 2\.x"):
        engine_named("claude_code").version()
    executable(tmp_path / "claude", "2.4.0 (Claude Code)")
    assert engine_named("claude_code").version() == "2.4.0"


def test_codex_that_is_missing_or_old(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "prefix", str(tmp_path / "prefix"))
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(EngineError, match="not installed; get it with:  npm install -g @openai/codex"):
        engine_named("codex").version()
    monkeypatch.setenv("CODEX_PROGRAM", str(tmp_path / "none"))
    with pytest.raises(EngineError, match=r"CODEX_PROGRAM names .*none, which is no program"):
        codex.program()
    monkeypatch.setenv("CODEX_PROGRAM", str(executable(tmp_path / "old", "codex-cli 0.99.1")))
    with pytest.raises(EngineError, match=r"0\.135 or newer is needed"):
        codex.program_version()


def test_the_native_codex_behind_the_wrapper(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "prefix", str(tmp_path / "prefix"))
    modules = tmp_path / "lib/node_modules"
    wrapper = executable(modules / "@openai/codex/bin/codex.js", "wrapper")
    native = executable(modules / "@openai/codex-linux-x64/vendor/x/bin/codex", "codex-cli 0.169.0")
    (tmp_path / "bin").mkdir()
    (tmp_path / "bin/codex").symlink_to(wrapper)
    monkeypatch.setenv("PATH", f"{tmp_path / 'bin'}:/bin:/usr/bin")
    assert codex.program() == native
    assert codex.program_version() == "0.169.0"


def test_a_login_is_lent_and_taken_back_when_it_was_renewed(tmp_path: Path) -> None:
    own, lent = tmp_path / "own.json", tmp_path / "home.json"
    lending.lend(own, lent)
    assert not lent.exists()  # there is none to lend
    own.write_text("old")
    lending.lend(own, lent)
    assert lent.read_text() == "old"
    lending.take_back(own, lent)
    assert own.read_text() == "old"
    lent.unlink()
    lent.write_text("new")  # as a program does that writes atomically
    lending.take_back(own, lent)
    assert (own.read_text(), stat.S_IMODE(own.stat().st_mode)) == ("new", 0o600)
