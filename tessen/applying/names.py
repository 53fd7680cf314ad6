"""Which path names a specification may use, by their spelling alone.

What belongs here refuses more than git does: names that are harmless on this file system and mean `.git`, or
a path elsewhere, on another are refused everywhere, since a branch travels.
"""

from __future__ import annotations

import re
import unicodedata

_MOST_BYTES = 1000
_DRIVE = re.compile(r"[A-Za-z]:")
_SHORT_NAME = re.compile(r"(?:git|gitmod)~[0-9]+|gi[0-9a-f]{4}~[0-9]+")
_REFUSED = {".git": "is inside .git", ".gitmodules": "tells git where submodules come from"}


def refusal(path: str) -> str | None:
    """Return why a path relative to the repository must not be touched; None where it may be."""
    if len(path.encode()) > _MOST_BYTES:
        return f"is longer than {_MOST_BYTES} bytes; shorten it"
    if path.startswith(("/", "\\")) or _DRIVE.match(path):
        return "is absolute; give it relative to the repository"
    if "\\" in path:
        return "has a backslash; separate folders by '/'"
    if any(unicodedata.category(letter) in ("Cc", "Zl", "Zp", "Cs") for letter in path):
        return "holds a control character; rename the file"
    return next((reason for part in path.split("/") if (reason := _refusal_of_part(part))), None)


def _refusal_of_part(part: str) -> str | None:
    if part == "..":
        return "leads out of its folder; write it without '..'"
    if part in ("", "."):
        return "is not in its shortest form; leave out empty and '.' parts"
    plain = _as_other_systems_see(part)
    reason = "is what Windows calls .git" if _SHORT_NAME.fullmatch(plain) else _REFUSED.get(plain)
    return reason and f"{reason}, which no specification may touch"


def folded(path: str) -> str:
    """The path as file systems see it that do not tell upper from lower case."""
    return unicodedata.normalize("NFC", path).casefold()


def _as_other_systems_see(part: str) -> str:
    """One name without what HFS ignores, NTFS drops at the end, and either makes of upper case."""
    visible = "".join(letter for letter in part if unicodedata.category(letter) != "Cf")
    return visible.partition(":")[0].rstrip(" .").casefold()
