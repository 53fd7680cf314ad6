"""Which requests ask a model, and in which protocol.

What belongs here is the way from a request's method and path to the vendor's own description of the
operation, and the protocols' names in `api_captures.jsonl`.
"""

from __future__ import annotations

import re
from typing import NamedTuple

from tessen.vendors.every import VENDORS
from tessen.vendors.interface import Endpoint, Vendor

ANTHROPIC, RESPONSES, CHAT = "anthropic_messages", "openai_responses", "openai_chat"

_BY_SURFACE = {
    "messages.create": ANTHROPIC,
    "responses.create": RESPONSES,
    "chat.completions.create": CHAT,
}
_VERTEX = re.compile(r"/publishers/anthropic/models/(?P<model>[^/:]+):(?:stream)?rawPredict$", re.I)
"""Claude on Vertex AI: the Messages API at another path, the model in it."""


class Operation(NamedTuple):
    """What a request that asks a model asks for."""

    api_format: str
    vendor: Vendor
    endpoint: Endpoint
    model: str | None
    """Where the path says it and the body does not."""


def operation_of(method: str, target: str) -> Operation | None:
    """Return the operation of a request; None for one that asks no model.

    Args:
        method: The HTTP method.
        target: The path, with or without a query.
    """
    if method != "POST":
        return None
    path = target.split("?", 1)[0]
    vertex = _VERTEX.search(path)
    asked = "/v1/messages" if vertex else path
    for vendor in VENDORS:
        endpoint = vendor.asks_a_model(asked)
        if endpoint is not None and endpoint.surface in _BY_SURFACE:
            return Operation(
                _BY_SURFACE[endpoint.surface], vendor, endpoint, vertex["model"] if vertex else None
            )
    return None
