"""Which folders of a tree are watched, what was told of them, and whether that may be believed.

What belongs here is between the kernel's numbers and the tree's folders. Knows no file.
"""

from __future__ import annotations

import errno

from capture.shadow.events import Event, Events
from capture.shadow.tree import Folder

Told = dict[Folder, set[str]]
"""Folder → names in it where something happened; an empty name is the folder itself."""

_OUT_OF_WATCHES = (errno.ENOSPC, errno.ENOMEM, errno.EMFILE)


class Watching:
    """Watches the folders of one tree.

    Args:
        wanted: Whether to ask the kernel at all.
    """

    def __init__(self, wanted: bool) -> None:
        self._wanted = wanted
        self._events: Events | None = None
        self._folders: dict[int, Folder] = {}
        self._late: list[Event] = []

    @property
    def live(self) -> bool:
        """Whether events are coming."""
        return self._events is not None

    def begin(self) -> None:
        """Begin anew, with no folder watched; where the system has no events, nothing is."""
        self.stop()
        if self._wanted:
            try:
                self._events = Events()
            except OSError:
                self._wanted = False

    def stop(self) -> None:
        """Watch nothing any more."""
        if self._events is not None:
            self._events.close()
        self._events = None
        for folder in self._folders.values():
            folder.watch = -1
        self._folders.clear()
        self._late = []

    def told(self, root: Folder) -> Told | None:
        """What happened since the last time.

        Returns:
            None when that is not known: everything is to be looked at, after `begin`.
        """
        if self._events is None or root.watch < 0:
            return None
        drained = self._events.drain()
        if drained is None:
            return None
        told: Told = {}
        for event in [*self._late, *drained]:
            folder = self._folders.get(event.watch)
            if folder is None:
                continue
            if event.gone:
                del self._folders[event.watch]
                folder.watch = -1
            told.setdefault(folder, set()).add(event.name)
        self._late = []
        return told if root.watch >= 0 else None

    def watch(self, folder: Folder, path: str) -> None:
        """Watch a folder; to be called before looking into it, so that nothing falls between."""
        if self._events is None or folder.watch >= 0:
            return
        try:
            watch = self._events.add(path)
        except OSError as error:
            if error.errno in _OUT_OF_WATCHES:
                self._give_up()
            return
        if (other := self._folders.get(watch)) is not None:
            other.watch = -1  # it was moved here
        self._folders[watch] = folder
        folder.watch = watch

    def unwatch(self, top: Folder) -> None:
        """Watch a folder and those below no longer."""
        for folder in top.folders():
            if self._events is not None and folder.watch >= 0:
                self._folders.pop(folder.watch, None)
                self._events.remove(folder.watch)
            folder.watch = -1

    def doubt(self, unannounced: set[str]) -> None:
        """Believe events no longer when paths changed and none told of it, not even late."""
        if self._events is None or not unannounced:
            return
        late = self._events.drain()
        if late is None:
            self.stop()
            return
        self._late = late
        places = ((self._folders[e.watch], e.name) for e in late if e.watch in self._folders)
        told = {folder.below(name) if name else folder.path for folder, name in places}
        if not all(told.intersection(_ways_to(path)) for path in unannounced):
            self._give_up()

    def _give_up(self) -> None:
        self._wanted = False
        self.stop()


def _ways_to(path: str) -> list[str]:
    """A path, and the folders it is in, up to the work directory."""
    ways = [path]
    while path:
        path = path.rpartition("/")[0]
        ways.append(path)
    return ways
