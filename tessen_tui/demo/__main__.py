"""`python -m tessen_tui.demo FOLDER`: the night without the app, until Ctrl-C."""

from __future__ import annotations

import signal
import sys
from pathlib import Path

from tessen_tui.demo import Night


def main(argv: list[str]) -> int:
    """Run the night in a folder; returns the exit code."""
    if len(argv) != 1 or argv[0].startswith("-") or not Path(argv[0]).is_dir():
        print("usage: python -m tessen_tui.demo FOLDER   (an empty folder that exists)", file=sys.stderr)
        return 2
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    with Night(Path(argv[0])) as night:
        print(night.log_dir, flush=True)
        try:
            signal.pause()
        except KeyboardInterrupt:
            return 0
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
