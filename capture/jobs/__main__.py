"""A job's own process: the `harness` command, whose failure before the job begins is said in its folder."""

from __future__ import annotations

import sys

from capture.cli import main
from capture.jobs.at_work import never_began

if __name__ == "__main__":
    try:
        main(sys.argv[1:])
    except SystemExit as ended:
        code = ended.code if isinstance(ended.code, int) else 0
        never_began("it ended before it began; output.log says why", code)
        raise
