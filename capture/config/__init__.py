"""The configuration of a run: its fields and defaults, and reading it from YAML."""

from __future__ import annotations

from capture.config.load import ConfigError, load_config, parse_config
from capture.config.models import AgentConfig, CommandConfig, Config, JudgeConfig, SessionConfig

__all__ = [
    "AgentConfig",
    "CommandConfig",
    "Config",
    "ConfigError",
    "JudgeConfig",
    "SessionConfig",
    "load_config",
    "parse_config",
]
