"""How Codex is started: its command line and variables."""

from __future__ import annotations

import json

from capture.config import Config
from capture.engines.codex.midway import marked
from capture.engines.codex.program import program
from capture.engines.interface import Launch

PROVIDER = "harness"
KEY_VARIABLE = "HARNESS_CODEX_KEY"
QUIET: dict[str, str | bool] = {
    "check_for_update_on_startup": False,
    "features.plugins": False,  # which it would fetch from GitHub
    "otel.metrics_exporter": "none",
}
"""Settings without which it speaks with others than its model."""


def arguments(launch: Launch, resume: str | None) -> list[str]:
    """Return the command line.

    Args:
        launch: The session.
        resume: The id of the conversation to go on with, which lies in the launch's home already.
    """
    config = launch.config
    settings: dict[str, str | bool | int] = {
        "sandbox_mode": config.sandbox_mode,
        "features.multi_agent": config.codex_multi_agent,
        "developer_instructions": _instructions(launch),
        **QUIET,
    }
    if config.sandbox_workspace_network_access is not None:
        settings["sandbox_workspace_write.network_access"] = config.sandbox_workspace_network_access
    if not config.load_project_settings:
        settings["project_doc_max_bytes"] = 0
    command = [*launch.wrap, str(program()), "exec", *(["resume", resume] if resume else [])]
    command += ["--json", "--skip-git-repo-check", "-m", config.model]
    for name, value in settings.items():
        command += ["-c", f"{name}={json.dumps(value)}"]  # JSON's strings, numbers and booleans are TOML's
    if launch.key is not None and launch.base_url is not None:
        fields = {"name": PROVIDER, "base_url": launch.base_url, "wire_api": "responses"}
        fields["env_key"] = KEY_VARIABLE
        table = ",".join(f"{name}={json.dumps(value)}" for name, value in fields.items())
        command += ["-c", f"model_provider={PROVIDER}", "-c", f"model_providers.{PROVIDER}={{{table}}}"]
    return [*command, marked(launch.prompt) if launch.midway else launch.prompt]


def environment(launch: Launch) -> dict[str, str]:
    """Return the environment of the program's process."""
    env = {**launch.env, "CODEX_HOME": str(launch.home)}
    return env | {KEY_VARIABLE: launch.key} if launch.key is not None else env


def _instructions(launch: Launch) -> str:
    """Return what Codex is told besides its own instructions, with the goal it is to set itself, if any."""
    config = launch.config
    if config.codex_goal_token_budget is None:
        return launch.system_prompt
    return f"{launch.system_prompt}\n\n{_goal(config, launch.prompt)}"


def _goal(config: Config, prompt: str) -> str:
    objective = config.codex_goal_objective or prompt
    return (
        "Before any substantive work, call create_goal with a token_budget of "
        f"{config.codex_goal_token_budget} and this objective:\n{objective}"
    )
