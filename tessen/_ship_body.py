"""What leaves the machine: the bodies of requests, made from the log's own lines.

What belongs here is the wire format, and what is taken out of an event before it is shipped: the lines of
source code that Python's tracebacks quote. Nothing else of an event is changed, and nothing that is not in
the log is added. Source of the format: the documented ingest protocol, wire version 1.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any

from tessen import __version__, _json

WIRE_VERSION = 1
MEMBERS = {"manifest": "manifest", "git_fingerprint": "fingerprint"}
"""Types of documents, and the member that holds each."""

_FRAME = re.compile(r"^[\s|+-]*File \".*\", line \d+")


def events_body(agent: str, lines: Iterable[bytes]) -> bytes:
    """Return the body of a request that ships events.

    Args:
        agent: The agent's name, as in the events.
        lines: The events, each as `shippable` gave it.
    """
    return b"%s,%s:[%s]}" % (_head(agent, "events"), b'"events"', b",".join(lines))


def document_body(agent: str, kind: str, payload: Mapping[str, Any]) -> bytes:
    """Return the body of a request that ships a document about the code.

    Args:
        agent: The agent's name.
        kind: One of `MEMBERS`.
        payload: The document.
    """
    return b"%s,%s:%s}" % (_head(agent, kind), _json.quote(MEMBERS[kind]).encode(), _json.dumps(payload))


def _head(agent: str, kind: str) -> bytes:
    return (
        f'{{"tessen_version":"{__version__}","wire_version":{WIRE_VERSION},'
        f'"agent_name":{_json.quote(agent)},"type":"{kind}"'
    ).encode()


def shippable(line: bytes) -> bytes | None:
    """Return an event as it may be shipped, or None for a line that is not one.

    Args:
        line: One line of the log. It comes back as it is, byte for byte, unless it holds a traceback.
    """
    if b'"tb"' not in line:
        return line if line[:1] == b"{" and line[-1:] == b"}" else None
    try:
        event = _json.parse(line.decode())
        error = event.get("error")
    except (ValueError, RecursionError, AttributeError):
        return None
    if not isinstance(error, dict) or not isinstance(error.get("tb"), str):
        return line
    return _json.dumps({**event, "error": {**error, "tb": without_source(error["tb"])}})


def without_source(trace: str) -> str:
    """Return a traceback without the lines of source that it quotes: where, and what was raised, remain."""
    kept = []
    depth: int | None = None
    for line in trace.split("\n"):
        indent = _indent(line)
        if depth is not None and indent > depth and line.strip(" |"):
            continue
        depth = indent if _FRAME.match(line) else None
        kept.append(line)
    return "\n".join(kept)


def _indent(line: str) -> int:
    """How far in a line begins; the bars that frame the parts of an exception group count as white space."""
    return len(line) - len(line.lstrip(" |"))
