"""Processes that need not be our children, and their end."""

from __future__ import annotations

import os
import select
from collections.abc import Iterable

PATIENCE_S = 180.0


def wait_until_gone(processes: Iterable[int]) -> None:
    """Wait for the end of each.

    Raises:
        AssertionError: one of them still ran after three minutes.
    """
    for process in processes:
        try:
            handle = os.pidfd_open(process)
        except ProcessLookupError:
            continue
        try:
            readable, _, _ = select.select([handle], [], [], PATIENCE_S)
            assert readable, f"process {process} still runs"
        finally:
            os.close(handle)
