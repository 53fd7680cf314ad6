"""A small log for the reading commands and their examples, three calls of two agents; and what they say."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from tessen import cli
from tests.logs import make_error, make_event, write_log

NOON = datetime(2026, 11, 23, 12, tzinfo=UTC).timestamp()


def events() -> list[dict[str, Any]]:
    """An answer and a failure of `support`, and a slow answer of `billing`."""
    return [
        make_event(1, "support", NOON) | {"event_id": "a1" + "0" * 30, "session_id": "5" * 32},
        make_error(2, "support", NOON + 60) | {"event_id": "a2" + "0" * 30, "session_id": "5" * 32},
        make_event(3, "billing", NOON + 30, duration_ms=2_500.0)
        | {"event_id": "b1" + "0" * 30, "session_id": "6" * 32},
    ]


def write(folder: Path) -> Path:
    """Write them to a log folder."""
    return write_log(folder, events())


def said(capsys: pytest.CaptureFixture[str], *arguments: str) -> str:
    """What a command prints that does its work."""
    assert cli.main(list(arguments)) == 0
    return capsys.readouterr().out
