"""Amazon Bedrock: models of many makers at one address, asked through botocore or by hand.

The provider is `bedrock`, whoever made the model: it is whom the program asked, whose limits it ran into and
whose bill it is; the maker stands in the model's id. Converse is a protocol of Bedrock's own, in
`bedrock_converse`; what InvokeModel carries is the maker's own protocol, told apart by its first event.
"""

from __future__ import annotations

import re
from typing import Any

from tessen import _json
from tessen.vendors import anthropic, bedrock_converse
from tessen.vendors.interface import (
    Assembler,
    Dialect,
    Endpoint,
    Json,
    Vendor,
    failure_of,
    generic_surface,
    no_failure,
)

_MODEL_PATH = re.compile(r"/model/[^/]+/(invoke|converse)(?:-with-response-stream|-stream)?$")


class InvokeAssembler(Assembler):
    """Puts one streamed answer together in the protocol of whoever made the model."""

    def __init__(self) -> None:
        self._inner: Assembler | None = None

    def feed(self, event: str | None, data: str) -> None:
        """Take one event: its type, if the framing has told it, and its data."""
        if self._inner is None:
            self._inner = _assembler_for(data)
        self._inner.feed(event, data)
        self.chunks, self.began, self.done = self._inner.chunks, self._inner.began, self._inner.done
        self.failure, self.malformed = self._inner.failure, self._inner.malformed

    def ended_well(self) -> bool:
        """Whether a stream that ends here holds a whole answer."""
        return self._inner is not None and self._inner.ended_well()

    def body(self) -> dict[str, Any] | None:
        """Return the answer as it would have come in one piece; None if it never started."""
        return None if self._inner is None else self._inner.body()


class ChunkAssembler(Assembler):
    """Keeps the events of a protocol that is not known, as they are."""

    def __init__(self) -> None:
        self._chunks: list[Any] = []

    def feed(self, event: str | None, data: str) -> None:
        """Take one event."""
        self.began = True
        self.chunks += 1
        try:
            value = _json.parse_event(data)
        except (ValueError, RecursionError):
            self.malformed = True
            value = data
        if event == "error" and isinstance(value, dict):
            self.failure = failure_of(value.get("error"), value)
        self._chunks.append(value)

    def ended_well(self) -> bool:
        """Whether a stream that ends here holds a whole answer: Bedrock adds its figures to the last."""
        last = self._chunks[-1] if self._chunks else None
        return isinstance(last, dict) and "amazon-bedrock-invocationMetrics" in last

    def body(self) -> dict[str, Any] | None:
        """Return the events under `chunks`."""
        return {"chunks": self._chunks} if self._chunks else None


def _assembler_for(first: str) -> Assembler:
    if '"message_start"' in first or '"type":"error"' in first.replace(" ", ""):
        return anthropic.MessageAssembler()
    return bedrock_converse.ConverseAssembler() if '"messageStart"' in first else ChunkAssembler()


def _converse_signals(request: bytes | None, answer: Json) -> list[str]:
    del request
    return bedrock_converse.signals(answer)


def _invoke_signals(request: bytes | None, answer: Json) -> list[str]:
    if "stop_reason" in answer and "content" in answer:
        return anthropic.signals(request, answer)
    return bedrock_converse.signals(answer) if "stopReason" in answer else []


_ASKING = {
    "invoke": Endpoint("invoke_model", Dialect(InvokeAssembler, _invoke_signals, no_failure), billed=True),
    "converse": Endpoint(
        "converse", Dialect(bedrock_converse.ConverseAssembler, _converse_signals, no_failure), billed=True
    ),
}


def _endpoint(method: str, path: str) -> Endpoint:
    asking = _asks_a_model(path) if method == "POST" else None
    return asking or Endpoint(generic_surface(method, path))


def _asks_a_model(path: str) -> Endpoint | None:
    found = _MODEL_PATH.search(path)
    return _ASKING[found[1]] if found else None


VENDOR = Vendor("bedrock", "botocore.client", _endpoint, _asks_a_model)
