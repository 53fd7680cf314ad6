"""Sequences for the terminal around the app: its title, its notifications. Nothing raw from a log gets in."""

from __future__ import annotations

import re
from collections.abc import Mapping

TITLE_LIMIT = 80
TEXT_LIMIT = 160

PUSH_TITLE = "\x1b[22;2t"
POP_TITLE = "\x1b[23;2t"

_NOT_PLAIN = re.compile(r"[^ -:<-~]")
"""Whatever is not printable ASCII, and the semicolon, which parts the fields of a sequence."""


def set_title(text: str) -> str:
    """The sequence that sets the terminal's title (in tmux, the pane's)."""
    return f"\x1b]2;{_plain(text, TITLE_LIMIT)}\x07"


def notification(title: str, text: str, environ: Mapping[str, str]) -> str:
    """The sequences that raise a desktop notification: OSC 9 and OSC 777; a terminal shows the one it knows.

    Args:
        title: short.
        text: one sentence.
        environ: the environment; within tmux the sequences are wrapped so that they pass through.
    """
    title, text = _plain(title, TITLE_LIMIT), _plain(text, TEXT_LIMIT)
    sequences = (f"\x1b]9;{title}: {text}\x07", f"\x1b]777;notify;{title};{text}\x07")
    return "".join(_passed_through(each) if environ.get("TMUX") else each for each in sequences)


def _plain(text: str, limit: int) -> str:
    return _NOT_PLAIN.sub("?", text[:limit])


def _passed_through(sequence: str) -> str:
    """Wrapped for tmux, which hands it on where its `allow-passthrough` is on."""
    doubled = sequence.replace("\x1b", "\x1b\x1b")
    return f"\x1bPtmux;{doubled}\x1b\\"
