"""Answers of the proxy's own, for requests to which the API gave none.

What belongs here is their bodies, in the shape in which the engine's API states its errors.
"""

from __future__ import annotations

import json

from capture.proxy.formats import ANTHROPIC
from capture.proxy.headers import Headers, values_of

BAD_GATEWAY = 502


def refusal(api_format: str | None, headers: Headers, message: str) -> bytes:
    """Return the JSON body of an error.

    Args:
        api_format: The protocol spoken, as far as the path tells.
        headers: The request's; they tell where the path does not.
        message: What went wrong.
    """
    if api_format == ANTHROPIC or values_of(headers, b"anthropic-version"):
        body: object = {"type": "error", "error": {"type": "api_error", "message": message}}
    else:
        error = {"message": message, "type": "server_error", "param": None, "code": "bad_gateway"}
        body = {"error": error}
    return json.dumps(body).encode()
