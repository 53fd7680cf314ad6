"""The base clients that Anthropic's and OpenAI's SDKs have in common.

What belongs here is the reading of their `request(cast_to, options, stream=…)`.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from tessen._floor.message import path_of
from tessen._shapes import is_object
from tessen.vendors.interface import Asked, Trunk

_NOT_GIVEN = ("Omit", "NotGiven")
"""What stands for a parameter that is left out; beside files, the SDKs take it out late."""


def trunk(package: str) -> Trunk:
    """Return where the SDK in a package is wrapped."""
    methods = ("SyncAPIClient.request", "AsyncAPIClient.request")
    return Trunk(f"{package}._base_client", methods, ("cast_to", "options"), _asked)


def _asked(client: Any, arguments: Mapping[str, Any]) -> Asked:
    options = arguments["options"]
    method = str(options.method).upper()
    path = str(options.url)
    body = options.json_data
    if getattr(options, "files", None) and is_object(body):
        body = {name: value for name, value in body.items() if type(value).__name__ not in _NOT_GIVEN}
    streams = arguments.get("stream") or (is_object(body) and body.get("stream") is True)
    return Asked(
        method,
        path_of(path) if "://" in path else path,
        None if method == "GET" else body,
        bool(streams),
        lambda: _intended_url(client, path),
        lambda: (getattr(client, "_client", None),),
    )


def _intended_url(client: Any, path: str) -> str:
    if "://" in path:
        return path
    return f"{str(client.base_url).rstrip('/')}/{path.lstrip('/')}"
