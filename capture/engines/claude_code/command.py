"""How Claude Code is started: flags, variables, and the first lines it is told."""

from __future__ import annotations

import os
from typing import Any

import orjson

from capture.config import AgentConfig
from capture.engines.claude_code.midway import MARKER
from capture.engines.claude_code.program import program
from capture.engines.interface import Launch

Json = dict[str, Any]

QUIET = {
    "CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC": "1",  # no session titles, no probes
    "CLAUDE_CODE_DISABLE_BACKGROUND_TASKS": "1",  # or a subagent's result is only a launch notice
    "CLAUDE_CODE_ENTRYPOINT": "sdk-py",
    "DISABLE_AUTOUPDATER": "1",
}


def arguments(launch: Launch) -> list[str]:
    """Return the command line."""
    config = launch.config
    tools = [
        *config.allowed_tools,
        *(["Agent"] if config.agents and "Agent" not in config.allowed_tools else []),
    ]
    command = [
        *launch.wrap,
        str(program()),
        *("-p", "--verbose", "--input-format", "stream-json", "--output-format", "stream-json"),
        *("--model", config.model, "--max-turns", str(launch.max_turns)),
        *("--permission-mode", config.permission_mode),
        *("--tools", ",".join(tools)),  # restricts; --allowedTools would only approve in advance
        *("--system-prompt", launch.system_prompt),
        f"--setting-sources={'project' if config.load_project_settings else ''}",
    ]
    if not config.load_project_settings:
        command.append("--strict-mcp-config")
    if config.permission_mode != "bypassPermissions":
        command += ["--allowedTools", ",".join(tools)]
    if config.max_budget_usd is not None:
        command += ["--max-budget-usd", str(config.max_budget_usd)]
    if launch.resume is not None:
        command += [f"--resume={launch.resume.session_id}", "--system-prompt-snapshot", "off"]
    if launch.fork:
        command.append("--fork-session")
    if launch.midway and launch.config.agents:  # it goes on before it reads what it is told
        command += ["--agents", orjson.dumps(_agents(launch)).decode()]
    return command


def environment(launch: Launch) -> dict[str, str]:
    """Return the environment of the program's process."""
    config, env = launch.config, {**launch.env, **QUIET, "CLAUDE_CONFIG_DIR": str(launch.home)}
    env["CLAUDE_CODE_TMPDIR"] = str(launch.home)  # or sessions of one user share a folder in /tmp
    if os.geteuid() == 0 or launch.wrap:
        env["IS_SANDBOX"] = "1"  # root, also a namespace's own, may not bypass permissions otherwise
    if launch.midway:
        env |= {
            "CLAUDE_CODE_RESUME_INTERRUPTED_TURN": "1",
            "CLAUDE_CODE_RESUME_PROMPT": launch.prompt or MARKER,
        }
    if launch.base_url is not None:
        env[_address_variable(config.provider)] = launch.base_url
    if launch.key is not None:
        bearer = config.provider == "openrouter"
        env |= (
            {"ANTHROPIC_AUTH_TOKEN": launch.key, "ANTHROPIC_API_KEY": ""}
            if bearer
            else {"ANTHROPIC_API_KEY": launch.key}
        )
    return env


def first_lines(launch: Launch) -> bytes:
    """Return what the program is told first: its subagents, and the prompt."""
    agents = {} if launch.midway else _agents(launch)
    initialize: Json = {
        "type": "control_request",
        "request_id": "initialize",
        "request": {"subtype": "initialize", "hooks": None, **({"agents": agents} if agents else {})},
    }
    if launch.midway:
        return orjson.dumps(initialize) + b"\n"
    prompt: Json = {
        "type": "user",
        "message": {"role": "user", "content": launch.prompt},
        "parent_tool_use_id": None,
        "session_id": "",
    }
    return orjson.dumps(initialize) + b"\n" + orjson.dumps(prompt) + b"\n"


def _address_variable(provider: str) -> str:
    special = {"bedrock": "ANTHROPIC_BEDROCK_BASE_URL", "vertex": "ANTHROPIC_VERTEX_BASE_URL"}
    return special.get(provider, "ANTHROPIC_BASE_URL")


def _agents(launch: Launch) -> Json:
    return {agent.name: _agent(agent) for agent in launch.config.agents}


def _agent(agent: AgentConfig) -> Json:
    given = {"tools": agent.tools, "model": agent.model}
    return {
        "description": agent.description,
        "prompt": agent.prompt,
        **{name: value for name, value in given.items() if value is not None},
    }
