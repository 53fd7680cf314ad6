"""Work that a vendor does later: batches of requests, and the files that they are read from.

What belongs here is what a vendor says of a batch or a file, and how its path asks for it. Nothing is kept:
a file is not looked into, a batch is never done.
"""

from __future__ import annotations

import re

from capture.scripted.dialect import Json
from capture.scripted.prompt import Body

_BATCHES = re.compile(r"(/messages/batches|/batches|/batch/jobs)(?:/([^/]+))?(/cancel)?$")
_FILES = re.compile(r"/files(?:/([^/]+))?$")
_EPOCH = 1_760_000_000
_MADE = "2025-10-09T08:53:20Z"
"""The same moment as Anthropic writes it."""


def find_job(method: str, path: str) -> str | None:
    """Return which of them a request is about, as in a script's `protocol`; None for neither."""
    if method in ("GET", "POST") and _BATCHES.search(path):
        return "batches"
    return "files" if method in ("GET", "POST") and _FILES.search(path) else None


def answer(method: str, path: str, body: Body, size: int) -> Json:
    """Return what is said of a batch or a file, or the list of them.

    Args:
        method: GET or POST.
        path: One that `find_job` knows.
        body: The request; empty where it has none, or one that is not JSON.
        size: The request's size in bytes.
    """
    asked = _BATCHES.search(path)
    if asked is None:
        found = _FILES.search(path)
        name = found and found[1]
        return _listed([]) if method == "GET" and not name else _file(name or "file-1", size)
    show = {"/messages/batches": _anthropic, "/batch/jobs": _mistral}.get(asked[1], _openai)
    if method == "GET" and asked[2] is None:
        return _listed([show("batch_1", {}, "")])
    return show(asked[2] or "batch_1", body, asked[3] or "")


def _listed(items: list[Json]) -> Json:
    return {"object": "list", "data": items, "has_more": False, "total": len(items)}


def _anthropic(name: str, body: Body, ending: str) -> Json:
    waiting = len(body.get("requests") or ())
    counts = {"processing": waiting, "succeeded": 0, "errored": 0, "canceled": 0, "expired": 0}
    state = "canceling" if ending else "in_progress"
    times = {"created_at": _MADE, "expires_at": "2025-10-10T08:53:20Z"}
    return {
        "id": name,
        "type": "message_batch",
        "processing_status": state,
        "request_counts": counts,
        **times,
        "ended_at": None,
        "cancel_initiated_at": _MADE if ending else None,
        "archived_at": None,
        "results_url": None,
    }


def _openai(name: str, body: Body, ending: str) -> Json:
    return {
        "id": name,
        "object": "batch",
        "endpoint": body.get("endpoint") or "/v1/chat/completions",
        "input_file_id": body.get("input_file_id") or "file-1",
        "completion_window": "24h",
        "status": "cancelling" if ending else "validating",
        "created_at": _EPOCH,
        "request_counts": {"total": 0, "completed": 0, "failed": 0},
    }


def _mistral(name: str, body: Body, ending: str) -> Json:
    return {
        "id": name,
        "object": "batch",
        "input_files": body.get("input_files") or [],
        "endpoint": body.get("endpoint") or "/v1/chat/completions",
        "model": body.get("model"),
        "errors": [],
        "status": "CANCELLATION_REQUESTED" if ending else "QUEUED",
        "created_at": _EPOCH,
        "total_requests": 0,
        "completed_requests": 0,
        "succeeded_requests": 0,
        "failed_requests": 0,
    }


def _file(name: str, size: int) -> Json:
    """A file as OpenAI and Mistral show it, with what Anthropic calls the same."""
    return {
        "id": name,
        "object": "file",
        "type": "file",
        "bytes": size,
        "size_bytes": size,
        "created_at": _EPOCH,
        "filename": "file.jsonl",
        "mime_type": "application/jsonl",
        "purpose": "batch",
        "sample_type": "batch_request",
        "source": "upload",
    }
