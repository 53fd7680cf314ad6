"""The requests in `raw_dumps`: read, byte for byte, whether they lie there plain or as a difference.

What belongs here is the one format. Every request of a conversation repeats the one before, so all but the
newest are stored as `request_NNN.json.from_MMM.zst`: a zstd frame whose dictionary is request MMM, with a
checksum. `zstd -d --patch-from=request_MMM.json` undoes it anywhere. See docs/raw-dumps.md.
"""

from __future__ import annotations

import contextlib
import os
import re
import tempfile
from collections.abc import Iterator
from pathlib import Path

import zstandard

FOLDER = "raw_dumps"

_REQUEST = re.compile(r"request_(\d{3,})(?:_original)?\.json(?:\.from_\d{3,}\.zst)?")
_LARGE = 256 * 1024
"""Bytes above which the compressor needs larger tables to find what repeats; below it only costs time."""


class DumpError(Exception):
    """A request is not there, or not what it was."""


def request_numbers(session_dir: Path) -> list[int]:
    """Return the numbers of the requests that have a body in a session's folder, in order."""
    return sorted({number for number, _ in _files(session_dir / FOLDER)})


def read_request(session_dir: Path, number: int) -> bytes:
    """Return the exact bytes of a request, from our files or AgentLens's.

    Args:
        session_dir: The folder that `raw_dumps` is in.
        number: Which one.

    Raises:
        DumpError: There is none of this number, or it cannot be restored.
    """
    return _Dumps(session_dir / FOLDER).read(f"request_{number:03d}.json")


def read_original(session_dir: Path, number: int) -> bytes | None:
    """Return what the engine had sent, where something else went to the API; None where nothing was changed.

    Raises:
        DumpError: It cannot be restored.
    """
    dumps = _Dumps(session_dir / FOLDER)
    name = f"request_{number:03d}_original.json"
    return dumps.read(name) if name in dumps.names else None


def export(session_dir: Path, into: Path | None = None) -> int:
    """Write every request that is stored as a difference as a plain file; return how many there were.

    Args:
        session_dir: The folder that `raw_dumps` is in.
        into: Where to write them; None for beside the differences, which then go away.

    Raises:
        DumpError: One cannot be restored; those before it are written.
        OSError: One cannot be written.
    """
    dumps = _Dumps(session_dir / FOLDER)
    if into is not None:
        into.mkdir(mode=0o700, parents=True, exist_ok=True)
    for name, path in dumps.differences:
        _write_whole((into or path.parent) / name, dumps.read(name))
        if into is None:
            path.unlink()
    return len(dumps.differences)


def difference_names(folder: Path) -> set[str]:
    """Return the names of the files in a `raw_dumps` that are differences."""
    return {path.name for _, path in _files(folder) if path.suffix == ".zst"}


class _Dumps:
    """The requests of one folder, as they lie there now."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        plain = {path.name for _, path in _files(folder) if path.suffix == ".json"}
        self._bases = {
            path.name.partition(".from_")[0]: path
            for _, path in sorted(_files(folder))
            if path.suffix == ".zst"
        }
        self.names = plain | self._bases.keys()
        self._last = ("", b"")
        """The request restored last: the next in order most often builds on it."""

    @property
    def differences(self) -> list[tuple[str, Path]]:
        """Names of requests that are stored as differences, and the files that they are in, in order."""
        return list(self._bases.items())

    def read(self, name: str) -> bytes:
        """Return the exact bytes of a request.

        Raises:
            DumpError: It is not there, or cannot be restored.
        """
        chain: list[Path] = []
        while (body := self._plain(name)) is None:
            path = self._bases.get(name)
            if path is None:
                raise DumpError(f"{self._folder / name}: there is no such request")
            if path in chain:
                raise DumpError(f"{path}: these differences lead to each other")
            chain.append(path)
            name = f"request_{path.name.removesuffix('.zst').rpartition('_')[2]}.json"
        for path in reversed(chain):
            body = _restore(path, body)
            self._last = path.name.partition(".from_")[0], body
        return body

    def _plain(self, name: str) -> bytes | None:
        if self._last[0] == name:
            return self._last[1]
        try:
            return (self._folder / name).read_bytes()
        except FileNotFoundError:
            return None
        except OSError as problem:
            raise DumpError(f"{self._folder / name}: {problem.strerror}") from problem


def _restore(path: Path, base: bytes) -> bytes:
    try:
        return _unpack(path.read_bytes(), base)
    except OSError as problem:
        raise DumpError(f"{path}: {problem.strerror}") from problem
    except zstandard.ZstdError as problem:
        raise DumpError(f"{path}: it is damaged, or what it builds on is ({problem})") from problem


def _files(folder: Path) -> Iterator[tuple[int, Path]]:
    with contextlib.suppress(FileNotFoundError):
        for path in folder.iterdir():
            match = _REQUEST.fullmatch(path.name)
            if match is not None:
                yield int(match[1]), path


def store_difference(path: Path, body: bytes, base_number: int, base: bytes) -> bool:
    """Replace a plain file by its difference from another request, if that is less than half as large.

    The plain file goes away only after the difference is on the disk and has been found to give it back.

    Args:
        path: The plain file.
        body: What is in it.
        base_number: The number of the other request.
        base: The other request.

    Returns:
        Whether it was replaced.

    Raises:
        OSError: The difference cannot be written; the plain file is still there.
    """
    packed = _pack(body, base)
    if len(packed) * 2 > len(body) or _unpack(packed, base) != body:
        return False
    _write_whole(path.with_name(f"{path.name}.from_{base_number:03d}.zst"), packed)
    path.unlink()
    return True


def _pack(body: bytes, base: bytes) -> bytes:
    total = len(body) + len(base)
    bits = min(total.bit_length(), 27)
    tables = {"hash_log": min(bits, 22), "chain_log": min(bits, 22)} if total > _LARGE else {}
    parameters = zstandard.ZstdCompressionParameters.from_level(
        3, source_size=len(body), dict_size=len(base), window_log=max(bits, 10), write_checksum=True, **tables
    )
    return zstandard.ZstdCompressor(compression_params=parameters, dict_data=_dictionary(base)).compress(body)


def _unpack(packed: bytes, base: bytes) -> bytes:
    return zstandard.ZstdDecompressor(dict_data=_dictionary(base)).decompress(packed)


def _dictionary(base: bytes) -> zstandard.ZstdCompressionDict:
    return zstandard.ZstdCompressionDict(base, dict_type=zstandard.DICT_TYPE_RAWCONTENT)


def _write_whole(path: Path, data: bytes) -> None:
    """Write a file so that it is there whole or not at all, after a power cut too."""
    fd, temporary = tempfile.mkstemp(prefix=".", dir=path.parent)
    try:
        with open(fd, "wb") as file:  # noqa: PTH123 - a descriptor
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        Path(temporary).replace(path)
    except OSError:
        Path(temporary).unlink(missing_ok=True)
        raise
