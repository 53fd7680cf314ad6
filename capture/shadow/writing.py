"""Writing a recorded tree into a folder, and nowhere else.

What belongs here goes down from the folder name by name, follows no link on the way, and removes only what is
recorded: what was never recorded (a socket, a `.git`) stays where it is.
"""

from __future__ import annotations

import errno
import os
import stat
from collections.abc import Callable, Iterable, Mapping

from capture.shadow.large import note_of
from capture.shadow.tree import EXECUTABLE, LINK, File

_FOLDER_FLAGS = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC
_OLD_FILE = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC
_NEW_FILE = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC


class Writer:
    """Writes into one folder.

    Args:
        root: The folder; must exist.
        blob: Finds a content by its id.
        umask: Of whoever the files are for.

    Raises:
        OSError: there is no such folder.
    """

    def __init__(self, root: str, blob: Callable[[bytes], bytes], umask: int) -> None:
        self._root = os.open(root, _FOLDER_FLAGS)
        self._blob = blob
        self._umask = umask
        self._at: tuple[str, int] = ("", self._root)
        """The folder last gone to, and it, open."""
        self.failed: dict[str, str] = {}
        """Path → why it could not be made as it should be."""

    def close(self) -> None:
        """Let go of the folder."""
        self._leave()
        os.close(self._root)

    def remove_files(self, paths: Iterable[str]) -> None:
        """Remove files and links; those that are gone already are no failure."""
        for path in sorted(paths):
            self._try(path, lambda folder, name: os.unlink(name, dir_fd=folder), make=False)

    def remove_folders(self, paths: Iterable[str]) -> None:
        """Remove the folders that are empty; those that are not stay."""
        self._leave()
        for path in sorted(paths, key=lambda p: -p.count("/")):
            folder, _, name = path.rpartition("/")
            try:
                os.rmdir(name, dir_fd=self._go(folder, make=False))
            except OSError:
                continue
        self._leave()

    def make_folders(self, paths: Iterable[str]) -> None:
        """Make folders that are to be there although they are empty."""
        for path in sorted(paths):
            try:
                self._go(path, make=True)
            except OSError as error:
                self.failed[path] = error.strerror or str(error)

    def write_files(self, files: Mapping[str, File]) -> None:
        """Write files and links, in the place of files and links that have their names."""
        for path in sorted(files):
            self._try(path, lambda folder, name, file=files[path]: self._put(folder, name, file), make=True)  # type: ignore[misc]

    def copy_large(self, files: Mapping[str, File], source: str) -> None:
        """Write new files whose content is not recorded, from where they may still be as they were."""
        for path in sorted(files):
            self._try(
                path,
                lambda folder, name, file=files[path], old=f"{source}/{path}": self._copy(  # type: ignore[misc]
                    folder, name, file, old
                ),
                make=True,
            )

    def _try(self, path: str, act: Callable[[int, str], None], *, make: bool) -> None:
        folder, _, name = path.rpartition("/")
        try:
            act(self._go(folder, make=make), name)
        except FileNotFoundError as error:
            if make:
                self.failed[path] = error.strerror or str(error)
        except OSError as error:
            self.failed[path] = error.strerror or str(error)

    def _put(self, folder: int, name: str, file: File) -> None:
        body = self._blob(file.oid)
        bits = 0o666 & ~self._umask
        try:
            there = os.lstat(name, dir_fd=folder).st_mode
        except FileNotFoundError:
            there = 0
        if stat.S_ISREG(there) or stat.S_ISLNK(there):
            os.unlink(name, dir_fd=folder)
        if stat.S_ISREG(there):
            bits = stat.S_IMODE(there) & ~0o111
        if file.mode == LINK:
            os.symlink(body, os.fsencode(name), dir_fd=folder)
            return
        fd = os.open(name, _NEW_FILE, 0o600, dir_fd=folder)
        with os.fdopen(fd, "wb", buffering=0) as out:
            view = memoryview(body)
            while view:
                view = view[out.write(view) or 0 :]
            self._permit(fd, bits, file)

    def _copy(self, folder: int, name: str, file: File, old: str) -> None:
        source = os.open(old, _OLD_FILE)
        try:
            fd = os.open(name, _NEW_FILE, 0o600, dir_fd=folder)
            try:
                if note_of(source, fd) != self._blob(file.oid):
                    os.unlink(name, dir_fd=folder)
                    raise OSError(errno.ENODATA, "its content was not recorded, and has changed since")
                self._permit(fd, 0o666 & ~self._umask, file)
            finally:
                os.close(fd)
        finally:
            os.close(source)

    def _permit(self, fd: int, bits: int, file: File) -> None:
        """Let a file be read as the bits say; who may read it may also run it, as git has it."""
        os.fchmod(fd, bits | (bits >> 2 & 0o111 & ~self._umask if file.mode == EXECUTABLE else 0))

    def _go(self, path: str, *, make: bool) -> int:
        """Go to a folder below; the number of it, open until the next going."""
        if self._at[0] == path:
            return self._at[1]
        self._leave()
        fd = self._root
        for part in path.split("/") if path else ():
            try:
                below = self._enter(fd, part, make=make)
            finally:
                if fd != self._root:
                    os.close(fd)
            fd = below
        self._at = (path, fd)
        return fd

    def _enter(self, folder: int, name: str, *, make: bool) -> int:
        try:
            return os.open(name, _FOLDER_FLAGS, dir_fd=folder)
        except FileNotFoundError:
            if not make:
                raise
        os.mkdir(name, 0o777 & ~self._umask, dir_fd=folder)
        return os.open(name, _FOLDER_FLAGS, dir_fd=folder)

    def _leave(self) -> None:
        if self._at[1] != self._root:
            os.close(self._at[1])
        self._at = ("", self._root)
