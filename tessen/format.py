"""How quantities read: ages, durations, tokens, money, sizes and moments, one way everywhere.

Each returns a short text for a narrow column. A quantity that is not known is "–", never a zero.
"""

from __future__ import annotations

import math
from datetime import datetime

UNKNOWN = "–"
NONE = "·"
"""Stands for zero where zero is the usual and should not catch the eye."""

_MINUTE, _HOUR, _DAY = 60, 3_600, 86_400
_WIDTH_3 = 999.5
"""What no longer rounds to three digits."""

_MONEY_DIGITS = ((0.00995, 4), (0.0995, 3), (99.995, 2))
"""Below how many dollars how many digits stand after the point."""


def age(seconds: float) -> str:
    """How long ago, in seconds: "now", "12s", "4m", "3h", "2d"; at most four cells up to 999 days."""
    if not math.isfinite(seconds):
        return UNKNOWN
    whole = int(seconds)
    if whole < 1:
        return "now"
    if whole < _MINUTE:
        return f"{whole}s"
    if whole < _HOUR:
        return f"{whole // _MINUTE}m"
    if whole < _DAY:
        return f"{whole // _HOUR}h"
    return f"{min(whole // _DAY, 9_999)}d"


def duration(milliseconds: float | None) -> str:
    """How long something took, from milliseconds: "85ms", "1.24s", "2m05s", "1h02m"; at most six cells."""
    if milliseconds is None or not math.isfinite(milliseconds) or milliseconds < 0:
        return UNKNOWN
    if milliseconds < _WIDTH_3:
        return f"{milliseconds:.0f}ms"
    seconds = milliseconds / 1_000
    if seconds < 9.995:
        return f"{seconds:.2f}s"
    if seconds < 59.95:
        return f"{seconds:.1f}s"
    return _long_duration(round(seconds))


def _long_duration(seconds: int) -> str:
    hours, rest = divmod(seconds, _HOUR)
    if not hours:
        return f"{rest // _MINUTE}m{rest % _MINUTE:02d}s"
    return f"{hours}h{rest // _MINUTE:02d}m" if hours < 100 else f"{min(hours, 99_999)}h"


def count(number: float | None) -> str:
    """A count such as tokens: "950", "1.2k", "34k", "1.2M"; at most four cells below 10 billion."""
    if number is None or not math.isfinite(number):
        return UNKNOWN
    if number < _WIDTH_3:
        return f"{number:.0f}"
    for unit in "kMG":
        number /= 1_000
        if number < 9.95:
            return f"{number:.1f}{unit}"
        if number < _WIDTH_3:
            return f"{number:.0f}{unit}"
    return f"{number / 1_000:.1f}T"


def rate(per_minute: float) -> str:
    """Calls per minute: "0", "0.4", "12", "1.2k"."""
    if not math.isfinite(per_minute) or per_minute <= 0:
        return "0"
    return f"{per_minute:.1f}" if per_minute < 9.95 else count(per_minute)


def money(usd: float | None) -> str:
    """US dollars: "$0", "$0.0004", "$0.012", "$0.31", "$4.20", "$131", "$1.2k"; at most seven cells."""
    if usd is None or not math.isfinite(usd):
        return UNKNOWN
    if usd < 0.00005:
        return "<$.0001" if usd > 0 else "$0"
    for limit, digits in _MONEY_DIGITS:
        if usd < limit:
            return f"${usd:.{digits}f}"
    return f"${count(usd)}"


def size(number: int) -> str:
    """Bytes: "812 B", "2.1 kB", "10.2 MB"."""
    if number < 1_000:
        return f"{number} B"
    amount = float(number)
    for unit in ("kB", "MB", "GB"):
        amount /= 1_000
        if amount < 999.95:
            return f"{amount:.1f} {unit}"
    return f"{amount / 1_000:.1f} TB"


def clock(ts: float) -> str:
    """Local time of day of a moment (seconds since the epoch), "03:12:44"; "--:--:--" where there is none."""
    moment = _local(ts)
    return moment.strftime("%H:%M:%S") if moment else "--:--:--"


def moment(ts: float) -> str:
    """Local date, time and offset of a moment (seconds since the epoch), "2026-11-23 03:12:44.120 +00:00"."""
    at = _local(ts)
    return at.isoformat(" ", "milliseconds").replace("+", " +") if at else UNKNOWN


def plural(number: int, one: str, many: str | None = None) -> str:
    """A count with its noun: "1 event", "1,204 events"."""
    return f"{number:,} {one if number == 1 else many or one + 's'}"


def _local(ts: float) -> datetime | None:
    if not math.isfinite(ts) or ts <= 0:
        return None
    try:
        return datetime.fromtimestamp(ts).astimezone()
    except (OverflowError, OSError, ValueError):
        return None
