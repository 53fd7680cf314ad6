"""Which requests ask a model, and in which protocol.

What belongs here is the way from a request's method and path to the vendor's own description of the
operation, and the protocols' names in `api_captures.jsonl`.
"""

from __future__ import annotations

import re
from typing import NamedTuple
from urllib.parse import unquote

from tessen.vendors.every import ASKED
from tessen.vendors.interface import Endpoint, Vendor

ANTHROPIC, RESPONSES, CHAT = "anthropic_messages", "openai_responses", "openai_chat"

_BY_SURFACE = {
    "messages.create": ANTHROPIC,
    "responses.create": RESPONSES,
    "chat.completions.create": CHAT,
}
_VERTEX = re.compile(r"/publishers/anthropic/models/(?P<model>[^/:]+):(?:stream)?rawPredict$", re.I)
"""Claude on Vertex AI: the Messages API at another path, the model in it."""
_BEDROCK = re.compile(
    r"/model/(?P<model>[^/]*(?:anthropic|arn:|arn%3a)[^/]*)/invoke(?:-with-response-stream)?$", re.I
)
"""Claude on Amazon Bedrock: the same, streams in Amazon's frames. An ARN does not say whose model it is."""


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
    cloud = _VERTEX.search(path) or _BEDROCK.search(path)
    asked = "/v1/messages" if cloud is not None and cloud.re is _VERTEX else path
    for vendor in ASKED:
        endpoint = vendor.asks_a_model(asked)
        api_format = ANTHROPIC if cloud else _BY_SURFACE.get(endpoint.surface or "") if endpoint else None
        if endpoint is not None and api_format is not None:
            return Operation(api_format, vendor, endpoint, unquote(cloud["model"]) if cloud else None)
    return None
