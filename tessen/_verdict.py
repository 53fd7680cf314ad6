"""Which signal a failed call carries.

What belongs here is what holds for every vendor: how a call failed. What can be wrong with an answer's
content is the business of each vendor's file.
"""

from __future__ import annotations

from collections.abc import Iterable

_BY_STATUS = {
    429: "rate_limited",
    529: "overloaded",
    401: "auth_error",
    403: "permission_denied",
    404: "not_found",
    409: "conflict",
    422: "unprocessable",
    400: "invalid_request",
}
_BY_TYPE = {
    # names that vendors give their errors, in bodies and in streams
    "rate_limit_error": "rate_limited",
    "rate_limit_exceeded": "rate_limited",
    "insufficient_quota": "rate_limited",
    "overloaded_error": "overloaded",
    "authentication_error": "auth_error",
    "invalid_api_key": "auth_error",
    "permission_error": "permission_denied",
    "not_found_error": "not_found",
    "invalid_request_error": "invalid_request",
    "api_error": "server_error",
    "server_error": "server_error",
    "timeout_error": "server_error",
    "rate_limited": "rate_limited",
    "service_tier_capacity_exceeded": "rate_limited",
    "RESOURCE_EXHAUSTED": "rate_limited",
    "UNAUTHENTICATED": "auth_error",
    "PERMISSION_DENIED": "permission_denied",
    "NOT_FOUND": "not_found",
    "ABORTED": "conflict",
    "INVALID_ARGUMENT": "invalid_request",
    "FAILED_PRECONDITION": "invalid_request",
    "internal_server_error": "server_error",
    "INTERNAL": "server_error",
    "UNAVAILABLE": "server_error",
    "DEADLINE_EXCEEDED": "server_error",
    "throttlingException": "rate_limited",
    "serviceUnavailableException": "server_error",
    "internalServerException": "server_error",
    "modelStreamErrorException": "server_error",
    "modelTimeoutException": "server_error",
    "validationException": "invalid_request",
    # names of the SDKs' exceptions
    "RateLimitError": "rate_limited",
    "OverloadedError": "overloaded",
    "AuthenticationError": "auth_error",
    "PermissionDeniedError": "permission_denied",
    "NotFoundError": "not_found",
    "ConflictError": "conflict",
    "UnprocessableEntityError": "unprocessable",
    "BadRequestError": "invalid_request",
    "InternalServerError": "server_error",
    # what connections die of, in the SDKs, the HTTP libraries and Python itself
    "APIConnectionError": "connection_error",
    "TransportError": "connection_error",
    "ConnectionError": "connection_error",
    "TimeoutError": "connection_error",
    "gaierror": "connection_error",
    "SSLError": "connection_error",
    "IncompleteStream": "connection_error",
    "HTTPException": "connection_error",
    "MaxRetryError": "connection_error",
    "NewConnectionError": "connection_error",
    "ProtocolError": "connection_error",
    "ClientConnectionError": "connection_error",
    "ClientPayloadError": "connection_error",
    "HTTPClientError": "connection_error",
}


def http_signal(names: Iterable[str], status: int | None) -> str | None:
    """Return the signal of a failed call.

    Args:
        names: What the failure is called: by the vendor, then by Python, base classes last.
        status: The HTTP status, if one arrived. It decides where it is an error; in the midst of a stream
            it is 200, and the names decide; a gateway's are the status that it was given itself.
    """
    if status is not None and status >= 400:
        return _BY_STATUS.get(status) or ("server_error" if status >= 500 else "client_error")
    for name in names:
        is_status = len(name) == len("500") and name.isdecimal()
        signal = http_signal((), int(name)) if is_status else _BY_TYPE.get(name)
        if signal is not None:
            return signal
    return None
