"""A tool call of Gemini's whose arguments come in pieces.

What belongs here is putting such a call together. Each piece names the argument that it belongs to by a JSON
path, such as `$.order.lines[0].id`, and says whether more of the call follows.
Source of the format: the API reference of Vertex AI, `FunctionCall.partialArgs` and `willContinue`.
"""

from __future__ import annotations

import re
from itertools import pairwise
from typing import Any

from tessen.vendors.interface import Json
from tessen.vendors.pieces import Pieces

_STEP = re.compile(r"""\.([^.\[\]'"]+)|\[(\d+)\]|\[(['"])([^'"\\]*)\3\]""")
_OF_A_PIECE = ("partialArgs", "willContinue")


def goes_on(call: Json) -> bool:
    """Whether more of a call follows."""
    return call.get("willContinue") is True


class CallInPieces:
    """One call as its pieces add up."""

    def __init__(self) -> None:
        self._rest: dict[str, Any] = {}
        self._values: dict[str, Any] = {}
        """JSON path → the value so far; a string as `Pieces`."""

    def add(self, call: Json) -> None:
        """Add one piece."""
        self._rest.update({name: value for name, value in call.items() if name not in _OF_A_PIECE})
        for piece in call.get("partialArgs") or ():
            path = piece["jsonPath"]
            if "stringValue" in piece:
                text = self._values.get(path)
                if not isinstance(text, Pieces):
                    text = self._values[path] = Pieces()
                text.add(piece["stringValue"])
            else:
                kinds = (name for name in ("numberValue", "boolValue") if name in piece)
                self._values[path] = piece.get(next(kinds, ""))

    def call(self) -> dict[str, Any]:
        """Return the call as it would have come in one piece; under their paths, what these do not fit."""
        args: dict[str, Any] = dict(self._rest.get("args") or {})
        for path, value in self._values.items():
            whole = value.text() if isinstance(value, Pieces) else value
            try:
                _put(args, path, whole)
            except (LookupError, TypeError):
                args[path] = whole
        return {**self._rest, "args": args}


def _put(args: dict[str, Any], path: str, value: Any) -> None:
    """Put a value where a path leads, and make what lies on the way.

    Raises:
        LookupError: The path is of another kind, or leads beyond the end of a list.
        TypeError: It leads through what is no object or list.
    """
    steps = [int(step[2]) if step[2] else step[1] or step[4] for step in _STEP.finditer(path)]
    if not steps or "$" + "".join(step[0] for step in _STEP.finditer(path)) != path:
        raise LookupError(path)
    place: Any = args
    for step, after in pairwise(steps):
        made: Any = [] if isinstance(after, int) else {}
        place = _put_at(place, step, made, keep=True)
    _put_at(place, steps[-1], value, keep=False)


def _put_at(place: Any, step: int | str, value: Any, *, keep: bool) -> Any:
    """Put a value at one step; with `keep`, only if nothing is there. Return what is there then."""
    if isinstance(place, list) and step == len(place):
        place.append(value)
    elif not keep or (isinstance(place, dict) and step not in place):
        place[step] = value
    return place[step]
