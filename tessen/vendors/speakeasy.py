"""The base class that Mistral's SDK and Gemini's interactions have in common.

What belongs here is the reading of its `do_request(hook_ctx, request, …, stream=…)`, which is given a request
that is ready to be sent.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from tessen.vendors.interface import Asked, Trunk


def trunk(module: str, *, awaited: str = "BaseSDK") -> Trunk:
    """Return where an SDK with the base class in a module is wrapped; `awaited` is that of async methods."""
    methods = "BaseSDK.do_request", f"{awaited}.do_request_async"
    return Trunk(module, methods, ("hook_ctx", "request"), _asked)


def _asked(client: Any, arguments: Mapping[str, Any]) -> Asked:
    request = arguments["request"]
    settings = client.sdk_configuration
    return Asked(
        request.method,
        request.url.path,
        None,
        bool(arguments.get("stream")),
        lambda: str(request.url),
        lambda: (settings.client, settings.async_client),
    )
