"""A stream of events that no vendor's file takes apart: transcriptions, conversations, old completions.

What belongs here is keeping the beginning of such a stream, with the pieces of one text joined. Nothing is
known of the protocol, so two events are taken for pieces of one text where both have texts, by what these are
called, in the same places, and belong to the same thing, by what types, ids and indices are called. Of all
else the newest is kept. Joined, a key that came in pieces is known for one when the line is cleaned.
"""

from __future__ import annotations

from typing import Any

from tessen import _json
from tessen._cut import whole_words
from tessen.usage import Usage, usage_of
from tessen.vendors.interface import Assembler, failure_of
from tessen.vendors.pieces import Pieces

MOST_KEPT = 256 << 10
"""Characters that are kept of one stream, each event counting for `_EVENT` beside its text."""
_EVENT = 500

_TEXTS = frozenset(
    {
        *("arguments", "code", "completion", "content", "delta", "input", "output", "partial_json"),
        *("refusal", "text", "thinking", "transcript", "value"),
    }
)
"""Members that hold a piece of a text where they hold a string."""
_WHAT = frozenset({"event", "event_type", "id", "index", "name", "object", "type"})
_WHAT_ENDS = ("_id", "_index")
"""Members that say what an event belongs to."""
_OF_THE_EVENT = "event_id"
"""The one of these that is another in each event."""
_LONG = 4096
"""Characters of an event beside its texts from which on it is kept by itself: it is more than a piece."""

_Text = tuple[dict[str, Any], str]
"""Where a text stands: an object, and the member."""


class _Kept:
    """One event, or several that are pieces of the same texts."""

    def __init__(self, said: Any, texts: list[_Text]) -> None:
        self.said = said
        self._texts = [(owner, key, Pieces(owner[key])) for owner, key in texts]

    def add(self, said: Any, texts: list[_Text]) -> None:
        """Append the texts of another event of the same shape, and take over the rest of it."""
        for (*_, pieces), (owner, key) in zip(self._texts, texts, strict=True):
            pieces.add(owner[key])
        _update(self.said, said)

    def whole(self, *, cut: bool) -> Any:
        """Return the event with its texts; if they were cut, without their last words."""
        for owner, key, pieces in self._texts:
            owner[key] = whole_words(pieces.text()) if cut else pieces.text()
        return self.said


class PlainEvents(Assembler):
    """Keeps what comes first, and counts the rest."""

    marks_its_end = False

    def __init__(self) -> None:
        self._kept: list[_Kept] = []
        self._by_shape: dict[Any, _Kept] = {}
        self._size = 0

    def feed(self, event: str | None, data: str) -> None:
        """Take one event: its name, if it had one, and its data."""
        if data.startswith("[DONE]"):
            self.done = True
            return
        self.chunks += 1
        tells_usage = '"usage"' in data
        if self.cut and '"error"' not in data and not tells_usage:
            return
        said = _parsed(data)
        if tells_usage:
            self.usage = _usage_in(said) or self.usage
        if isinstance(said, dict) and isinstance(said.get("error"), dict):
            self.failure = failure_of(said["error"], said)
        if event and not (isinstance(said, dict) and event in said.values()):
            said = {"event": event, "data": said}
        if self.cut:
            return
        try:
            self._keep(said, len(data))
        except RecursionError:
            self._keep(data, len(data))

    def ended_well(self) -> bool:
        """Whether a stream that ends here holds a whole answer, as far as can be told."""
        return self.done

    def body(self) -> Any:
        """Return the events that are kept, in order."""
        return [kept.whole(cut=self.cut) for kept in self._kept] or None

    def _keep(self, said: Any, size: int) -> None:
        texts: list[_Text] = []
        shape = _shape(said, texts)
        length = sum(len(owner[key]) for owner, key in texts)
        before = self._by_shape.get(shape) if texts and size - length < _LONG else None
        self._size += size + _EVENT if before is None else length
        if self._size > MOST_KEPT:
            self.cut = True
        elif before is None:
            self._by_shape[shape] = _Kept(said, texts)
            self._kept.append(self._by_shape[shape])
        else:
            before.add(said, texts)


def _parsed(data: str) -> Any:
    try:
        return _json.parse_event(data)
    except (ValueError, RecursionError):
        return data


def _usage_in(said: Any) -> Usage | None:
    """Return the tokens that an event tells, itself or in an object that it brings."""
    if not isinstance(said, dict):
        return None
    told = (usage_of(each) for each in (said, *said.values()))
    return next((usage for usage in told if usage is not None), None)


def _shape(said: Any, texts: list[_Text]) -> Any:
    """Return what events have in common that are pieces of the same texts; add where theirs stand."""
    items = said.items() if isinstance(said, dict) else enumerate(said) if isinstance(said, list) else ()
    members = []
    for key, value in items:
        if isinstance(value, str) and key in _TEXTS:
            texts.append((said, key))
            members.append((key, None))
        elif isinstance(value, dict | list):
            before = len(texts)
            within = _shape(value, texts)
            if len(texts) > before:
                members.append((key, within))
        elif key in _WHAT or (isinstance(key, str) and key.endswith(_WHAT_ENDS) and key != _OF_THE_EVENT):
            members.append((key, value))
    return tuple(members)


def _update(said: Any, newer: Any) -> None:
    """Take over what is told in one event of another of the same shape, but for its texts."""
    if isinstance(said, list):
        for item, newer_item in zip(said, newer, strict=False):
            _update(item, newer_item)
    elif isinstance(said, dict) and isinstance(newer, dict):
        for key, value in newer.items():
            old = said.get(key)
            if type(old) is type(value) and isinstance(value, dict | list):
                _update(old, value)
            elif value is not None and not (isinstance(value, str) and key in _TEXTS):
                said[key] = value
