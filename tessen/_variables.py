"""The recorder's environment variables: what each is called, what it means, and how tolerantly it is read.

What belongs here is one table of every `TESSEN_*` variable, and the reading of one value. White space is
trimmed, switches are 1, true, yes or on in any case, and a number that does not parse is its default. Nothing
here raises.
"""

from __future__ import annotations

import os

PREFIX = "TESSEN_"
UNKNOWN_AGENT = "unknown_agent"
"""The name and the folder of an agent whose name is not known, or holds no usable character."""
HOSTED_INGEST_URL = "https://api.tessen.dev/v1/ingest"
ON = frozenset({"1", "true", "yes", "on"})
OFF = frozenset({"", "0", "false", "no", "off"})
LARGEST = 1e9
"""Numbers from here on are taken for a mistake."""


class Variable:
    """One setting of the recorder."""

    def __init__(
        self, name: str, kind: str, default: float | str | None, purpose: str, least: float = 0.0
    ) -> None:
        """Describe one.

        Args:
            name: As in the environment.
            kind: What its value is: text, switch, number, count (a whole number) or patterns.
            default: Its value where it is not set.
            purpose: What it is for, for the documentation.
            least: The smallest number that makes sense; smaller ones are read as the default.
        """
        self.name = name
        self.kind = kind
        self.default = default
        self.purpose = purpose
        self.least = least

    @property
    def keyword(self) -> str:
        """The keyword of `tessen.init()` that means the same."""
        return self.name.removeprefix(PREFIX).lower()


VARIABLES = (
    Variable(
        "TESSEN_AGENT_NAME", "text", None, "whose calls these are; default: the calling module or script"
    ),
    Variable("TESSEN_LOG_DIR", "text", "~/.tessen/logs", "the folder of the agents' folders"),
    Variable("TESSEN_DISABLE_FSYNC", "switch", None, "leave it to the system when lines reach the disk"),
    Variable("TESSEN_REDACT", "patterns", None, "one regular expression a line: what to replace in events"),
    Variable("TESSEN_LEAF_FALLBACK", "switch", None, "wrap each resource's own methods, not the base client"),
    Variable("TESSEN_API_KEY", "text", None, "ship events; without it no socket is opened"),
    Variable("TESSEN_INGEST_URL", "text", HOSTED_INGEST_URL, "where events are shipped to"),
    Variable("TESSEN_DISABLE_CRAWL", "switch", None, "do not ship a map of the code"),
    Variable("TESSEN_DISABLE_GIT_LEARN", "switch", None, "do not ship a fingerprint of the git history"),
    Variable("TESSEN_FLUSH_INTERVAL_SEC", "number", 5.0, "seconds until a batch that is not full is sent"),
    Variable("TESSEN_BATCH_MAX_EVENTS", "count", 64, "events in one request", 1),
    Variable("TESSEN_QUEUE_MAX", "count", 1024, "events that wait for sending; the oldest are dropped", 1),
    Variable("TESSEN_RETRY_MAX", "count", 3, "further attempts for a batch that could not be delivered"),
    Variable("TESSEN_HTTP_TIMEOUT_SEC", "number", 10.0, "seconds that one request may take", 0.001),
    Variable("TESSEN_DEBUG", "switch", None, "show the tracebacks of failures of the recorder's own"),
)
"""Every variable that a user may set, in the order of the documentation."""

BY_NAME = {variable.name: variable for variable in VARIABLES}


def text(name: str) -> str | None:
    """Return a variable's text without the white space around it; None if it is not set or empty."""
    return os.environ.get(name, "").strip() or None


def switch(name: str) -> bool:
    """Whether a variable says yes."""
    return says_yes(os.environ.get(name, ""))


def says_yes(text: str) -> bool:
    """Whether a text switches something on."""
    return text.strip().lower() in ON


def number(name: str, given: object = None) -> float:
    """Return a number's value: the one given, else the variable's, else its default.

    What is no number, not finite, or smaller than makes sense is the default.
    """
    variable = BY_NAME[name]
    value = parsed(variable, os.environ.get(name, "") if given is None else given)
    return float(variable.default or 0.0) if value is None else value


def parsed(variable: Variable, value: object) -> float | None:
    """Return a value as the number it states; None if it states none that this variable can take."""
    try:
        found = float(value.strip() if isinstance(value, str) else value)  # type: ignore[arg-type]
    except (TypeError, ValueError, OverflowError):
        return None
    return found if variable.least <= found < LARGEST else None
