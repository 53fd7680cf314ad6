"""What is typed into a dialog, read: numbers, yes and no, where to send it. A complaint names its field."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from capture.commands.errors import FailedError, UsageError

Fields = Mapping[str, str]
STAND_IN = "http://127.0.0.1"
"""Where a scripted model will be; only its job serves it."""

_FIELD_OF = {
    "--max-cost": "max-cost",
    "--base-url": "to",
    "--from-turn": "from-turn",
    "the request went": "to",
    "set ": "to",
}
"""How a command's complaint begins → the field that it is about."""


class NotReadyError(ValueError):
    """It cannot be started so. The message is one line; `field` is the one it is about, empty for none."""

    def __init__(self, message: str, field: str = "") -> None:
        super().__init__(message)
        self.field = field


def destination(fields: Fields) -> tuple[list[str], str | None]:
    """Where it is sent, as an option, and the scripted model's address if it is one."""
    from capture.resample.destination import PROVIDERS

    to = fields.get("to", "").strip()
    if not to:
        return [], None
    if "://" in to:
        return ["--base-url", to], None
    if to in PROVIDERS:
        return ["--provider", to], None
    script = Path(to).expanduser()
    if not script.is_file():
        raise NotReadyError(
            f"{to}: no address, no provider ({', '.join(PROVIDERS)}), and no script's file", "to"
        )
    return ["--script", str(script.absolute())], STAND_IN


def number(fields: Fields, name: str, kind: type[Any], least: float, most: float | None = None) -> Any:
    """The number in a field; None where it is empty."""
    text = fields.get(name, "").strip()
    if not text:
        return None
    between = f"{least} or more" if most is None else f"from {least} to {most}"
    try:
        value = kind(text.removeprefix("$"))
    except ValueError:
        value = None
    if value is None or not value >= least or (most is not None and value > most) or value == float("inf"):
        raise NotReadyError(f"{text}: not a {'whole ' if kind is int else ''}number {between}", name)
    return value


def yes(fields: Fields, name: str) -> bool:
    """Whether a field says yes; empty is no."""
    answer = fields.get(name, "").strip().lower()
    if answer not in ("", "y", "yes", "n", "no"):
        raise NotReadyError(f"{answer}: say yes or no", name)
    return answer in ("y", "yes")


def limit_option(fields: Fields) -> list[str]:
    """The limit on the cost as an option; nothing where none is set."""
    limit = fields.get("max-cost", "").strip().removeprefix("$")
    return ["--max-cost", limit] if limit else []


@contextmanager
def complaints() -> Iterator[None]:
    """Turn what the commands complain of into what a dialog can show."""
    from capture.cursor import CursorError
    from capture.replay.source import ReplayError
    from capture.runs.meta import MetaError

    try:
        yield
    except NotReadyError:
        raise
    except (CursorError, ReplayError, MetaError, FailedError, UsageError, OSError) as error:
        said = str(error)
        raise NotReadyError(
            said, next((f for word, f in _FIELD_OF.items() if said.startswith(word)), "")
        ) from None
