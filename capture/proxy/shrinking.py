"""Requests that the next one repeats, made small behind the proxy's back.

What belongs here is which request builds on which. The newest of each conversation stays a plain file, so
that it can be looked at; the one before it becomes a difference from its own predecessor; and after `CHAIN`
of them one stays whole, so that reading any takes a bounded number of steps.
"""

from __future__ import annotations

from collections import OrderedDict
from pathlib import Path
from typing import NamedTuple

from capture.proxy.dumps import FOLDER, store_difference

CHAIN = 32
"""Differences that may stand one upon another."""

SMALLEST = 4096
"""Bytes: a body below this takes a whole block of the disk anyway."""

_MEMORY = 64 * 1024 * 1024
"""Bytes of requests that are held for the sake of the next ones."""


class _Request(NamedTuple):
    number: int
    body: bytes
    depth: int
    """Differences that have to be undone to read it."""


class _Conversation(NamedTuple):
    base: _Request | None
    """The last request but one."""
    newest: _Request


class Shrinker:
    """Follows the conversations of one session. Not for several threads at once."""

    def __init__(self, session_dir: Path) -> None:
        self._folder = session_dir / FOLDER
        self._conversations: OrderedDict[object, _Conversation] = OrderedDict()

    def follow(self, conversation: object, number: int, body: bytes, original: bytes | None = None) -> None:
        """Take note of a request whose file is complete, and make the one before it small.

        Args:
            conversation: What the requests of one agent have in common.
            number: The request's.
            body: What is in its file.
            original: What is in the file of the engine's own, where there is one.

        Raises:
            OSError: A difference cannot be written; nothing is lost.
        """
        if original is not None and len(original) >= SMALLEST:
            store_difference(self._folder / f"request_{number:03d}_original.json", original, number, body)
        before = self._conversations.pop(conversation, None)
        base = None if before is None else self._settled(before)
        self._conversations[conversation] = _Conversation(base, _Request(number, body, 0))
        self._forget_oldest()

    def _settled(self, before: _Conversation) -> _Request:
        """Make what was the newest small, if it can build on the one before it."""
        newest, base = before.newest, before.base
        if base is None or base.depth >= CHAIN or len(newest.body) < SMALLEST:
            return newest
        path = self._folder / f"request_{newest.number:03d}.json"
        if store_difference(path, newest.body, base.number, base.body):
            return newest._replace(depth=base.depth + 1)
        return newest

    def _forget_oldest(self) -> None:
        """Let go of the conversations that were silent longest; what they sent last stays a plain file."""
        held = sum(
            len(request.body)
            for conversation in self._conversations.values()
            for request in (conversation.base, conversation.newest)
            if request is not None
        )
        while held > _MEMORY and self._conversations:
            _, (base, newest) = self._conversations.popitem(last=False)
            held -= len(newest.body) + (len(base.body) if base else 0)
