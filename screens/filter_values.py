"""The values that the filter's completion offers for each field: what this log holds, and what is fixed."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Sequence

from capture.log.source import AgentSummary
from tessen.query import Term
from tessen.query_fields import FIELD_BY_NAME
from tessen.signals import SIGNALS

_FIXED: dict[str, tuple[str, ...]] = {
    "provider": ("anthropic", "openai", "google_gemini", "cohere", "mistral", "bedrock"),
    "surface": ("messages.create", "messages.stream", "chat.completions.create", "responses.create"),
    "http": ("429", "529", "5xx", "4xx"),
    "since": ("15m", "1h", "6h", "24h", "7d"),
    "until": ("15m", "1h", "24h"),
}


def term(field: str, value: str) -> str:
    """A filter term for this value, quoted where the language needs it."""
    return str(Term(field, ":", (value,)))


class FilterValues:
    """Field name → values, most likely first.

    Args:
        summaries: gives every agent's summary as of now.
    """

    def __init__(self, summaries: Callable[[], Sequence[AgentSummary]]) -> None:
        self._summaries = summaries

    def __call__(self, field: str) -> Iterable[str]:
        """The values to offer for a field; none for one that takes numbers."""
        match field:
            case "agent":
                return [summary.name for summary in self._summaries()]
            case "model":
                return list(dict.fromkeys(model for summary in self._summaries() for model in summary.models))
            case "signal":
                return self._signals()
            case _:
                known = FIELD_BY_NAME.get(field)
                return known.allowed if known and known.allowed else _FIXED.get(field, ())

    def _signals(self) -> list[str]:
        """Every signal, today's most frequent first."""
        today: Counter[str] = Counter()
        for summary in self._summaries():
            today.update(summary.signals)
        known = [signal.name for signal in SIGNALS]
        return ["any", "none", *dict.fromkeys([name for name, _ in today.most_common()] + known)]
