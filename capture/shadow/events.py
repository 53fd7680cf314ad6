"""What the kernel says has changed: inotify, read exactly when it is asked.

What belongs here is the three system calls, as the standard library lacks them. Events are queued by the
kernel before the writer's call returns, so what is drained is all that happened before.
"""

from __future__ import annotations

import ctypes
import errno
import os
import struct
import sys
from dataclasses import dataclass

_MODIFY, _ATTRIB, _CLOSE_WRITE = 0x2, 0x4, 0x8
_MOVED_FROM, _MOVED_TO, _CREATE, _DELETE, _DELETE_SELF, _MOVE_SELF = 0x40, 0x80, 0x100, 0x200, 0x400, 0x800
_UNMOUNT, _OVERFLOW, _IGNORED, _IS_FOLDER = 0x2000, 0x4000, 0x8000, 0x4000_0000
_ONLY_FOLDER, _DONT_FOLLOW, _EXCLUDE_UNLINKED = 0x0100_0000, 0x0200_0000, 0x0400_0000

_MASK = (
    _MODIFY | _ATTRIB | _CLOSE_WRITE | _MOVED_FROM | _MOVED_TO | _CREATE | _DELETE | _DELETE_SELF | _MOVE_SELF
    | _ONLY_FOLDER | _DONT_FOLLOW | _EXCLUDE_UNLINKED
)  # fmt: skip
_HEAD = struct.Struct("iIII")
_BUFFER = 256 << 10


@dataclass(frozen=True, slots=True)
class Event:
    """Something happened to a name in a watched folder."""

    watch: int
    name: str
    """Empty for the folder itself."""
    gone: bool
    """Whether the watch has ended."""


class Events:
    """Watches single folders.

    Raises:
        OSError: there is no such thing on this system, or no more of it.
    """

    def __init__(self) -> None:
        if not sys.platform.startswith("linux"):
            raise OSError(errno.ENOSYS, "no inotify on this system")
        self._libc = ctypes.CDLL(None, use_errno=True)
        self._fd: int = self._checked(self._libc.inotify_init1(os.O_NONBLOCK | os.O_CLOEXEC))

    def add(self, path: str) -> int:
        """Watch a folder; the same number again when it is watched already.

        Raises:
            OSError: it is gone or no folder, or the system allows no more watches.
        """
        return self._checked(self._libc.inotify_add_watch(self._fd, os.fsencode(path), _MASK))

    def remove(self, watch: int) -> None:
        """Watch it no longer; nothing happens when that has ended by itself."""
        self._libc.inotify_rm_watch(self._fd, watch)

    def drain(self) -> list[Event] | None:
        """Everything that happened until now; None when there was too much for the kernel to remember.

        Raises:
            OSError: the events are lost for good.
        """
        found: dict[Event, None] = {}
        while True:
            try:
                data = os.read(self._fd, _BUFFER)
            except BlockingIOError:
                return list(found)
            offset = 0
            while offset < len(data):
                watch, mask, _, length = _HEAD.unpack_from(data, offset)
                offset += _HEAD.size
                name = data[offset : offset + length].rstrip(b"\0")
                offset += length
                if mask & (_OVERFLOW | _UNMOUNT):
                    return None
                found[Event(watch, os.fsdecode(name), bool(mask & _IGNORED))] = None

    def close(self) -> None:
        """End all watches."""
        os.close(self._fd)

    @staticmethod
    def _checked(result: int) -> int:
        if result < 0:
            code = ctypes.get_errno()
            raise OSError(code, os.strerror(code))
        return result
