"""OpenAI: where its SDK is wrapped and what its operations are called.

The two ways in which it asks a model have a file each: `openai_chat` and `openai_responses`.
"""

from __future__ import annotations

from tessen.vendors import stainless
from tessen.vendors.interface import Endpoint, Vendor, generic_surface
from tessen.vendors.openai_chat import CHAT
from tessen.vendors.openai_responses import RESPONSES

_ASKING = {
    "/chat/completions": Endpoint("chat.completions.create", CHAT, billed=True),
    "/responses": Endpoint("responses.create", RESPONSES, billed=True),
}
_NAMED = {
    "/embeddings": Endpoint("embeddings.create", billed=True),
    "/responses/input_tokens": Endpoint("responses.input_tokens.count"),
    "/images/generations": Endpoint("images.generate", billed=True),
    "/images/edits": Endpoint("images.edit", billed=True),
    "/completions": Endpoint("completions.create", billed=True),
    "/responses/compact": Endpoint("responses.compact", billed=True),
    "/audio/transcriptions": Endpoint("audio.transcriptions.create", billed=True),
}


def _endpoint(method: str, path: str) -> Endpoint:
    path = path.split("?", 1)[0].removeprefix("/v1")
    named = (_ASKING.get(path) or _NAMED.get(path)) if method == "POST" else None
    return named or Endpoint(generic_surface(method, path))


def _asks_a_model(path: str) -> Endpoint | None:
    for ending, endpoint in _ASKING.items():
        if path.endswith(ending):
            return endpoint
    return None


VENDOR = Vendor("openai", "openai", (stainless.trunk("openai"),), _endpoint, _asks_a_model)
