"""Samples on disk: what each is, and how it gets its number when several jobs write into one folder."""

from __future__ import annotations

import contextlib
import os
import re
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import orjson

from capture.runs.files import locked, make_folder
from tessen.exchange import Exchange
from tessen.usage import Usage, normalise

Json = dict[str, Any]

_NAME = re.compile(r"sample_(\d{2,})(?:_error)?\.json")


@dataclass(frozen=True, slots=True)
class Sample:
    """One answer to a request that was asked again, or why there is none."""

    asked: str
    """What was asked again: `request 5`, or `event agent:id`."""
    request_index: int
    """1 for an event."""
    provider: str
    """Whose API was spoken."""
    surface: str | None
    model: str | None
    """The model asked for."""
    url: str
    """Where the request went."""
    overrides: Json
    """What differs from the recorded request."""
    request_sha256: str
    """Of the body as sent."""
    created_at: str
    status: int | None
    streamed: bool
    stop_reason: str | None
    usage: Usage | None
    cost_usd: float | None
    """None where the model has no known price."""
    duration_ms: float
    ttfb_ms: float | None
    request_id: str | None
    attempts: list[Json]
    """Those before the one that this came of."""
    error: str | None
    response: Any
    """The answer in the shape of one that was not streamed; of a broken one, as far as it came."""
    number: int = 0
    """Its number in its folder."""
    extra: Json = field(default_factory=dict)
    """Keys of others."""

    def exchange(self) -> Exchange:
        """Return the answer as the same picture for every vendor."""
        body = self.response if isinstance(self.response, dict) else {}
        return Exchange.from_event(
            {"provider": self.provider, "surface": self.surface, "response_body": body}
        )

    def as_dict(self) -> Json:
        """Return the sample as it is written."""
        fields = {name: getattr(self, name) for name in self.__slots__ if name not in ("number", "extra")}
        fields["usage"] = None if self.usage is None else self.usage.as_dict()
        return {"sample_index": self.number, **fields, **self.extra}


def save(folder: Path, sample: Sample) -> Sample:
    """Write a sample under the next free number; a failed one as `sample_NN_error.json`.

    The file is there whole or not at all, and never in the place of another: the folder is locked while a
    number is taken, and a name that a writer without our lock has taken meanwhile is passed over.

    Returns:
        The sample with its number.

    Raises:
        OSError: it cannot be written.
    """
    make_folder(folder)
    with locked(folder):
        number = max(_numbers(folder), default=0) + 1
        while True:
            numbered = _numbered(sample, number)
            if _write_new(folder / _name(numbered), numbered.as_dict()):
                return numbered
            number += 1


def read_samples(folder: Path) -> list[Sample]:
    """Return a folder's samples, ours and others', in order; what cannot be read is left out."""
    found = []
    with contextlib.suppress(FileNotFoundError):
        for path in folder.iterdir():
            match = _NAME.fullmatch(path.name)
            data = _object(path) if match else None
            if match and data is not None:
                found.append(_read(data, int(match[1]), failed=path.stem.endswith("_error")))
    return sorted(found, key=lambda each: each.number)


def count_samples(folder: Path) -> int:
    """Return how many samples a folder holds, without reading them."""
    return len(list(_numbers(folder)))


def _name(sample: Sample) -> str:
    return f"sample_{sample.number:02d}{'_error' if sample.error else ''}.json"


def _numbered(sample: Sample, number: int) -> Sample:
    return replace(sample, number=number)


def _numbers(folder: Path) -> Iterator[int]:
    with contextlib.suppress(FileNotFoundError):
        for path in folder.iterdir():
            match = _NAME.fullmatch(path.name)
            if match:
                yield int(match[1])


def _write_new(path: Path, value: Json) -> bool:
    """Write a file that is not there yet; False if it is."""
    handle, name = tempfile.mkstemp(prefix=f".{path.name}.", dir=path.parent)
    temporary = Path(name)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(orjson.dumps(value, option=orjson.OPT_INDENT_2) + b"\n")
        path.hardlink_to(temporary)
    except FileExistsError:
        return False
    finally:
        temporary.unlink(missing_ok=True)
    return True


def _object(path: Path) -> Json | None:
    try:
        data = orjson.loads(path.read_bytes())
    except (OSError, orjson.JSONDecodeError):
        return None
    return data if isinstance(data, dict) else None


def _read(data: Json, number: int, *, failed: bool) -> Sample:
    """Return a sample; one of another program may be the bare answer."""
    known = set(Sample.__slots__) | {"sample_index"}
    response = data.get("response") if "response" in data else data
    body = response if isinstance(response, dict) else {}
    error = data.get("error")
    return Sample(
        asked=_typed(data, "asked", str) or "",
        request_index=_typed(data, "request_index", int) or 0,
        provider=_typed(data, "provider", str) or ("anthropic" if "stop_reason" in body else "openai"),
        surface=_typed(data, "surface", str),
        model=_typed(data, "model", str) or _typed(body, "model", str),
        url=_typed(data, "url", str) or "",
        overrides=_typed(data, "overrides", dict) or {},
        request_sha256=_typed(data, "request_sha256", str) or "",
        created_at=_typed(data, "created_at", str) or "",
        status=_typed(data, "status", int),
        streamed=data.get("streamed") is True,
        stop_reason=_typed(data, "stop_reason", str) or _typed(body, "stop_reason", str),
        usage=normalise(data.get("usage")) or normalise(body.get("usage")),
        cost_usd=_typed(data, "cost_usd", float),
        duration_ms=float(_typed(data, "duration_ms", (int, float)) or 0.0),
        ttfb_ms=_typed(data, "ttfb_ms", float),
        request_id=_typed(data, "request_id", str),
        attempts=_typed(data, "attempts", list) or [],
        error=str(error) if error else ("failed" if failed else None),
        response=response,
        number=number,
        extra={} if response is data else {k: v for k, v in data.items() if k not in known},
    )


def _typed(data: Json, name: str, kind: Any) -> Any:
    value = data.get(name)
    return value if isinstance(value, kind) else None
