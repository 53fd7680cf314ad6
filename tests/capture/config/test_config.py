"""Configurations: defaults, and errors that say where and how to mend."""

from __future__ import annotations

from pathlib import Path

import pytest

from capture.config import ConfigError, load_config, parse_config

LEAST = "model: m\nwork_dir: .\nsessions:\n  - session_index: 1\n    prompt: go\n"


def test_the_defaults_are_those_of_the_reference() -> None:
    config = parse_config(LEAST)
    assert (config.engine, config.provider, config.session_mode) == ("claude_code", "anthropic", "isolated")
    assert config.allowed_tools == ["Read", "Grep", "Glob", "Bash", "Write", "Edit"]
    assert (config.max_turns, config.permission_mode, config.memory_seed) == (
        50,
        "bypassPermissions",
        "# Notes\n",
    )
    assert (config.capture_api_requests, config.capture_subagent_trajectories) == (True, True)
    assert (config.revert_work_dir, config.load_project_settings, config.codex_multi_agent) == (False,) * 3
    assert (config.sessions[0].count, config.sandbox_mode) == (1, "workspace-write")
    judged = parse_config(f"{LEAST}judge: {{model: j, rubric: r}}").judge
    assert judged is not None
    assert (judged.provider, judged.every_n_turns, judged.early_exit, judged.include_reasoning) == (
        "anthropic",
        5,
        False,
        True,
    )
    assert (judged.max_tokens, judged.temperature) == (1024, 0.0)
    (command,) = parse_config(f"{LEAST}pre_run_commands: [{{command: x}}]").pre_run_commands
    assert (command.timeout_seconds, command.check, command.cwd) == (30, True, None)


def test_codex_is_reached_at_openai_unless_said() -> None:
    assert parse_config(f"engine: codex\n{LEAST}").provider == "openai"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (LEAST + "modle: x", "c:6: modle: unknown field; did you mean 'model'?"),
        (LEAST + "    promt: x", "c:6: sessions[0].promt: unknown field; did you mean 'prompt'?"),
        (LEAST + "judge:\n  modle: x", "c:6: judge.model: is missing"),
        ("work_dir: .", "c:1: model: is missing, and a run needs it"),
        (LEAST + "max_turns: 0", "c:6: max_turns: input should be greater than or equal to 1"),
        (LEAST + "  - {session_index: 3, prompt: x}", "c:6: sessions[1].session_index: should be 2: "),
        (
            LEAST + "    fork_from: 1",
            "c:6: sessions[0].fork_from: must be lower than the session's own index, 1",
        ),
        (
            LEAST + "engine: codex\nagents: [{name: a, description: d, prompt: p}]",
            "c:7: agents: not for codex",
        ),
        (LEAST + "engine: codex\nprovider: openrouter", "c:1: model: OpenRouter wants the vendor's prefix"),
        (LEAST + "engine: codex\nprovider: anthropic", "c:7: provider: 'anthropic' does not serve codex"),
        (LEAST + "codex_multi_agent: true", "c:6: codex_multi_agent: only for codex"),
        (LEAST + "memory_file: ../x", "c:6: memory_file: must lie in the working directory"),
        (LEAST + "run_name: a/b", "c:6: run_name: string should match"),
        (LEAST + "run_name: ..", "c:6: run_name: must not begin with a dot"),
        (LEAST + "sessions: [", "c:6: not valid YAML"),
        ("- a", "c:1: should be a mapping of fields"),
        ("", "c:1: should be a mapping of fields"),
    ],
)
def test_an_error_names_line_field_and_fix(text: str, said: str) -> None:
    with pytest.raises(ConfigError) as caught:
        parse_config(text, "c")
    assert str(caught.value).startswith(said)
    assert "\n" not in str(caught.value)


def test_paths_are_looked_for_here_and_then_beside_the_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    here, there = tmp_path / "here", tmp_path / "there"
    for folder in (here / "both", there / "both", there / "only"):
        folder.mkdir(parents=True)
    monkeypatch.chdir(here)
    for name, found in (("both", here / "both"), ("only", there / "only")):
        (there / "c.yaml").write_text(LEAST.replace("work_dir: .", f"work_dir: {name}\nscript: s.yaml"))
        config = load_config(there / "c.yaml")
        assert (config.work_dir, config.script) == (str(found), str(there / "s.yaml"))
    (there / "c.yaml").write_text(LEAST.replace("work_dir: .", "work_dir: gone"))
    with pytest.raises(ConfigError, match=r"c\.yaml:2: work_dir: there is no folder 'gone'; make it first"):
        load_config(there / "c.yaml")


def test_a_file_that_cannot_be_read(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="No such file"):
        load_config(tmp_path / "none.yaml")
    (tmp_path / "c.yaml").write_bytes(b"\xff\xfe")
    with pytest.raises(ConfigError, match="not UTF-8 text"):
        load_config(tmp_path / "c.yaml")
