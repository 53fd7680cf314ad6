"""The hook under botocore, for Amazon Bedrock.

What belongs here is the wrapping of `BaseClient._make_api_call`, which is one call with its retries; each of
its requests goes through urllib3, whose hook makes them attempts of the call.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Mapping
from types import ModuleType
from typing import Any

from tessen import _guard, _recorder
from tessen._call import CURRENT, FLOOR, Call
from tessen._frames import call_site
from tessen.vendors import bedrock
from tessen.vendors.interface import Endpoint

_SERVICE = "bedrock-runtime"


def wrap(module: ModuleType) -> None:
    """Wrap the client; a second time changes nothing."""
    client = getattr(module, "BaseClient", None)
    original = getattr(client, "_make_api_call", None)
    if original is not None and not hasattr(original, "__tessen__"):
        wrapped = _wrap(original)
        wrapped.__tessen__ = True
        client._make_api_call = wrapped  # type: ignore[union-attr]


def _wrap(original: Callable[..., Any]) -> Any:
    @functools.wraps(original)
    def _make_api_call(self: Any, operation_name: str, api_params: Any) -> Any:
        call = _begin(self, operation_name, api_params)
        if call is None:
            return original(self, operation_name, api_params)
        token = CURRENT.set(call)
        try:
            result = original(self, operation_name, api_params)
        except BaseException as problem:
            call.failed(problem)
            raise
        finally:
            _guard.leave(token)
        call.returned()
        return result

    return _make_api_call


@_guard.guarded("recording the start of a call")
def _begin(client: Any, operation_name: str, api_params: Any) -> Call | None:
    recorder = _recorder.active
    if recorder is None or client.meta.service_model.service_name != _SERVICE:
        return None
    http = client.meta.service_model.operation_model(operation_name).http
    known = bedrock.VENDOR.endpoint(http["method"], http["requestUri"])
    name = client.meta.method_to_api_mapping
    surface = next((python for python, api in name.items() if api == operation_name), operation_name)
    endpoint = known if known.dialect is not None else Endpoint(surface)
    call = Call(recorder, bedrock.VENDOR, endpoint, FLOOR, call_site())
    call.method = http["method"]
    call.base_url = client.meta.endpoint_url
    call.intended_url = lambda: f"{client.meta.endpoint_url}{http['requestUri']}"
    call.asked_to_stream = http["requestUri"].endswith("stream")
    call.options_body = api_params if isinstance(api_params, Mapping) else None
    return call
