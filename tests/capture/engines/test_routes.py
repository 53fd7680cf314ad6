"""Where requests go and with which credentials, up to the request that would be sent."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from capture.config import Config, parse_config
from capture.engines.claude_code import command as claude
from capture.engines.codex import command as codex
from capture.engines.interface import EngineError, Launch
from capture.engines.routes import everyday, route

ENV = {
    "PATH": "/bin",
    "HOME": "/home/me",
    "ANTHROPIC_API_KEY": "sk-ant",
    "OPENAI_API_KEY": "sk-oai",
    "OPENROUTER_API_KEY": "sk-or",
    "AWS_REGION": "eu-west-1",
    "AWS_SECRET_ACCESS_KEY": "aws",
    "GOOGLE_APPLICATION_CREDENTIALS": "/g.json",
    "CLOUD_ML_REGION": "us-east5",
    "GIT_DIR": "/secret/repo",
    "DATABASE_PASSWORD": "hunter2",
}


def config(**fields: str) -> Config:
    given = {"engine": "claude_code", "model": "v/m", "work_dir": "."} | fields
    lines = [f"{name}: {value}" for name, value in given.items()]
    return parse_config("\n".join([*lines, "sessions: [{session_index: 1, prompt: go}]"]))


def launch(of: Config, tmp_path: Path, env: dict[str, str] = ENV) -> Launch:
    way = route(of, env)
    return Launch(
        config=of,
        prompt="go",
        system_prompt="sys",
        max_turns=3,
        cwd=tmp_path,
        home=tmp_path,
        base_url=None if way.upstream is None else "http://127.0.0.1:1",
        env=everyday(env) | way.env,
        key=way.key,
    )


@pytest.mark.parametrize(
    ("engine", "provider", "upstream", "key"),
    [
        ("claude_code", "anthropic", "https://api.anthropic.com", "sk-ant"),
        ("claude_code", "openrouter", "https://openrouter.ai/api", "sk-or"),
        ("builtin", "anthropic", "https://api.anthropic.com", "sk-ant"),
        ("builtin", "openai", "https://api.openai.com/v1", "sk-oai"),
        ("builtin", "openrouter", "https://openrouter.ai/api/v1", "sk-or"),
        ("codex", "openai", "https://api.openai.com/v1", "sk-oai"),
        ("codex", "openrouter", "https://openrouter.ai/api/v1", "sk-or"),
        ("claude_code", "vertex", "https://us-east5-aiplatform.googleapis.com/v1", None),
        ("claude_code", "bedrock", None, None),
    ],
)
def test_each_provider_has_its_address_and_key(
    engine: str, provider: str, upstream: str | None, key: str | None
) -> None:
    way = route(config(engine=engine, provider=provider), ENV)
    assert (way.upstream, way.key) == (upstream, key)
    assert route(config(engine=engine, provider=provider, base_url="http://own"), ENV).upstream in (
        "http://own",
        None,
    )


def test_a_script_stands_in_for_any_provider_and_needs_no_key() -> None:
    assert route(config(), {}, "http://127.0.0.1:5").upstream == "http://127.0.0.1:5"
    assert route(config(engine="codex"), {}, "http://127.0.0.1:5").upstream == "http://127.0.0.1:5/v1"
    assert route(config(engine="builtin", provider="openai"), {}, "http://x").upstream == "http://x/v1"


def test_without_a_key() -> None:
    with pytest.raises(EngineError, match="set ANTHROPIC_API_KEY"):
        route(config(engine="builtin"), {})
    with pytest.raises(EngineError, match="set OPENROUTER_API_KEY"):
        route(config(provider="openrouter"), {})
    with pytest.raises(EngineError, match="set OPENAI_API_KEY, or use --no-capture"):
        route(config(engine="codex"), {})
    assert route(config(engine="codex", capture_api_requests="false"), {}).upstream is None
    assert route(config(engine="builtin", base_url="http://local"), {}).key == "none"
    subscription = route(config(), {"CLAUDE_CODE_OAUTH_TOKEN": "t", "HOME": "/h"})
    assert (subscription.key, subscription.env) == (None, {"CLAUDE_CODE_OAUTH_TOKEN": "t"})


def test_an_engine_sees_nothing_of_the_environment_but_what_it_needs(tmp_path: Path) -> None:
    env = claude.environment(launch(config(), tmp_path))
    assert (env["PATH"], env["HOME"], env["ANTHROPIC_API_KEY"]) == ("/bin", "/home/me", "sk-ant")
    assert env["ANTHROPIC_BASE_URL"] == "http://127.0.0.1:1"
    assert "127.0.0.1" in env["NO_PROXY"]
    values = " ".join(env.values())
    assert not [
        secret for secret in ("sk-oai", "sk-or", "aws", "/secret/repo", "hunter2") if secret in values
    ]


def test_clouds_get_their_own_variables(tmp_path: Path) -> None:
    bedrock = claude.environment(launch(config(provider="bedrock"), tmp_path))
    assert (bedrock["CLAUDE_CODE_USE_BEDROCK"], bedrock["AWS_SECRET_ACCESS_KEY"]) == ("1", "aws")
    assert "ANTHROPIC_BEDROCK_BASE_URL" not in bedrock  # signed for its own address
    bearer = ENV | {"AWS_BEARER_TOKEN_BEDROCK": "b"}
    through = claude.environment(launch(config(provider="bedrock"), tmp_path, bearer))
    assert through["ANTHROPIC_BEDROCK_BASE_URL"] == "http://127.0.0.1:1"
    vertex = claude.environment(launch(config(provider="vertex"), tmp_path))
    assert (vertex["CLAUDE_CODE_USE_VERTEX"], vertex["ANTHROPIC_VERTEX_BASE_URL"]) == (
        "1",
        "http://127.0.0.1:1",
    )
    router = claude.environment(launch(config(provider="openrouter"), tmp_path))
    assert (router["ANTHROPIC_AUTH_TOKEN"], router["ANTHROPIC_API_KEY"]) == ("sk-or", "")


def test_codex_goes_through_a_provider_of_ours_or_its_own_login(tmp_path: Path) -> None:
    through = launch(config(engine="codex", sandbox_workspace_network_access="true"), tmp_path)
    command = codex.arguments(through, None)
    assert "model_provider=harness" in command
    assert any('base_url="http://127.0.0.1:1"' in each for each in command)
    assert "sandbox_workspace_write.network_access=true" in command
    assert codex.environment(through)[codex.KEY_VARIABLE] == "sk-oai"
    assert "sk-oai" not in " ".join(command)
    login = replace(through, key=None, base_url=None)
    assert "model_provider=harness" not in codex.arguments(login, None)
    assert codex.KEY_VARIABLE not in codex.environment(login)


@pytest.mark.parametrize(("objective", "asked"), [(None, "go"), ("Mend it.", "Mend it.")])
def test_codex_is_asked_to_set_itself_a_goal(tmp_path: Path, objective: str | None, asked: str) -> None:
    goal = {"codex_goal_token_budget": "5000"} | ({"codex_goal_objective": objective} if objective else {})
    command = codex.arguments(launch(config(engine="codex", **goal), tmp_path), None)
    (told,) = [each for each in command if each.startswith("developer_instructions=")]
    assert "sys" in told
    assert f"create_goal with a token_budget of 5000 and this objective:\\n{asked}" in told
    assert "features.multi_agent=false" in command
