"""Variants of a request: what was edited, found by comparing, and what must not be.

Thinking carries a signature that the API checks; so does encrypted reasoning. A request in which either was
altered is refused there, or worse, understood otherwise: it is refused here, before anything is sent.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import orjson

from capture.resample.splice import spliced
from capture.runs.files import FOLDER_MODE, locked, make_folder, write_file, write_json

Json = dict[str, Any]

_SIGNATURES = ("thoughtSignature", "thought_signature")


class VariantError(ValueError):
    """An edit that cannot be sent. The message is one line."""


@dataclass(frozen=True, slots=True)
class Edit:
    """One place in which two requests differ."""

    path: str
    """Such as `messages[3].content[0].text`; `messages[3:5]` where a list became longer or shorter."""
    original: Any
    """None too where nothing was."""
    replacement: Any
    """None too where nothing is any more."""

    def as_dict(self) -> Json:
        """Return the edit as it is written."""
        return {"path": self.path, "original": self.original, "replacement": self.replacement}


def edits_between(original: Any, edited: Any, path: str = "") -> list[Edit]:
    """Return where two values differ, as deep as can be said."""
    if isinstance(original, dict) and isinstance(edited, dict):
        return [
            edit
            for name in dict.fromkeys([*original, *edited])
            for edit in _of_member(original, edited, name, f"{path}.{name}" if path else name)
        ]
    if isinstance(original, list) and isinstance(edited, list):
        return _of_lists(original, edited, path)
    return [] if _same(original, edited) else [Edit(path, original, edited)]


def edited_body(body: bytes, edited: Json) -> bytes:
    """Return the bytes of an edited request: members that are as they were keep theirs.

    Raises:
        VariantError: thinking or a signature was altered, or nothing was.
        ValueError: the recorded request is not a JSON object.
    """
    original = json.loads(body)
    changes = {
        name: value
        for name, value in edited.items()
        if name not in original or edits_between(original[name], value)
    }
    gone = [name for name in original if name not in edited]
    if not changes and not gone:
        raise VariantError("nothing is edited; `harness resample` asks the same again")
    _protect(original, edited)
    return spliced(body, changes, without=gone)


def save_variant(results: Path, base: int, label: str, edits: list[Edit], body: bytes) -> Path:
    """Return the folder of a variant: the one of this label with these bytes, or a new one.

    Args:
        results: The folder of the request's own samples; variants lie beside it.
        base: The request's number.
        label: What the user calls it.
        edits: What was edited.
        body: The bytes to be sent.

    Raises:
        OSError: it cannot be written.
    """
    make_folder(results.parent)
    with locked(results.parent):  # or another job of this variant finds its folder half written
        number = 1
        while True:
            folder = results.with_name(f"{results.name}_v{number:02d}")
            try:
                folder.mkdir(mode=FOLDER_MODE)
            except FileExistsError:
                if _is_variant(folder, label, body):
                    return folder
                number += 1
                continue
            _write_variant(folder, base, label, edits, body)
            return folder


def _write_variant(folder: Path, base: int, label: str, edits: list[Edit], body: bytes) -> None:
    write_file(folder / "request.json", body)
    told = {
        "label": label,
        "base_request_index": base,
        "edits": [edit.as_dict() for edit in edits],
        "created_at": datetime.now(UTC).isoformat(timespec="milliseconds"),
        "source": "cli",
    }
    write_json(folder / "variant.json", told)


def _is_variant(folder: Path, label: str, body: bytes) -> bool:
    try:
        told = orjson.loads((folder / "variant.json").read_bytes())
        return (folder / "request.json").read_bytes() == body and told.get("label") == label
    except (OSError, orjson.JSONDecodeError, AttributeError):
        return False


def _of_member(original: Json, edited: Json, name: str, path: str) -> list[Edit]:
    if name in original and name in edited:
        return edits_between(original[name], edited[name], path)
    return [Edit(path, original.get(name), edited.get(name))]


def _of_lists(original: list[Any], edited: list[Any], path: str) -> list[Edit]:
    if len(original) == len(edited):
        pairs = enumerate(zip(original, edited, strict=True))
        return [edit for at, (a, b) in pairs for edit in edits_between(a, b, f"{path}[{at}]")]
    start, shorter = 0, min(len(original), len(edited))
    while start < shorter and _same(original[start], edited[start]):
        start += 1
    end = 0
    while end < shorter - start and _same(original[-1 - end], edited[-1 - end]):
        end += 1
    before, after = original[start : len(original) - end], edited[start : len(edited) - end]
    return [Edit(f"{path}[{start}:{start + len(before)}]", before, after)]


def _same(some: Any, other: Any) -> bool:
    """Whether two values are the same in JSON, where true is not 1."""
    return (some == other and _written(some) == _written(other)) or _numbers(some, other)


def _numbers(some: Any, other: Any) -> bool:
    plain = (int, float)
    return type(some) in plain and type(other) in plain and some == other


def _written(value: Any) -> str:
    return json.dumps(value, sort_keys=True)


def _protect(original: Json, edited: Json) -> None:
    """Let pass a request whose thinking is the recorded thinking in its order; some of it may be left out."""
    recorded = iter(list(_signed(original)))
    for path, kind, written in _signed(edited):
        if not any(written == known for _, _, known in recorded):
            raise VariantError(
                f"{path}: {kind} cannot be edited, moved or added: it is signed, and the API refuses what "
                "does not fit its signature; put it back as it was, or leave it out whole"
            )


def _signed(value: Any, path: str = "") -> Iterator[tuple[str, str, str]]:
    """Yield what is signed in a request: where, what it is, and the whole of it."""
    if isinstance(value, list):
        for at, each in enumerate(value):
            yield from _signed(each, f"{path}[{at}]")
    elif isinstance(value, dict):
        kind = _kind(value)
        if kind is not None:
            yield path, kind, _written(value)
            return
        for name, each in value.items():
            if name not in ("tools", "arguments") and not (
                name == "input" and value.get("type") == "tool_use"
            ):
                yield from _signed(each, f"{path}.{name}" if path else name)


def _kind(block: Json) -> str | None:
    kind = block.get("type")
    if kind in ("thinking", "redacted_thinking") and ("signature" in block or "data" in block):
        return "a thinking block"
    if kind == "reasoning" and block.get("encrypted_content"):
        return "encrypted reasoning"
    return "a part with a thought signature" if any(block.get(name) for name in _SIGNATURES) else None
