"""Console-script entry points that make sure the rooms imported are ours.

`capture`, `widgets` and `screens` are common words: a file of that name in the current folder must neither
be imported nor break the command without a word of explanation.
"""

from __future__ import annotations

import sys
from importlib.util import find_spec
from pathlib import Path

ROOMS = ("tessen", "capture", "widgets", "screens")


def harness() -> None:
    """Run the `harness` command."""
    _guard_rooms("harness")
    from capture.cli import main

    main()


def tessen_tui() -> None:
    """Run the `tessen-tui` command."""
    _guard_rooms("tessen-tui")
    from tessen_tui.cli import main

    main()


def _guard_rooms(command: str) -> None:
    """Take the current folder off the import path, and exit with 1 where another package shadows a room.

    A room is ours when it stands beside `tessen_tui`, as every install of the distribution puts it.
    """
    home = Path(__file__).resolve().parent.parent
    here = Path.cwd().resolve()
    sys.path[:] = [p for p in sys.path if p and (Path(p).resolve() != here or here == home)]
    for room in ROOMS:
        spec = find_spec(room)
        origin = Path(spec.origin).resolve() if spec and spec.origin else None
        if origin is None or origin.parent.parent != home:
            found = origin or "nothing"
            sys.exit(
                f"{command}: the package '{room}' should be {home / room}, but Python finds {found}; "
                "move that file away, or take its folder off PYTHONPATH"
            )
