"""What both OpenAI APIs have in common: the error body, and the response headers."""

from __future__ import annotations

from capture.scripted.answer import ErrorAnswer
from capture.scripted.dialect import Json

ERRORS: dict[int, tuple[str, str | None]] = {
    400: ("invalid_request_error", None),
    401: ("invalid_request_error", "invalid_api_key"),
    403: ("insufficient_permissions", None),
    404: ("invalid_request_error", "model_not_found"),
    429: ("requests", "rate_limit_exceeded"),
    503: ("service_unavailable_error", None),
}
"""The usual `type` and `code` of a status."""

MESSAGES = {
    429: "Rate limit reached for requests",
    503: "The engine is currently overloaded, please try again later",
}


def error(answer: ErrorAnswer, request_id: str) -> Json:
    """Render an error's body."""
    server_side = ("server_error", None)
    kind, code = ERRORS.get(answer.status, server_side if answer.status >= 500 else ERRORS[400])
    message = answer.message or MESSAGES.get(answer.status, f"Scripted error {answer.status}")
    return {
        "error": {
            "message": message,
            "type": answer.type or kind,
            "param": None,
            "code": answer.code or code,
        },
    }


def headers(request_id: str, status: int) -> dict[str, str]:
    """Return the headers of the API."""
    return {
        "x-request-id": request_id,
        "openai-version": "2020-10-01",
        "openai-organization": "scripted",
        "x-ratelimit-limit-requests": "10000",
        "x-ratelimit-remaining-requests": "0" if status == 429 else "9999",
    }
