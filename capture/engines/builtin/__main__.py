"""The builtin agent as a process: reads its task from standard input, prints events until it is done."""

from __future__ import annotations

import asyncio
import os
import signal
import sys

from capture.engines.builtin.loop import Loop
from capture.engines.builtin.model import Model
from capture.engines.builtin.wire import KEY_VARIABLE, Task, as_line
from capture.engines.interface import EngineEvent

OURS = ("PYTHONPATH", "PYTHONSAFEPATH")
"""How this process finds its own modules, which is not for the programs it runs."""


def _tell(event: EngineEvent) -> None:
    sys.stdout.buffer.write(as_line(event))
    sys.stdout.buffer.flush()


def main() -> None:
    """Run one session. The key leaves the environment first, so that no tool sees it; so does what is ours.

    An INT ends the process at once, whatever its threads wait for; the keeper ends its tools.
    """
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    key = os.environ.pop(KEY_VARIABLE, "")
    for name in OURS:
        os.environ.pop(name, None)
    task = Task.from_line(sys.stdin.buffer.readline())
    model = Model(task.base_url, task.protocol, task.model, key, task.max_tokens)
    asyncio.run(Loop(task, model, _tell).run())


if __name__ == "__main__":
    main()
