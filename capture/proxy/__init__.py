"""The capture proxy: a reverse proxy on loopback that records what an engine and its API say to each other.

What belongs here is everything between an engine's socket and the session's `raw_dumps` and
`api_captures.jsonl`. The public names are these; the format on disk is in docs/raw-dumps.md.
"""

from __future__ import annotations

from capture.proxy.book import EventSink
from capture.proxy.capture import AgentContext, Capture, Outcome
from capture.proxy.holding import StoredAnswer, Unanswered
from capture.proxy.proxy import CaptureProxy
from capture.proxy.recording import ProxyRequest

__all__ = [
    "AgentContext",
    "Capture",
    "CaptureProxy",
    "EventSink",
    "Outcome",
    "ProxyRequest",
    "StoredAnswer",
    "Unanswered",
]
