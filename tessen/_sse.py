"""Server-sent events from bytes that arrive in any pieces.

What belongs here is the wire format (WHATWG HTML, section 9.2), and nothing about what the events mean.
"""

from __future__ import annotations


class SseParser:
    """Turns chunks of an event stream into events; keeps no more than the line being received."""

    __slots__ = ("_after_cr", "_data", "_event", "_partial", "_started")

    def __init__(self) -> None:
        self._partial: list[bytes] = []
        self._after_cr = False
        self._started = False
        self._event: str | None = None
        self._data: list[str] = []

    def feed(self, chunk: bytes) -> list[tuple[str | None, str]]:
        """Take the next bytes, split anywhere.

        Returns:
            The events that these bytes complete: (the `event` field or None, the data).
        """
        if self._after_cr and chunk[:1] == b"\n":
            chunk = chunk[1:]  # the second half of a CR LF whose first half ended the chunk before
            self._after_cr = False
        if not chunk:
            return []
        self._after_cr = chunk[-1:] == b"\r"
        lines = chunk.splitlines()  # for bytes: CR, LF and CR LF, and nothing else
        rest = lines.pop() if chunk[-1:] not in (b"\r", b"\n") else b""
        if lines and self._partial:
            lines[0] = b"".join((*self._partial, lines[0]))
            self._partial.clear()
        if rest:
            self._partial.append(rest)
        return self._dispatch(lines)

    def end(self) -> list[tuple[str | None, str]]:
        """Return the event left unfinished by the end of the stream, if there is one."""
        lines = [b"".join(self._partial)] if self._partial else []
        self._partial.clear()
        return self._dispatch([*lines, b""])

    def _dispatch(self, lines: list[bytes]) -> list[tuple[str | None, str]]:
        events = []
        for line in lines:
            if line:
                self._field(line)
            elif self._data:
                events.append((self._event, "\n".join(self._data)))
                self._event, self._data = None, []
            else:
                self._event = None
        return events

    def _field(self, line: bytes) -> None:
        if not self._started:
            self._started = True
            line = line.removeprefix(b"\xef\xbb\xbf")
        name, _, value = line.partition(b":")
        if name == b"data":
            self._data.append(value.removeprefix(b" ").decode("utf-8", "replace"))
        elif name == b"event":
            self._event = value.removeprefix(b" ").decode("utf-8", "replace") or None
