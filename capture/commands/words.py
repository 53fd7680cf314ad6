"""How the commands about runs say numbers and states."""

from __future__ import annotations

from capture.runs.meta import SessionMeta


def money(usd: float | None) -> str:
    """Return a cost; what is not known is not free."""
    return "cost unknown" if usd is None else f"${usd:.4f}"


def counted(number: int, what: str) -> str:
    """Return a count with its noun: `1 step`, `2 steps`."""
    return f"{number} {what}" if number == 1 else f"{number} {what}s"


def ending(session: SessionMeta) -> str:
    """Return how a session ended, where that is not as it should be; empty otherwise."""
    if session.stop_reason in (None, "completed"):
        return ""
    return session.stop_reason.replace("_", " ")


def short_count(number: int) -> str:
    """Return a count in few characters: `950`, `12.3k`, `4.6M`."""
    if number < 1000:
        return str(number)
    return f"{number / 1000:.1f}k" if number < 1_000_000 else f"{number / 1_000_000:.1f}M"
