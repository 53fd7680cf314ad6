"""An event of a production log as a record of one exchange: the request body is on record.

What is not on record are the request's headers, so it is asked with those that any client sends.
"""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit

import tessen
from capture.cursor.cursor import Cursor, CursorError, Recorded, count_or_none, text_or_none
from capture.cursor.log_lines import lines_holding
from tessen.exchange import Exchange
from tessen.paths import log_files, safe_agent
from tessen.reading.mend import mended

Json = dict[str, Any]

RESULTS = "resamples"
SHORTEST_ID = 6
"""Characters of an event's id that it takes to look it up."""

_SPACED = (", ", ": ")
_COMPACT = (",", ":")
_STYLES = {"google_gemini": (_SPACED, True), "gemini": (_SPACED, True), "mistral": (_COMPACT, True)}
"""How a vendor's SDK writes JSON: its separators, and whether all but ASCII is escaped."""

_NAMED = re.compile(r"(.+):([0-9a-f]{6,32})", re.S)
_TAKEN_OUT = re.compile(rb"\[(?:redacted|withheld)\]")
_VERSIONED = re.compile(r"^/v\d")


def is_event_name(text: str) -> bool:
    """Whether a text names an event: `agent:event_id`."""
    return _NAMED.fullmatch(text) is not None


def stand_at_event(log_dir: Path, name: str) -> Cursor:
    """Return the cursor at an event.

    Args:
        log_dir: The folder that the agents' folders are in.
        name: `agent:event_id`; the beginning of the id will do where only one event has it.

    Raises:
        CursorError: there is no such event, or several, or its request is not on record as it was sent.
    """
    match = _NAMED.fullmatch(name)
    if match is None:
        raise CursorError(f"{name}: an event is named agent:event_id")
    folder = log_dir / safe_agent(match[1])
    event = _find(folder, match[2])
    body = event.get("request_body")
    if not isinstance(body, dict) or not body:
        raise CursorError(f"{name}: its request's body is not on record")
    written = _as_sent(body, event.get("provider"))
    if _TAKEN_OUT.search(written):
        raise CursorError(f"{name}: something was taken out of its request when it was recorded")
    identity = str(event["event_id"])
    return Cursor([_recorded(event)], 0, written, folder / RESULTS / identity, f"event {match[1]}:{identity}")


def _as_sent(body: Json, provider: object) -> bytes:
    """Return a body as the vendor's own SDK writes it; the log has it parsed and written anew."""
    separators, escaped = _STYLES.get(str(provider), (_COMPACT, False))
    try:
        return json.dumps(body, separators=separators, ensure_ascii=escaped).encode()
    except UnicodeEncodeError:  # half a surrogate pair, which only an escape can say
        return json.dumps(body, separators=separators).encode()


def _recorded(event: Json) -> Recorded:
    seen = Exchange.from_event(event)
    provider = {"gemini": "google_gemini"}.get(seen.provider or "", seen.provider)
    url = _sendable(seen.url, provider)
    parts = urlsplit(url or "")
    status = event.get("error", {}).get("status_code") if isinstance(event.get("error"), dict) else 200
    return Recorded(
        number=1,
        url=url,
        path=parts.path + (f"?{parts.query}" if parts.query else ""),
        headers={"user-agent": f"tessen-tui/{tessen.__version__} ({provider})"},
        model=seen.asked_model or text_or_none(seen.model),
        status=count_or_none(status),
        stop_reason=seen.stop_reason,
        usage=seen.usage,
        provider=provider,
    )


def _sendable(url: str | None, provider: str | None) -> str | None:
    """Return an address without a key in it, and with the version that old recorders left out."""
    if url is None:
        return None
    parts = urlsplit(url)
    query = urlencode([(k, v) for k, v in parse_qsl(parts.query, keep_blank_values=True) if k != "key"])
    path = parts.path
    if provider == "google_gemini" and not _VERSIONED.match(path):
        path = f"/v1beta{path}"
    return urlunsplit((parts.scheme, parts.netloc, path, query, ""))


def _find(folder: Path, identity: str) -> Json:
    """Return the event whose id begins so, of the newest file that has one."""
    files = log_files(folder)
    if not files:
        raise CursorError(f"{folder}: there is no log of this agent")
    for path in reversed(files):
        holding = lines_holding(path, identity)
        found = {each.ids.event_id: each for each in holding if each.ids.event_id.startswith(identity)}
        if len(found) > 1:
            raise CursorError(f"{identity}: {len(found)} events begin so; give more of the id")
        if found:
            return mended(next(iter(found.values())).event())
    raise CursorError(f"{folder}: there is no event {identity}")
