"""Which call a request belongs to.

What belongs here is the decision that every HTTP library's hook asks for: an attempt of the call in whose
context it is sent, a call by itself since it asks a model, or none of ours.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from contextvars import ContextVar, Token
from typing import Any
from urllib.parse import unquote

from tessen import _guard, _json, _recorder
from tessen._call import CURRENT, FLOOR, Call
from tessen._floor import redirected
from tessen._floor.again import FloorCall, continued
from tessen._floor.message import path_of
from tessen._frames import call_site
from tessen.vendors.every import ASKED

_MODEL = re.compile(r"/model/([^/]+)|/models/([^/:]+)")

_NOTHING = object()
_sending: ContextVar[object] = ContextVar("tessen_sending", default=_NOTHING)
"""The call in whose context a library has a recorded request in its hands just now, None being one too. The
libraries that it stands on see the request again, and let it pass. A call that the program makes meanwhile,
in a hook of the library's or a signal handler, is another one."""


def begin_sending() -> Token[object]:
    """Note that the library below is about to send a recorded request; `_guard.leave` ends it."""
    return _sending.set(CURRENT.get())


@_guard.guarded("recording a request")
def call_for(client: Any, request: Any) -> Call | None:
    """Return the call that a request belongs to; None for one that is not recorded.

    Args:
        client: What sends it, of whatever library.
        request: A request of httpx2 or httpx, or a `Sent`.
    """
    call = CURRENT.get()
    if _sending.get() is call and (call is None or not call.recorded):
        return None
    if call is not None and call.owns(client, request):
        return call
    recorder = _recorder.active
    if recorder is None:
        return None
    call = redirected.continued(request)
    return _floor_call(recorder, request) if call is None and request.method == "POST" else call


def _floor_call(recorder: _recorder.Recorder, request: Any) -> Call | None:
    """Return a call for a request that no SDK of ours makes, if it asks a model."""
    url = str(request.url)
    path, host = path_of(url), url.partition("://")[2].partition("/")[0]
    agent = (request.headers.get("user-agent") or "").lower()
    for vendor in sorted(ASKED, key=lambda each: (each.host not in host, each.host not in agent)):
        endpoint = vendor.asks_a_model(path)
        if endpoint is None:
            continue
        asked = _asked(request)
        model = asked.get("model") or _model_in(path)
        if not model and not asked.get("agent_id"):
            return None  # an address that looks like a vendor's, and a body that does not
        call = continued(request)
        if call is not None:
            return call
        call = FloorCall(recorder, vendor, endpoint, FLOOR, call_site())
        call.options_body = {**asked, "model": model} if model else asked
        call.asked_to_stream = asked.get("stream") is True or "stream" in path.rpartition("/")[2].lower()
        return call
    return None


def _asked(request: Any) -> Mapping[str, Any]:
    """Return the parsed body of a request; empty if it is not a JSON object."""
    try:
        value = _json.parse(request.content.decode())
    except Exception:  # not read yet, not text, not JSON: in no case a request to a model
        return {}
    return value if isinstance(value, Mapping) else {}


def _model_in(path: str) -> str | None:
    """Return the model that a path names: `/models/<model>:generateContent`, `/model/<model>/converse`."""
    found = _MODEL.search(path)
    return unquote(found[1] or found[2]) if found else None
