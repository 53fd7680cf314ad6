"""One candidate of Gemini's, which streams in pieces.

What belongs here is joining the parts that are one: the words of a text, the arguments of a call.
Source of the format: the API reference for streamGenerateContent.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from tessen.vendors.gemini_calls import CallInPieces, goes_on
from tessen.vendors.interface import Json
from tessen.vendors.pieces import Pieces

WORDS = frozenset({"text", "thought", "thoughtSignature"})
"""Members of a part that is only words."""


class Candidate:
    """One candidate as its pieces add up."""

    def __init__(self) -> None:
        self._rest: dict[str, Any] = {}
        self._content: dict[str, Any] = {}
        self._parts: list[dict[str, Any]] = []
        self._text: Pieces | None = None
        """The words of the last part, while more of the same kind may follow."""
        self._call: CallInPieces | None = None
        """The call that is the last part, while more of it follows."""

    @property
    def finished(self) -> bool:
        """Whether the model has said why it stopped."""
        return bool(self._rest.get("finishReason"))

    def add(self, piece: Json) -> bool:
        """Add one piece; return whether it held content."""
        content = piece.get("content") or {}
        self._rest.update({k: v for k, v in piece.items() if k != "content" and v is not None})
        self._content.update({k: v for k, v in content.items() if k != "parts"})
        parts = content.get("parts") or ()
        for part in parts:
            self._add_part(part)
        return bool(parts)

    def body(self, index: int) -> dict[str, Any]:
        """Return the candidate as it would have come in one piece."""
        self._close()
        parts = {"parts": self._parts} if self._parts else {}
        return {"content": {**parts, **self._content}, "index": index, **self._rest}

    def _add_part(self, part: Json) -> None:
        call = part.get("functionCall")
        if isinstance(call, Mapping) and (self._call is not None or "partialArgs" in call or goes_on(call)):
            self._add_to_call(part, call)
        elif "text" not in part or not WORDS.issuperset(part):
            self._close()
            self._parts.append(dict(part))
        else:
            self._add_text(part)

    def _add_text(self, part: Json) -> None:
        if self._text is None or bool(self._parts[-1].get("thought")) != bool(part.get("thought")):
            self._close()
            self._parts.append({"text": ""})
            self._text = Pieces()
        self._parts[-1].update({k: v for k, v in part.items() if k != "text"})
        self._text.add(part["text"])

    def _add_to_call(self, part: Json, call: Json) -> None:
        if self._call is None:
            self._close()
            self._parts.append({})
            self._call = CallInPieces()
        self._parts[-1].update(part)
        self._call.add(call)
        if not goes_on(call):
            self._close()

    def _close(self) -> None:
        if self._text is not None:
            self._parts[-1]["text"] += self._text.text()
            self._text = None
        if self._call is not None:
            self._parts[-1]["functionCall"] = self._call.call()
            self._call = None
