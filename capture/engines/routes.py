"""Where an engine's requests go, and with which credentials: one route for each engine and provider.

What belongs here is the choice of address and of environment variables. Nothing but what is named here, and
what any program needs, reaches an engine's environment.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from capture.config import Config
from capture.engines.interface import EngineError

EVERYDAY = (
    *("PATH", "HOME", "USER", "LOGNAME", "SHELL", "LANG", "LANGUAGE", "TZ", "TMPDIR", "XDG_RUNTIME_DIR"),
    *("SSL_CERT_FILE", "SSL_CERT_DIR", "REQUESTS_CA_BUNDLE", "NODE_EXTRA_CA_CERTS", "VIRTUAL_ENV"),
    *("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "http_proxy", "https_proxy", "all_proxy"),
)
EVERYDAY_PREFIXES = ("LC_",)

_CLOUD_PREFIXES = {
    "bedrock": ("AWS_", "ANTHROPIC_BEDROCK_", "CLAUDE_CODE_SKIP_BEDROCK_AUTH"),
    "vertex": (
        *("GOOGLE_", "CLOUDSDK_", "CLOUD_ML_REGION", "ANTHROPIC_VERTEX_", "VERTEX_", "GCLOUD_"),
        "CLAUDE_CODE_SKIP_VERTEX_AUTH",
    ),
}
_ADDRESSES = {
    ("claude_code", "anthropic"): "https://api.anthropic.com",
    ("claude_code", "openrouter"): "https://openrouter.ai/api",
    ("builtin", "anthropic"): "https://api.anthropic.com",
    ("builtin", "openai"): "https://api.openai.com/v1",
    ("builtin", "openrouter"): "https://openrouter.ai/api/v1",
    ("codex", "openai"): "https://api.openai.com/v1",
    ("codex", "openrouter"): "https://openrouter.ai/api/v1",
}
_KEYS = {
    "anthropic": "ANTHROPIC_API_KEY",
    "openai": "OPENAI_API_KEY",
    "openrouter": "OPENROUTER_API_KEY",
}
SCRIPTED_KEY = "scripted"


@dataclass(frozen=True, slots=True)
class Route:
    """The way to a model."""

    upstream: str | None
    """The address that paths such as `/v1/messages` or `/responses` are put behind; None where only the
    engine itself knows it, and nothing can stand between."""
    key: str | None
    """The API key; None where the engine has other credentials."""
    env: dict[str, str] = field(default_factory=dict)
    """What the engine's process is given besides the everyday."""


def route(config: Config, environment: Mapping[str, str], scripted: str | None = None) -> Route:
    """Return the way to a run's model.

    Args:
        config: The run.
        environment: The harness's own environment, where keys are looked for.
        scripted: The address of the scripted model that stands in for the provider.

    Raises:
        EngineError: there is no key, and the engine has no other way to prove who it is.
    """
    speaks_openai = config.engine == "codex" or (
        config.engine == "builtin" and config.provider != "anthropic"
    )
    if scripted is not None:
        return Route(f"{scripted}/v1" if speaks_openai else scripted, SCRIPTED_KEY)
    if config.provider in _CLOUD_PREFIXES:
        return _cloud(config, environment)
    address = config.base_url or _ADDRESSES[config.engine, config.provider]
    name = _KEYS[config.provider]
    key = environment.get(name)
    if key:
        return Route(address, key)
    if config.engine == "claude_code" and config.provider == "anthropic":
        tokens = ("ANTHROPIC_AUTH_TOKEN", "CLAUDE_CODE_OAUTH_TOKEN")
        return Route(address, None, {each: environment[each] for each in tokens if environment.get(each)})
    if config.engine == "codex" and config.provider == "openai":
        if config.capture_api_requests:
            raise EngineError(
                f"set {name}, or use --no-capture: a `codex login` cannot go through the recorder"
            )
        return Route(None, None)
    if config.base_url:
        return Route(address, "none")
    raise EngineError(f"set {name} for provider {config.provider}, or try --script with a scripted model")


def everyday(environment: Mapping[str, str]) -> dict[str, str]:
    """Return what any program needs of an environment, and nothing that is the user's own business."""
    kept = {
        name: value
        for name, value in environment.items()
        if name in EVERYDAY or name.startswith(EVERYDAY_PREFIXES)
    }
    hosts = [environment.get("NO_PROXY") or environment.get("no_proxy"), "127.0.0.1", "localhost"]
    kept["NO_PROXY"] = kept["no_proxy"] = ",".join(filter(None, hosts))
    return kept | {"TERM": "dumb"}


def _cloud(config: Config, environment: Mapping[str, str]) -> Route:
    """Return the way to a cloud, which signs or proves each request in its own manner."""
    prefixes = _CLOUD_PREFIXES[config.provider]
    env = {name: value for name, value in environment.items() if name.startswith(prefixes)}
    if config.provider == "vertex":
        region = environment.get("CLOUD_ML_REGION", "us-east5")
        host = "aiplatform.googleapis.com" if region == "global" else f"{region}-aiplatform.googleapis.com"
        return Route(config.base_url or f"https://{host}/v1", None, env | {"CLAUDE_CODE_USE_VERTEX": "1"})
    region = environment.get("AWS_REGION") or environment.get("AWS_DEFAULT_REGION") or "us-east-1"
    address = config.base_url or f"https://bedrock-runtime.{region}.amazonaws.com"
    proofs = ("AWS_BEARER_TOKEN_BEDROCK", "CLAUDE_CODE_SKIP_BEDROCK_AUTH")
    signed = not any(map(environment.get, proofs))  # a signature covers the host: no one may stand between
    return Route(None if signed else address, None, env | {"CLAUDE_CODE_USE_BEDROCK": "1"})
