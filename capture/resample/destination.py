"""Where a request is sent again, and with whose key.

A record says where its request went, and a record may come from anyone: a key goes only to its own vendor's
host, or to an address that the user has named. Keys are read from the environment and kept in memory.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from urllib.parse import urlsplit, urlunsplit

from capture.cursor import Cursor

_BASES = {
    "anthropic": "https://api.anthropic.com",
    "openai": "https://api.openai.com/v1",
    "google_gemini": "https://generativelanguage.googleapis.com",
    "cohere": "https://api.cohere.com",
    "mistral": "https://api.mistral.ai",
}
_OPENROUTER = {"anthropic": "https://openrouter.ai/api", "openai": "https://openrouter.ai/api/v1"}
_KEYS = {
    "anthropic": ("ANTHROPIC_API_KEY", "ANTHROPIC_AUTH_TOKEN"),
    "openai": ("OPENAI_API_KEY",),
    "openrouter": ("OPENROUTER_API_KEY",),
    "google_gemini": ("GEMINI_API_KEY", "GOOGLE_API_KEY"),
    "cohere": ("CO_API_KEY", "COHERE_API_KEY"),
    "mistral": ("MISTRAL_API_KEY",),
}
_HOSTS = {
    "api.anthropic.com": "anthropic",
    "api.openai.com": "openai",
    "openrouter.ai": "openrouter",
    "generativelanguage.googleapis.com": "google_gemini",
    "api.cohere.com": "cohere",
    "api.cohere.ai": "cohere",
    "api.mistral.ai": "mistral",
}
PROVIDERS = tuple(_KEYS)
_KEY_HEADERS = {"ANTHROPIC_API_KEY": "x-api-key", "GEMINI_API_KEY": "x-goog-api-key"} | {
    "GOOGLE_API_KEY": "x-goog-api-key"
}


_VERSIONED = re.compile(r"/v\d")


class DestinationError(ValueError):
    """It is not known where a request should go, or there is no key for it. The message is one line."""


@dataclass(frozen=True, slots=True)
class Destination:
    """Where a request goes."""

    url: str
    vendor: str | None
    """Whose prices hold; None where only the model's name can say."""
    credentials: dict[str, str] = field(default_factory=dict, repr=False)
    """Headers that say who asks. Never written."""

    @property
    def host(self) -> str:
        """The host, for people."""
        return urlsplit(without_password(self.url)).netloc


def destination(
    cursor: Cursor,
    environment: Mapping[str, str],
    *,
    provider: str | None = None,
    base_url: str | None = None,
    scripted: str | None = None,
) -> Destination:
    """Return where the request at a cursor goes.

    Args:
        cursor: It stands at the request.
        environment: Where keys are looked for.
        provider: One of `PROVIDERS`, in place of the recorded one.
        base_url: An address in place of the provider's.
        scripted: The address of a scripted model in place of any.

    Raises:
        DestinationError: the address is not one that a key may be sent to, or there is no key.
        CursorError: the request asks no model.
    """
    speaks, path = cursor.protocol[0].provider, cursor.at.path
    if scripted is not None:
        base = scripted if _VERSIONED.match(path) else f"{scripted}/v1"
        return Destination(joined(base, path), speaks)
    recorded_at = cursor.at.url or ""
    known = _known(recorded_at)
    asked = provider or known or speaks
    if speaks not in _BASES:
        raise DestinationError(f"requests to {speaks} are signed one by one, and cannot be sent again")
    if asked not in _KEYS:
        raise DestinationError(f"{asked}: unknown provider; there are {', '.join(PROVIDERS)}")
    url = _address(speaks, asked, path, provider, base_url)
    if url is None:
        if known is None:
            where = urlsplit(recorded_at).netloc or "an address that is not on record"
            raise DestinationError(
                f"the request went to {where}, which is no vendor's; say where to send it with --base-url, "
                "--provider or --script"
            )
        url = recorded_at
    return Destination(
        url, None if asked == "openrouter" else asked, _credentials(asked, environment, base_url)
    )


def without_password(url: str) -> str:
    """Return an address as it may be written: without a user and a password."""
    parts = urlsplit(url)
    return urlunsplit(parts._replace(netloc=parts.netloc.rpartition("@")[2]))


def joined(base: str, path: str) -> str:
    """Return an address behind which a path stands; a version that both name stands there once."""
    base = base.rstrip("/")
    version = base.rpartition("/")[2]
    if version in ("v1", "v1beta", "v2") and path.startswith(f"/{version}/"):
        base = base.removesuffix(f"/{version}")
    return f"{base}/{path.lstrip('/')}"


def _address(speaks: str, asked: str, path: str, provider: str | None, base_url: str | None) -> str | None:
    """Return the address that the user has named; None for the recorded one."""
    if base_url is not None:
        if urlsplit(base_url).scheme not in ("http", "https") or not urlsplit(base_url).netloc:
            raise DestinationError(f"--base-url {base_url}: not an address such as https://host/v1")
        return joined(base_url, path)
    if provider is None:
        return None
    base = _OPENROUTER.get(speaks) if asked == "openrouter" else _BASES[asked] if asked == speaks else None
    if base is None:
        raise DestinationError(f"{asked} does not speak this request's protocol, which is {speaks}'s")
    return joined(base, path)


def _known(url: str) -> str | None:
    parts = urlsplit(url)
    return _HOSTS.get(parts.hostname or "") if parts.scheme == "https" and parts.port in (None, 443) else None


def _credentials(asked: str, environment: Mapping[str, str], base_url: str | None) -> dict[str, str]:
    for name in _KEYS[asked]:
        key = environment.get(name, "").strip()
        if key:
            header = _KEY_HEADERS.get(name, "authorization")
            return {header: f"Bearer {key}" if header == "authorization" else key}
    if base_url is not None:
        return {}
    raise DestinationError(f"set {_KEYS[asked][0]} for {asked}, or try --script with a scripted model")
