"""The fields of a run's configuration, with their defaults.

What belongs here is what each field is and what it may hold on its own. What fields must hold together is in
`rules.py`. Names and defaults are those of AgentLens's reference; `engine: builtin`, `script`, and the
provider `openai` for the builtin engine are ours.
"""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, field_validator

EngineName = Literal["claude_code", "codex", "builtin"]
Provider = Literal["anthropic", "openai", "openrouter", "bedrock", "vertex"]
SessionMode = Literal["isolated", "chained", "forked"]
PermissionMode = Literal["acceptEdits", "bypassPermissions"]
SandboxMode = Literal["read-only", "workspace-write", "danger-full-access"]

TOOLS = ("Read", "Grep", "Glob", "Bash", "Write", "Edit")
Count = Annotated[int, Field(ge=1)]
Text = Annotated[str, Field(min_length=1)]


class Part(BaseModel):
    """A mapping of the file: unknown keys are errors, and values are not changed afterwards."""

    model_config = ConfigDict(extra="forbid", frozen=True, protected_namespaces=())


class SessionConfig(Part):
    """One session: a prompt, and what differs from the rest of the run."""

    session_index: Count
    """Counted from 1, without gaps."""
    prompt: Text
    system_prompt: str | None = None
    """In place of the run's."""
    max_turns: Count | None = None
    """In place of the run's."""
    fork_from: Count | None = None
    """The earlier session whose conversation and files this one starts from, whatever the mode."""
    count: Count = 1
    """Independent replicates of this session, run in parallel, each in its own copy of the files."""


class AgentConfig(Part):
    """A subagent that the main agent can hand work to."""

    name: Annotated[str, Field(pattern=r"^[A-Za-z0-9_-]+$")]
    description: Text
    prompt: Text
    tools: list[str] | None = None
    """The tools it has; None for those of the main agent."""
    model: str | None = None
    """A model, or sonnet, opus, haiku, inherit; None to inherit."""


class JudgeConfig(Part):
    """A model that reads along and says whether the rubric is met."""

    model: Text
    rubric: Text
    provider: Literal["anthropic", "openai", "openrouter"] = "anthropic"
    base_url: str | None = None
    api_key_env: str | None = None
    every_n_turns: Count = 5
    early_exit: bool = False
    include_reasoning: bool = True
    max_tokens: Count = 1024
    temperature: Annotated[float, Field(ge=0, le=2)] = 0.0


class CommandConfig(Part):
    """A shell command before or after the sessions. It finds HARNESS_RUN_DIR and HARNESS_WORK_DIR."""

    command: Text
    cwd: str | None = None
    """The harness's own when absent."""
    timeout_seconds: Annotated[float, Field(gt=0)] = 30
    check: bool = True
    """Whether an exit code other than 0 fails the run."""


class Config(Part):
    """A run: which agent, on what, through which sessions."""

    engine: EngineName = "claude_code"
    model: Text
    provider: Provider = "anthropic"
    """Where the model is reached; for codex: openai unless said."""
    base_url: str | None = None
    """In place of the provider's address."""
    script: str | None = None
    """A scripted model (`docs/scripted-model.md`) in place of any provider: no key, no network, no cost."""
    hypothesis: str | None = None
    work_dir: Text
    repo_name: str | None = None
    run_name: Annotated[str, Field(pattern=r"^[^/\x00-\x1f]+$", max_length=200)] | None = None
    tags: list[str] = []
    session_mode: SessionMode = "isolated"
    system_prompt: str | None = None
    allowed_tools: list[str] = list(TOOLS)
    max_turns: Count = 50
    permission_mode: PermissionMode = "bypassPermissions"
    memory_file: Text = "MEMORY.md"
    memory_seed: str = "# Notes\n"
    max_budget_usd: Annotated[float, Field(gt=0)] | None = None
    idle_timeout_seconds: Annotated[float, Field(gt=0)] = 1800
    """A session in which nothing at all happens for so long is ended."""
    revert_work_dir: bool = False
    load_project_settings: bool = False
    agents: list[AgentConfig] = []
    capture_subagent_trajectories: bool = True
    capture_api_requests: bool = True
    judge: JudgeConfig | None = None
    pre_run_commands: list[CommandConfig] = []
    post_run_commands: list[CommandConfig] = []
    sandbox_mode: SandboxMode = "workspace-write"
    sandbox_workspace_network_access: bool | None = None
    codex_multi_agent: bool = False
    codex_goal_token_budget: Count | None = None
    codex_goal_objective: str | None = None
    sessions: Annotated[list[SessionConfig], Field(min_length=1)]

    @field_validator("run_name")
    @classmethod
    def _names_a_folder(cls, name: str | None) -> str | None:
        if name is not None and (name.startswith(".") or name != name.strip()):
            raise ValueError("must not begin with a dot or begin or end with a space: it names a folder")
        return name

    def session(self, index: int) -> SessionConfig:
        """Return the session of this index."""
        return self.sessions[index - 1]

    def as_dict(self) -> dict[str, Any]:
        """Return all fields, defaults filled in, as they stand in a run's `config.yaml`."""
        return self.model_dump(mode="json")
